#!/usr/bin/env bash
# debian_test.sh BUILD CONSUMER: the Debian packages made of the build folder, tried as a stranger would: lintian finds no
# error, and unpacked in a folder that is the root (chroot) they serve, find their experiments, and have what an
# embedding program needs. CONSUMER is the folder of that program's sources.
#
# CLOSELAB_FRESH_DEBIAN=1: in a Debian 12 of its own (debootstrap, as root; 5 minutes), where apt installs the packages
# and what they depend on, from CLOSELAB_DEBIAN_MIRROR if that is set. Else the folder has beside the packages only the libraries that the program wants.
set -euo pipefail
build=$(cd "$1" && pwd)
consumer=$(cd "$2" && pwd)
work=$build/tests/package/debian
root=$work/root

skip() {
  echo "SKIPPED: $*"
  exit 77
}

fail() {
  echo "debian_test: $*"
  exit 1
}

command -v dpkg-shlibdeps >/dev/null || skip "dpkg-dev is not installed"

# inside COMMAND...: in the root folder, with /proc; as root, or as root of a user namespace.
inside() {
  local flags=(--mount)
  ((EUID == 0)) || flags+=(--user --map-root-user)
  unshare "${flags[@]}" sh -c 'mkdir -p "$0/proc" && mount --rbind /proc "$0/proc" &&
    exec chroot "$0" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/ "$@"' "$root" "$@"
}

unpack() {
  local package
  mkdir -p "$root/usr/bin"
  ln -s usr/bin usr/lib usr/lib64 "$root"
  for package in "$work"/*.deb; do dpkg-deb -x "$package" "$root"; done
  for program in env sh cat; do copy_with_libraries "$(command -v $program)"; done
  copy_with_libraries "$root/usr/bin/closelab"
}

# copy_with_libraries PROGRAM: to where they are on this machine.
copy_with_libraries() {
  local file
  for file in "$1" $(ldd "$1" | grep -oE '/[^ ]+' | sort -u); do
    [[ $file == "$root"* ]] || install -D "$file" "$root/usr/${file#/usr}"
  done
}

fresh_debian() {
  ((EUID == 0)) || skip "debootstrap needs root"
  command -v debootstrap >/dev/null || skip "debootstrap is not installed"
  debootstrap --variant=minbase bookworm "$root" "${CLOSELAB_DEBIAN_MIRROR-}" >"$work/debootstrap.log" ||
    fail "$(tail -3 "$work/debootstrap.log")"
  cp -r /etc/apt/apt.conf.d "$root/etc/apt/"
  cp "$work"/*.deb "$root/"
  cp -r "$consumer" "$root/consumer"
  chroot "$root" sh -c 'apt-get -qq update && apt-get -qq -y --no-install-recommends install /*.deb g++ cmake make >/dev/null &&
    cmake -S /consumer -B /consumer/build >/dev/null && cmake --build /consumer/build >/dev/null &&
    install /consumer/build/consumer /usr/bin/consumer'
}

# The embedding program, built outside against the unpacked library.
build_consumer() {
  cmake -S "$consumer" -B "$work/consumer" -DCMAKE_PREFIX_PATH="$root/usr" >/dev/null
  cmake --build "$work/consumer" >/dev/null
  install "$work/consumer/consumer" "$root/usr/bin/consumer"
  copy_with_libraries "$root/usr/bin/consumer"
}

rm -rf "$work"
mkdir -p "$root"
(cd "$build" && cpack -G DEB -B "$work" >"$work/cpack.log" 2>&1) || fail "$(cat "$work/cpack.log")"
rm -rf "$work/_CPack_Packages"
ls -l "$work"/*.deb
if command -v lintian >/dev/null; then
  lintian --allow-root --fail-on error "$work"/*.deb || fail "lintian finds errors"
else
  echo "lintian is not installed, and has not looked at them"
fi

if [[ ${CLOSELAB_FRESH_DEBIAN-} ]]; then
  fresh_debian
else
  unpack
  inside sh -c : 2>/dev/null || skip "no chroot: neither root nor user namespaces"
  build_consumer
fi

echo "== the service"
grep '^ExecStart=/usr/bin/closelab serve ' "$root/usr/lib/systemd/system/closelab.service" || fail "it starts something else"

echo "== closelab run, from any folder"
inside closelab run --list | grep '^g-reuse-address' || fail "the experiments are not found"
inside closelab run --network loopback g-reuse-address | tail -1

echo "== closelab serve"
exec {log}< <(inside closelab serve --port 0 --log-format json)
read -r -t 20 listening <&"$log" || fail "it does not serve"
port=$(sed -E 's/.*"port":([0-9]+).*/\1/' <<<"$listening")
trap 'kill "$(sed -E "s/.*\"pid\":([0-9]+).*/\1/" <<<"$listening")"' EXIT
exec 3<>"/dev/tcp/127.0.0.1/$port"
printf 'GET / HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n' >&3
grep '200 OK' <&3 || fail "no answer"
exec 3>&-
grep -m 1 '"event":"settled"' <&"$log" | grep -o '"text":"the server closed first[^"]*"' || fail "no verdict"

echo "== a program that embeds it"
inside consumer || fail "the embedding program"
