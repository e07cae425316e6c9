#!/usr/bin/env bash
# A test that skipped one case and failed another counted as skipped, because ctest looked for a line in its output.
#
#   skipped_and_failed_test.sh PROGRAM CTEST BUILD_FOLDER
set -euo pipefail

# ends CODE CASES [NAME=VALUE]: PROGRAM ends so when it runs these cases, with that in its environment.
program=$1
ends() {
  local code=0
  env -u CI ${3+"$3"} "$program" -tc="$2" >/dev/null || code=$?
  ((code == $1)) || { echo "$2 ${3-}: exit code $code, not $1"; exit 1; }
}
ends 0 'passed'
ends 1 'failed'
ends 77 'skipped'
ends 77 'skipped,passed'
ends 1 'skipped,failed'
ends 1 'skipped' CI=true

if "$2" --test-dir "$3" --show-only=json-v1 | grep SKIP_REGULAR_EXPRESSION; then
  echo 'a line of output can hide a failure: use SKIP_RETURN_CODE'
  exit 1
fi
