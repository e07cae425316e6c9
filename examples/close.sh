#!/usr/bin/env bash
# "Connection: close": the client asks for one response and the end of the connection.
#
# Look at: the server repeats the field in its response and sends the first FIN (RFC 9112 §9.6), so the
# server's side holds TIME_WAIT for a minute: ss lists the server's port on the left.
. "$(dirname "$0")/lib.sh"

start_server
run_curl -H 'Connection: close' "$url"
await_ended 1

expect_curl '< Connection: close'
expect_log 'the server closed first, by FIN' 'because    the request said "Connection: close"'
expect_time_wait 1 server
conclude 'the server closed first and holds TIME_WAIT.'
