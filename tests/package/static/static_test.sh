#!/usr/bin/env bash
# static_test.sh PROGRAM SOURCE: the static program in a folder that holds what the last stage of
# cmake/packaging/Containerfile copies and nothing else, run as that says: its user, its entry point. With CAP_NET_RAW
# and without.
set -euo pipefail
program=$1
source=$2
containerfile=$source/cmake/packaging/Containerfile

fail() {
  echo "static_test: $*"
  exit 1
}

root=$(mktemp -d)
pid=
trap 'kill $pid 2>/dev/null || true; rm -rf "$root"' EXIT
chmod 755 "$root"

# The Containerfile's last stage.
stage=$(sed '1,/^FROM scratch/d' "$containerfile")
while read -r _ from to; do
  mkdir -p "$root$(dirname "$to")"
  if [[ $from == --from=* ]]; then install "$program" "$root${to##* }"; else cp -r "$source/$from" "$root$to"; fi
done < <(sed 's/\(--from=[^ ]*\) [^ ]* /\1 /' <<<"$(grep '^COPY' <<<"$stage")")
user=$(sed -n 's/^USER //p' <<<"$stage")
mapfile -t entry < <(sed -n 's/^ENTRYPOINT //p' <<<"$stage" | grep -oE '"[^"]+"' | tr -d '"')
[[ ${entry[0]} == /bin/closelab && -x $root/bin/closelab ]] || fail "the Containerfile's last stage is not understood"

ls -l "$program"
if ldd "$program" 2>/dev/null | grep -q '=>'; then fail "it needs shared libraries"; fi

# inside CAPABILITIES COMMAND...: chroot needs a capability of its own.
inside() {
  local capabilities=$1
  shift
  if ((EUID == 0)); then
    setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups \
      --inh-caps="-all,+sys_chroot$capabilities" --ambient-caps="-all,+sys_chroot$capabilities" \
      --bounding-set="-all,+sys_chroot$capabilities" chroot "$root" "$@"
  else
    unshare --user --map-root-user chroot "$root" "$@"
  fi
}

inside "" /bin/closelab --version >/dev/null || {
  echo "SKIPPED: no chroot: neither root nor user namespaces"
  exit 77
}

# serve CAPABILITIES
serve() {
  local listening port admin
  exec {log}< <(inside "$1" "${entry[@]}" --port 0 --log-format json 2>/dev/null)
  read -r -t 20 listening <&"$log" || fail "it does not serve"
  pid=$(sed -E 's/.*"pid":([0-9]+).*/\1/' <<<"$listening")
  port=$(sed -E 's/.*"port":([0-9]+).*/\1/' <<<"$listening")
  admin=$(sed -E 's/.*"admin_url":"[^"]*:([0-9]+)\/".*/\1/' <<<"$listening")
  curl -fsS -o /dev/null -H 'Connection: close' "http://127.0.0.1:$port/" || fail "no answer"
  curl -fsS --resolve "closelab:$admin:127.0.0.1" "http://closelab:$admin/connections?wait=closed" |
    grep -o '"closed_first":"server","closed_by":"fin".*"time_wait":"server","time_wait_source":"sock_diag"' ||
    fail "no verdict under the name closelab"
  grep -E '^Uid|^CapEff' "/proc/$pid/status"
  kill "$pid"
  exec {log}<&-
}

echo "== without CAP_NET_RAW"
serve ""
if ((EUID == 0)); then
  echo "== with CAP_NET_RAW"
  serve ",+net_raw"
fi
echo "== its experiments"
inside "" /bin/closelab run --list | grep '^g-reuse-address' || fail "the experiments are not found"
