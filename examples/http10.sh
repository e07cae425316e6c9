#!/usr/bin/env bash
# HTTP/1.0: there, closing after the response is the default, and staying open is what must be asked for.
#
# Look at: the first curl does not mention the connection, needs a second one for its second request, and
# leaves two TIME_WAITs to the server. The other asks for keep-alive: one connection, closed by curl.
. "$(dirname "$0")/lib.sh"

start_server
run_curl --http1.0 "$url" "$url"
await_ended 2
expect_log 'connection 1 ended: the server closed first, by FIN' 'connection 2 ended: the server closed first, by FIN'
expect_log 'because    the request was HTTP/1.0 without "Connection: keep-alive"'
expect_time_wait 2 server

run_curl --http1.0 -H 'Connection: keep-alive' "$url" "$url"
await_ended 1
expect_curl '< Connection: keep-alive' '[status 200, new connections: 0,'
expect_log 'connection 3, request 2:' 'connection 3 ended: the client closed first, by FIN'
expect_time_wait 1 client
conclude 'two connections closed by the server, and, kept by request, one closed by the client.'
