#!/usr/bin/env bash
# Idle timeout: the server keeps the connection, but not for ever. Here for 200 ms; curl waits 500 ms between
# its two requests (--rate).
#
# Look at: the server's FIN comes unasked and without any response. curl finds its kept connection dead and
# takes a new one; a client that does not look first would have lost its request.
. "$(dirname "$0")/lib.sh"

start_server --idle-timeout 200ms
run_curl --rate 120/m "$url" "$url"
await_ended 2

expect_log 'connection 1 ended: the server closed first, by FIN' 'because    no request came within the idle timeout'
expect_log 'connection 2 ended: the client closed first, by FIN'
[[ $client != *'new connections: 0,'* ]] || object 'curl reused the connection'
[[ $log != *' 408 '* ]] || object 'the server sent a 408 for a request that nobody had begun'
expect_time_wait 1 server
expect_time_wait 1 client
conclude 'the server closed the idle connection and holds its TIME_WAIT; the client, that of the other.'
