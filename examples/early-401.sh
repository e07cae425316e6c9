#!/usr/bin/env bash
# An early 401: the server answers an upload before it has read its body, sends its FIN, then reads and drops what still
# comes.
#
# Look at: the answer is there while curl is still sending. A client that looks for an answer only after its body may
# find the connection reset instead, when the server stops reading.
. "$(dirname "$0")/lib.sh"

start_server --rule 'at=request_headers,answer=401,read_body=off,close=lingering'
head -c 1000000 /dev/zero >"$folder/upload"
run_curl -H 'Expect:' --data-binary "@$folder/upload" "${url}echo"
await_ended 1

expect_curl '< HTTP/1.1 401 Unauthorized' '< Connection: close'
expect_log 'because    a rule ended it'
conclude 'the answer came before the body had been read, and the connection ended.'
