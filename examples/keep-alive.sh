#!/usr/bin/env bash
# Keep-alive: HTTP/1.1 keeps a connection open after a response unless somebody says "Connection: close".
#
# Look at: curl connects once for its two requests, and closes when it has nothing more to ask. Its FIN is
# the first, so its side holds TIME_WAIT (ss lists curl's port on the left) and the server's is free at once.
. "$(dirname "$0")/lib.sh"

start_server
run_curl "$url" "$url"
await_ended 1

expect_curl '[status 200, new connections: 1,' '[status 200, new connections: 0,'
expect_log 'connection 1, request 2:' 'connection 1 ended: the client closed first, by FIN'
expect_time_wait 1 client
conclude 'one connection, two requests; the client closed first and holds TIME_WAIT.'
