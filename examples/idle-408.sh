#!/usr/bin/env bash
# A 408 on an idle connection: nobody has asked for it. Some load balancers say it before they close; here after 200 ms.
# curl waits 500 ms between its two requests (--rate).
#
# Look at: what curl makes of the bytes on its kept connection. Some of its versions throw the connection away and take a
# new one; 7.88 sends its request there all the same, and takes the 408 for the answer to it. The server's record says
# that no handler got that request: it may be sent again.
. "$(dirname "$0")/lib.sh"

start_server --rule 'at=idle:200ms,answer=408,close=lingering,times=1'
run_curl --rate 120/m "$url" "$url"
if [[ $client == *'status 408, new connections: 0,'* ]]; then
  await_ended 1
  expect_log 'retry      safe: no handler got the request'
  outcome='curl took the 408 for the answer to a request that nobody had read.'
else
  await_ended 2
  outcome='the 408 was the answer to nothing, and the second request went over a new connection.'
fi

expect_log 'answer 408, close lingering at idle:200ms' 'because    a rule ended it'
conclude "$outcome"
