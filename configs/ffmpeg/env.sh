#!/usr/bin/env bash
# Prints what cgo needs to link FFmpeg, as export lines for a shell:
#
#   eval "$(configs/ffmpeg/env.sh)"
#
# Builds FFmpeg first where it has to. The values are the same each time, so
# that Go's build cache holds.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
prefix=$("$here/build.sh")
if [ "$prefix" = system ]; then exit 0; fi

libs="libavdevice libavformat libavfilter libavcodec libswscale libswresample libavutil"
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
# shellcheck disable=SC2086
# libgcc_s, which some .pc files name, would come in as a shared library.
flags=$(pkg-config --static --libs $libs | tr " " "\n" | grep -v "^-lgcc" | awk "!/^-L/ || !seen[\$0]++" | tr "\n" " ")
echo "export PKG_CONFIG_PATH='$PKG_CONFIG_PATH'"
# Our lib directory comes first: the archives copied there win over the
# system's shared libraries.
echo "export CGO_LDFLAGS='$flags-static-libgcc'"
