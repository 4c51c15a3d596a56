#!/usr/bin/env bash
# Makes sure of what airloom needs from the system, and says what it does and why.
#
#   setup.sh build   what building needs
#   setup.sh test    what the tests need as well
#
# Packages come by apt. Go and Node are only looked for: distributions carry
# versions that are too old, and how they get onto a machine is its owner's choice.
set -euo pipefail
what=${1:-build}

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# newer HAVE WANT: whether version HAVE is WANT or later.
newer() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

command -v go >/dev/null ||
  die "Go 1.26 or later is needed and 'go' was not found. Install it from https://go.dev/dl and put its bin directory on the PATH."
have=$(go env GOVERSION | sed 's/^go//; s/[^0-9.].*//')
newer "$have" 1.26 || die "Go 1.26 or later is needed; this is $have. Install a newer one from https://go.dev/dl."
command -v npm >/dev/null ||
  die "Node 20 or later with npm is needed for the web page and 'npm' was not found. Install it from https://nodejs.org."
have=$(node --version | sed 's/^v//')
newer "$have" 20 || die "Node 20 or later is needed; this is $have. Install a newer one from https://nodejs.org."

build="gcc g++ make pkg-config libc6-dev ca-certificates"
# FFmpeg 7.1 from the system, where the system has it …
system="libavdevice-dev libavfilter-dev libavformat-dev libavcodec-dev libswscale-dev libswresample-dev libavutil-dev"
# … or what building it takes.
source="nasm meson ninja-build xz-utils libx264-dev libssl-dev libzimg-dev libsrt-openssl-dev zlib1g-dev libbz2-dev"
# Test clips and the yardstick come from the ffmpeg program, recordings from
# nginx-rtmp, screenshots from Chromium; systemd checks our units.
test="ffmpeg nginx-light libnginx-mod-rtmp chromium systemd"

missing() {
  local p
  for p in "$@"; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || echo "$p"
  done
}

root() {
  if [ "$(id -u)" = 0 ]; then "$@"; return; fi
  command -v sudo >/dev/null || die "not root and no sudo: please run as root: $*"
  say "asking for root by sudo, for apt alone"
  sudo "$@"
}

updated=
install() { # WHY PACKAGES...
  local why=$1; shift
  local need
  need=$(missing "$@")
  [ -n "$need" ] || return 0
  say "installing for $why:" $need
  if [ -z "$updated" ]; then root apt-get update -qq; updated=1; fi
  # shellcheck disable=SC2086
  root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $need >/dev/null
}

if ! command -v dpkg-query >/dev/null; then
  say "this is no Debian or Ubuntu: install by hand what corresponds to: $build $source"
  exit 0
fi

install "building" $build
libavcodec=$(apt-cache policy libavcodec-dev 2>/dev/null | sed -n 's/ *Candidate: *\([0-9]*:\)\?//p')
case $libavcodec in
  7.1*) [ -n "${AIRLOOM_FFMPEG_BUILD:-}" ] || install "FFmpeg 7.1, the system's own" $system ;;
esac
if ! "$(dirname "$0")/ffmpeg/build.sh" --where >/dev/null 2>&1; then
  install "building FFmpeg 7.1, which this system does not have" $source
fi
if [ "$what" = test ]; then install "the tests" $test; fi
