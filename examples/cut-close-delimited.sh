#!/usr/bin/env bash
# A body without a length: the end of the connection ends it (RFC 9112 section 6.3). Here that end is an RST.
#
# Look at: curl reports error 56, because only a FIN can say that such a body is complete. With close=lingering instead
# of close=abortive it is, though nobody could tell if it were not.
. "$(dirname "$0")/lib.sh"

start_server
run_curl "$url?answer=200&framing=close&body=half&close=abortive"
[[ $exit_code == 56 ]] || object "curl's exit code is $exit_code, not 56"
run_curl "$url?answer=200&framing=close&body=half&close=lingering"
[[ $exit_code == 0 ]] || object "curl's exit code is $exit_code, not 0"
await_ended 2

expect_log 'the server closed first, by RST' 'the server closed first, by FIN'
conclude 'the same bytes, and only a FIN makes them a response.'
