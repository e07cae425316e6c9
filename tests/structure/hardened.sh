#!/usr/bin/env bash
# hardened.sh PROGRAM: says what the program lacks of what cmake/Hardening.cmake asks for.
# hardened.sh --build FOLDER [CMAKE ARGUMENT...]: the same of a small program, built there as a release.
set -euo pipefail
failed=0

command -v readelf >/dev/null || { echo 'skipped: readelf is not installed'; exit 77; }

if [[ $1 == --build ]]; then
  folder=$2
  shift 2
  cmake -S "${BASH_SOURCE[0]%.sh}" -B "$folder" -DCMAKE_BUILD_TYPE=Release "$@" >/dev/null
  cmake --build "$folder" >/dev/null
  set -- "$folder/hardened"
fi
program=$1

# needs WHAT REGEX READELF-OPTION: what readelf prints has a line that matches.
needs() {
  grep -qE -e "$2" <<<"$(readelf --wide "$3" "$program")" && return
  echo "$program $1"
  failed=1
}

needs 'is not position-independent' 'Type: +DYN' --file-header
needs 'has no read-only relocations' GNU_RELRO --program-headers
needs 'binds symbols when they are used, and not when it starts' 'FLAGS.* (BIND_)?NOW' --dynamic
needs 'has an executable stack' 'GNU_STACK .* RW ' --program-headers
needs 'has no stack protector' '__stack_chk_fail' --dyn-syms
needs 'is not fortified' '__[a-z]+_chk@' --dyn-syms
[[ $(readelf --file-header "$program") != *X86-64* ]] ||
  needs 'has no shadow stack' 'x86 feature:.* SHSTK' --notes
exit "$failed"
