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
# … or what building it takes. curl fetches the source where no Debian mirror is.
source="curl nasm meson ninja-build xz-utils libx264-dev libssl-dev libzimg-dev libsrt-openssl-dev zlib1g-dev libbz2-dev"
# Test clips and the yardstick come from the ffmpeg program, recordings from
# nginx-rtmp; systemd checks our units.
test="ffmpeg nginx-light libnginx-mod-rtmp systemd"

if ! command -v dpkg-query >/dev/null; then
  say "this is no Debian or Ubuntu: install by hand what corresponds to: $build $source"
  exit 0
fi

missing() {
  local p
  for p in "$@"; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || echo "$p"
  done
}

need=
want() { # WHY PACKAGES...: puts what is missing of them on the list
  local why=$1 lacking
  shift
  lacking=$(missing "$@" | tr '\n' ' ')
  [ -n "$lacking" ] || return 0
  say "needed for $why: $lacking"
  need+=" $lacking"
}

candidate() { apt-cache policy libavcodec-dev 2>/dev/null | sed -n 's/ *Candidate: *\([0-9]*:\)\?\([0-9]\)/\2/p'; }

# Everything by hand, in one line, for who may not do it here.
by_hand() {
  die "$1. Run this as root, and then make again: apt-get update && apt-get install --no-install-recommends$(printf ' %s' $need)"
}

asked=
root() {
  if [ "$(id -u)" = 0 ]; then "$@"; return; fi
  command -v sudo >/dev/null || by_hand "packages are missing, this is not root, and there is no sudo"
  [ -n "$asked" ] || say "asking for root by sudo, for apt alone"
  asked=1
  sudo "$@"
}

updated=
update() {
  [ -z "$updated" ] || return 0
  root apt-get update -qq || by_hand "apt-get update failed"
  updated=1
}

# shellcheck disable=SC2086 # the lists are words
{
  want "building" $build
  if [ "$what" = test ]; then want "the tests" $test; fi
  if ! "$(dirname "$0")/ffmpeg/build.sh" --where >/dev/null 2>&1; then
    # A machine that never ran apt-get update knows no candidate yet.
    if [ -z "$(candidate)" ] && [ -z "$(missing apt)" ]; then update; fi
    case ${AIRLOOM_FFMPEG_BUILD:+no}$(candidate) in
      7.1*) want "FFmpeg 7.1, the system's own" $system ;;
      *) want "building FFmpeg 7.1, which this system does not have" $source ;;
    esac
  fi
  if [ -n "$need" ]; then
    update
    say "installing them"
    # Another apt may be at work on a fresh machine: wait for it.
    root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
      install -y -qq --no-install-recommends $need >/dev/null || by_hand "apt-get install failed"
  fi
}
