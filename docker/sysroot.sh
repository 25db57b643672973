#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A sysroot of the oldest glibc in docker/libcs, so that one build of the specimens runs under all of them:
# sysroot.sh WORKDIR makes WORKDIR/sysroot.
set -euo pipefail
here=$(realpath "$(dirname "$0")") work=$(realpath -m "$1")
root=$work/sysroot
[ -e "$root/.made" ] && exit
rm -rf "$root"
mkdir -p "$root"
cd "$root"
"$here/apt-box.sh" "$work/apt" bullseye libc6 libc6-dev linux-libc-dev libcrypt1 libcrypt-dev \
	libgomp1
ln -s libgomp.so.1 usr/lib/x86_64-linux-gnu/libgomp.so # this machine's needs a newer glibc
# Absolute links would leave the sysroot.
find . -lname '/*' | while IFS= read -r l; do
	t=$(readlink "$l")
	ln -sfn "$(realpath -m --relative-to="$(dirname "$l")" ".$t")" "$l"
done
# libfiu has no part in the libc's interface: this machine's will do.
cp /usr/include/fiu*.h usr/include/
cp "$(gcc -print-file-name=libfiu.a)" usr/lib/
touch .made
