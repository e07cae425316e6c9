#!/usr/bin/env bash
# run.sh FUZZER FOLDER SEEDS...: fuzzes for CLOSELAB_FUZZ_SECONDS seconds, or 5. FOLDER keeps what has been found to be
# interesting from one run to the next, and an input that breaks something.
set -euo pipefail
fuzzer=$1
folder=$2
shift 2
mkdir -p "$folder/corpus"
exec "$fuzzer" -max_total_time="${CLOSELAB_FUZZ_SECONDS:-5}" -timeout=10 -max_len=16384 -print_final_stats=1 \
  -artifact_prefix="$folder/" "$folder/corpus" "$@"
