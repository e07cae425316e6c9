#!/usr/bin/env bash
# closelab.go as its users have it: copied beside their tests.
set -euo pipefail
cd "$(dirname "$0")"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp ../../examples/closelab.go closelab_go_test.go "$folder"
cd "$folder"
go test -count=1 closelab.go closelab_go_test.go
