#!/usr/bin/env bash
# Makes sure of what airloom needs from the system, and says what it does and why.
#
#   setup.sh build   what building needs
#   setup.sh test    what the tests need as well
#   setup.sh ams     what a real Ant Media Server for the tests needs
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
have=$(go env GOVERSION 2>/dev/null | sed 's/^go//; s/[^0-9.].*//') || have=
newer "${have:-0}" 1.26 || die "Go 1.26 or later is needed; this is ${have:-an older one}. Install a newer one from https://go.dev/dl."
for p in node npm; do
  command -v $p >/dev/null ||
    die "Node 20 or later with npm is needed for the web page and '$p' was not found. Install it from https://nodejs.org."
done
have=$(node --version | sed 's/^v//')
newer "$have" 20 || die "Node 20 or later is needed; this is $have. Install a newer one from https://nodejs.org."

build="gcc g++ make pkg-config libc6-dev ca-certificates"
# FFmpeg 7.1 from the system, where the system has it …
system="libavdevice-dev libavfilter-dev libavformat-dev libavcodec-dev libswscale-dev libswresample-dev libavutil-dev"
# … or what building it takes. curl fetches the source where no Debian mirror is.
source="curl nasm meson ninja-build xz-utils libx264-dev libssl-dev libzimg-dev libsrt-openssl-dev zlib1g-dev libbz2-dev"
# Test clips and the yardstick come from the ffmpeg program, recordings from
# nginx-rtmp, SRT from srt-tools, and mpv is a player; systemd checks our units;
# the desk is worked with in a browser.
test="ffmpeg nginx-light libnginx-mod-rtmp srt-tools mpv systemd chromium fonts-noto-cjk"
# Ant Media Server is fetched by Maven and runs on Java 17, with these libraries of its video.
jdk="openjdk-17-jdk-headless"
ams="maven unzip libva-drm2 libva-x11-2 libvdpau1"

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
  lacking=$(missing "$@" | paste -s -d ' ')
  [ -n "$lacking" ] || return 0
  say "needed for $why: $lacking"
  need+=" $lacking"
}

candidate() { apt-cache policy libavcodec-dev 2>/dev/null | sed -n 's/ *Candidate: *\([0-9]*:\)\?\([0-9]\)/\2/p'; }

# Everything by hand, in one line, for who may not do it here.
by_hand() {
  die "$1. As root: apt-get update${need:+ && apt-get install --no-install-recommends$need} — and then make again."
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

# Run by root: waits for another apt, as a fresh machine may be running one.
# The tests start nginx themselves; it is not to become a server of this machine.
# shellcheck disable=SC2016 # expanded in there
apt_install='
  set -e
  had=; [ ! -e /usr/sbin/nginx ] || had=1
  case " $* " in *" nginx-light "*)
    if [ -z "$had" ] && [ ! -e /usr/sbin/policy-rc.d ]; then
      trap "rm -f /usr/sbin/policy-rc.d" EXIT
      printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d
      chmod 755 /usr/sbin/policy-rc.d
    fi ;;
  esac
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
    install -y -qq --no-install-recommends "$@" >/dev/null
  if [ -z "$had" ] && [ -e /usr/sbin/nginx ]; then
    echo "setup: nginx was not started and is not enabled: the tests want its program alone" >&2
    systemctl disable -q nginx || true
  fi
'

# shellcheck disable=SC2086 # the lists are words
{
  want "building" $build
  if [ "$what" = test ]; then want "the tests" $test; fi
  if [ "$what" = ams ]; then
    want "tests against Ant Media Server" $ams
    if [ -n "$(missing $jdk)" ] && [ -z "${JAVA_HOME:-}" ]; then
      update # the newest systems have only later ones
      if [ -n "$(apt-cache search --names-only "^$jdk\$")" ]; then
        want "running Ant Media Server" $jdk
      else
        say "Ant Media Server runs on a JDK 17, which this system does not have: install one and set JAVA_HOME"
      fi
    fi
  fi
  if ! "$(dirname "$0")/ffmpeg/build.sh" --where >/dev/null 2>&1; then
    # A machine that never ran apt-get update knows no candidate yet.
    [ -n "$(candidate)" ] || update
    case ${AIRLOOM_FFMPEG_BUILD:+no}$(candidate) in
      7.1*) want "FFmpeg 7.1, the system's own" $system ;;
      *) want "building FFmpeg 7.1, which this system does not have" $source ;;
    esac
  fi
  if [ -n "$need" ]; then
    update
    say "installing them"
    root bash -c "$apt_install" apt $need || by_hand "apt-get install failed"
  fi
}
