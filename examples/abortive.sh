#!/usr/bin/env bash
# Abortive close: the server resets the connection after its response (SO_LINGER{1,0} and close()).
#
# Look at: nobody holds TIME_WAIT, and the price. The short response had arrived before the RST and is
# complete; of the long one, what the server's kernel had not delivered is lost: curl ends with exit code 56.
. "$(dirname "$0")/lib.sh"

start_server --close-mode abortive
run_curl -H 'Connection: close' "$url"
short=$exit_code
await_ended 1

# curl must wait until somebody reads its output, so that most of the response is still at the server.
mkfifo "$folder/output"
begin_curl -H 'Connection: close' -o "$folder/output" "${url}bytes/1MiB"
await_ended 1
cat "$folder/output" >/dev/null
finish_curl

((short == 0)) || object "the short response did not arrive: exit code $short"
((exit_code == 56)) || object "the long response should have been cut (exit code 56), but the exit code is $exit_code"
expect_log 'RST: close() with SO_LINGER{1,0}' 'connection 2 ended: the server closed first, by RST'
expect_time_wait 2 none
conclude 'two connections ended by RST, no TIME_WAIT, and a long response cut short.'
