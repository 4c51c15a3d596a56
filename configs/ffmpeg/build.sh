#!/usr/bin/env bash
# Makes FFmpeg 7.1 for airloom, once, outside the tree, and prints its prefix.
#
# go-astiav v0.39 speaks to FFmpeg 7.1 (libavcodec 61) alone. Where the system
# has that, this prints "system" and builds nothing. Elsewhere it builds a
# static one, so that the airloom binary needs libc and nothing more.
#
#   build.sh          build if needed; progress on stderr, prefix on stdout
#   build.sh --where  print the prefix without building; exit 1 if it is not there
#
# Sources come from Debian's own source packages (suite trixie), checked with
# Debian's keyring, through sources lists and caches of our own: the system's
# apt set-up is not touched. On other systems: FFmpeg's release tarball and
# dav1d's, held to the SHA-256 sums below.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

FFMPEG_VERSION=7.1.5
DAV1D_VERSION=1.5.1
FFMPEG_SHA256=de668509caf9e35e3cd162473441fdb29538c6d96ed080292b3cf9e6fc5d558f
DAV1D_SHA256=401813f1f89fa8fd4295805aa5284d9aed9bc7fc1fdbe554af4292f64cbabe21
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

say() { printf 'ffmpeg: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

system_has_it() {
  [ -z "${AIRLOOM_FFMPEG_BUILD:-}" ] || return 1
  command -v pkg-config >/dev/null || return 1
  local v
  v=$(pkg-config --modversion libavcodec 2>/dev/null) || return 1
  case $v in 61.*) ;; *) return 1 ;; esac
  pkg-config --exists libavdevice libavfilter libavformat libavutil libswresample libswscale
}

if system_has_it; then echo system; exit 0; fi

cache=${AIRLOOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/airloom}
hash=$(cat "$here/build.sh" "$here/options" | sha256sum | cut -c1-12)
prefix=$cache/ffmpeg-$FFMPEG_VERSION-$hash

if [ -e "$prefix/.done" ]; then echo "$prefix"; exit 0; fi
if [ "${1:-}" = --where ]; then exit 1; fi

mkdir -p "$cache"
exec 9>"$cache/ffmpeg.lock"
flock -n 9 || { say "another build is under way, waiting for it"; flock 9; }
if [ -e "$prefix/.done" ]; then echo "$prefix"; exit 0; fi

work=$(mktemp -d "$cache/ffmpeg-work.XXXXXX")
trap 'rm -rf "$work"' EXIT
log=$cache/ffmpeg-build.log
: >"$log"
began=$SECONDS

# step WORDS COMMAND...: runs the command with its output in the log, tells how
# it stands every 15 s, and shows the end of the log when it fails.
step() {
  local words=$1 t0=$SECONDS; shift
  say "$words …"
  "$@" >>"$log" 2>&1 &
  local pid=$! next=15
  while kill -0 "$pid" 2>/dev/null; do
    sleep 1
    if [ $((SECONDS - t0)) -ge $next ]; then
      say "$words: $((SECONDS - t0)) s"; next=$((next + 15))
    fi
  done
  if ! wait "$pid"; then
    tail -n 25 "$log" >&2
    die "$words failed. The whole log is $log"
  fi
}

# The Debian mirror that apt already uses, so that a local mirror is honoured.
mirror() {
  apt-get indextargets --format '$(SITE) $(CREATED_BY) $(SIGNED_BY)' 2>/dev/null |
    awk '$2 == "Packages" && $1 ~ /\/debian\/?$/ {print $1; exit}'
}

from_debian() {
  local site=$1 apt=$work/apt
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$work/src"
  printf 'Types: deb-src\nURIs: %s\nSuites: trixie trixie-updates\nComponents: main\nSigned-By: %s\n' \
    "$site" "$KEYRING" >"$apt/trixie.sources"
  local o=(-o Dir::Etc::sourceparts=/dev/null -o "Dir::Etc::sourcelist=$apt/trixie.sources"
    -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=)
  step "reading the list of Debian's sources" apt-get "${o[@]}" update
  (cd "$work/src" && step "fetching FFmpeg's and dav1d's source" apt-get "${o[@]}" source --download-only ffmpeg dav1d)
}

download() { # URL FILE SHA256
  step "fetching $2" curl -fsSL --retry 3 -o "$work/src/$2" "$1"
  echo "$3  $work/src/$2" | sha256sum -c --quiet >&2 || die "$2 is not the file it should be: SHA-256 differs"
}

from_upstream() {
  mkdir -p "$work/src"
  command -v curl >/dev/null || die "curl is needed to fetch FFmpeg's source: install it and try again"
  download "https://ffmpeg.org/releases/ffmpeg-$FFMPEG_VERSION.tar.xz" "ffmpeg_$FFMPEG_VERSION.orig.tar.xz" "$FFMPEG_SHA256"
  download "https://downloads.videolan.org/pub/videolan/dav1d/$DAV1D_VERSION/dav1d-$DAV1D_VERSION.tar.xz" \
    "dav1d_$DAV1D_VERSION.orig.tar.xz" "$DAV1D_SHA256"
}

unpack() { # NAME: the orig tarball of NAME into $work/NAME
  local t=("$work/src/$1"_*.orig.tar.*)
  mkdir -p "$work/$1"
  tar -xf "${t[0]}" -C "$work/$1" --strip-components=1
}

# The linker prefers a .so to a .a in the same directory. Copies of the archives
# in our own lib directory, first on the path, make the binary need libc alone.
static_copies() {
  local name path
  mkdir -p "$stage/lib"
  for name in x264 zimg srt ssl crypto z bz2 stdc++; do
    path=$(cc -print-file-name="lib$name.a")
    [ -f "$path" ] || die "lib$name.a is missing: install the -dev package that has it (make setup does)"
    cp "$path" "$stage/lib/"
  done
}

say "building FFmpeg $FFMPEG_VERSION, once: about 5 minutes on 2 cores. Log: $log"
site=$(mirror || true)
if [ -n "$site" ] && [ -f "$KEYRING" ]; then from_debian "$site"; else from_upstream; fi

stage=$work/stage
jobs=$(nproc)
export PKG_CONFIG_PATH=$stage/lib/pkgconfig

unpack dav1d
step "configuring dav1d" meson setup "$work/dav1d-build" "$work/dav1d" --prefix "$stage" --libdir lib \
  --buildtype release --default-library=static -Denable_tools=false -Denable_tests=false
step "building dav1d (about 1 min)" ninja -C "$work/dav1d-build" -j "$jobs"
step "installing dav1d" ninja -C "$work/dav1d-build" install
static_copies

unpack ffmpeg
mapfile -t options < <(grep '^--' "$here/options")
cd "$work/ffmpeg"
step "configuring FFmpeg" ./configure --prefix="$stage" --pkg-config-flags=--static "${options[@]}"
step "building FFmpeg (about 4 min)" make -j "$jobs"
step "installing FFmpeg" make install
cd "$cache"

# The tree was staged under another name: let pkg-config tell the final one.
sed -i "s#$stage#$prefix#g" "$stage"/lib/pkgconfig/*.pc
touch "$stage/.done"
rm -rf "$prefix"
mv "$stage" "$prefix"
say "done in $((SECONDS - began)) s: $prefix"
echo "$prefix"
