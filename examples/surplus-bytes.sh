#!/usr/bin/env bash
# Surplus bytes: more comes after a response than it has announced.
#
# Look at: curl has its whole first response (status 200). A client that notices the 7 bytes too many takes a new
# connection for its second request; one that does not, such as curl 7.88, finds them in front of its second response,
# and can't read it.
. "$(dirname "$0")/lib.sh"

start_server --rule 'at=after_response,send=surplus,times=1'
run_curl --rate 120/m "$url" "$url"
if [[ $exit_code == 0 ]]; then
  await_ended 2
  outcome='the bytes that no handler said cost the connection, and no response.'
else
  await_ended 1
  outcome='the bytes that no handler said were taken for the beginning of the second response.'
fi

expect_curl 'status 200'
expect_log 'rule 1: send 7 bytes at after_response'
conclude "$outcome"
