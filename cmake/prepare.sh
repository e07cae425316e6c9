# Sourced by ./run and ./check, which stand in the source tree: installs what is missing, and builds.

say() { echo "closelab: $*" >&2; }

die() {
  say "$*"
  exit 1
}

may_be_root() { ((EUID == 0)) || command -v sudo >/dev/null; }

as_root() { if ((EUID == 0)); then "$@"; else sudo "$@"; fi; }

is_debian() { command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; }

update_package_lists() {
  may_be_root && as_root apt-get -qq update || say "can not update the package lists; going on with those that are there"
}

# install_missing GROUP...: the packages of these groups in packages.txt, by apt.
install_missing() {
  local missing=() package
  if ! is_debian; then
    say "no apt on this system; what must be installed is listed in cmake/packages.txt"
    return
  fi
  for package in $(awk -v groups=" $* " 'index(groups, " " $1 " ") { print $2 }' cmake/packages.txt); do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  if ((${#missing[@]})); then
    may_be_root || die "missing, and neither root nor sudo to install them; as root: apt-get install ${missing[*]}"
    say "installing ${missing[*]}"
    update_package_lists
    as_root env DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes \
      apt-get -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends install "${missing[@]}" >/dev/null
  fi
}

# llhttp's C sources, taken out of Debian's package without installing it, for it depends on Node. CMake looks for them in
# this folder, and downloads llhttp where it finds none.
fetch_llhttp() {
  local folder=$PWD/build/deps/llhttp
  if [[ -e /usr/share/llhttp/llhttp.c || -e /usr/include/llhttp.h ]] || ! is_debian; then return; fi
  if [[ ! -e $folder/usr/share/llhttp/llhttp.c ]]; then
    say "fetching the sources of llhttp (package node-llhttp, not installed)"
    unpack_package node-llhttp "$folder" || {
      say "no package node-llhttp; CMake will download llhttp"
      rm -rf "$folder"
    }
  fi
}

# nginx's program, taken out of Debian's package without installing it, for that would start a server. Its libraries are
# those of apache2-bin. The test of the personas looks for it in this folder, and runs without it.
fetch_nginx() {
  local folder=$PWD/build/deps/nginx
  if [[ -x /usr/sbin/nginx || -x $folder/usr/sbin/nginx ]] || ! is_debian; then return; fi
  say "fetching nginx (not installed), to compare conf/personas/nginx.toml with it"
  unpack_package nginx "$folder" || say "no package nginx; its persona is not compared"
}

# unpack_package NAME FOLDER
unpack_package() {
  local download=(apt-get -qq -o APT::Sandbox::User=root download "$1")
  mkdir -p "$2"
  (cd "$2" && { "${download[@]}" 2>/dev/null || { update_package_lists && "${download[@]}"; }; } &&
    dpkg-deb -x "$1"_*.deb . && rm "$1"_*.deb)
}

# in_words SECONDS
in_words() { if (($1 < 60)); then echo "$1 s"; else echo "$((($1 + 30) / 60)) min"; fi; }

# show_progress: what ninja prints, with NINJA_STATUS as below, becomes `37 of 146, about 1 min left`: one line that changes
# on a terminal, elsewhere one every ten seconds.
show_progress() {
  local output text shown=0
  while IFS= read -r output; do
    [[ $output =~ ^\[([1-9][0-9]*)/([0-9]+)\ ([0-9]+) ]] || continue
    local finished=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]} seconds=${BASH_REMATCH[3]}
    text="$finished of $total, about $(in_words $((seconds * (total - finished) / finished))) left"
    if [[ -t 2 ]]; then
      printf '\r\033[Kcloselab: %s' "$text" >&2
    elif ((seconds >= shown + 10)); then
      say "$text"
      shown=$seconds
    fi
  done
  if [[ -t 2 ]]; then printf '\r\033[K' >&2; fi
}

# build PRESET: configures and builds in build/PRESET; shows the log only when that fails.
build() {
  local log=build/$1.log
  mkdir -p build
  say "building in build/$1"
  {
    cmake --preset "$1" >"$log" 2>&1 &&
      NINJA_STATUS='[%f/%t %e s] ' cmake --build --preset "$1" 2>&1 | tee -a "$log" | show_progress
  } || {
    cat "$log" >&2
    die "the build failed; its log is above and in $log"
  }
}
