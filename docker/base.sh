#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes the base image hangrate-base:NAME of one row of docker/libcs: base.sh NAME WORKDIR. Prints how it
# came about in one line; on failure one line on standard error says why. Does nothing when it is there.
set -euo pipefail
here=$(realpath "$(dirname "$0")") name=$1 work=$(realpath -m "$2")
how=$(awk -v n="$name" '$1 == n { print $3 }' "$here/libcs")
[ -n "$how" ] || { echo "$name: not in docker/libcs" >&2; exit 1; }
image=hangrate-base:$name

more=$(awk -v n="$name" '$1 == n && NF > 4 && $5 != "-" { gsub(",", " ", $5); print $5 }' "$here/libcs")
preload=$(awk -v n="$name" '$1 == n && NF > 3 { print $4 }' "$here/libcs")

# A base that an older recipe made is made again.
recipe=$({ cat "$here/base.sh" "$here/apt-box.sh"; echo "$how $preload $more"; } | sha256sum | cut -c1-16)

label() {
	docker image inspect -f "{{index .Config.Labels \"$1\"}}" "$image" 2>/dev/null
}

# FROM scratch: loader and libc of the package, what backtrace() and OpenMP load, the files that getpwnam()
# and friends read, and a static shell for popen() and system(). Everything else that a program could find is left out on purpose.
from_debian() {
	local suite=$1 kind=$2 compilers=$1 root
	[ "$suite" != experimental ] || compilers=sid # it holds what is newer than sid's, not the rest
	root=$(mktemp -d)
	# shellcheck disable=SC2064 # now
	trap "rm -rf '$root'" RETURN
	chmod 755 "$root"
	(
		cd "$root"
		case $kind in
		glibc)
			"$here/apt-box.sh" "$work/apt" "$suite" libc6 libc-bin
			# shellcheck disable=SC2086 # a list
			"$here/apt-box.sh" "$work/apt" "$compilers" libgcc-s1 libgomp1 $more
			;;
		musl) "$here/apt-box.sh" "$work/apt" "$suite" musl ;;
		esac
		"$here/apt-box.sh" "$work/apt" bookworm busybox-static
	)
	merge_usr "$root"
	cache_libraries "$root"
	mkdir -p "$root"/{bin,etc,tmp,proc,dev,sys,results,var/log,run}
	chmod 1777 "$root/tmp"
	ln -sf busybox "$root/bin/sh"
	echo 'root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/sh' >"$root/etc/passwd"
	echo 'root:x:0:
nogroup:x:65534:' >"$root/etc/group"
	echo '127.0.0.1 localhost' >"$root/etc/hosts"
	echo 'http 80/tcp' >"$root/etc/services"
	printf 'passwd: files\ngroup: files\nhosts: files\nservices: files\n' >"$root/etc/nsswitch.conf"
	rm -rf "${root:?}"/usr/share "${root:?}"/usr/sbin "${root:?}"/sbin
	tar -C "$root" -c . | docker import -c "LABEL made=\"Debian $suite, unpacked from packages${preload:+, $preload preloaded}\"" \
		-c "LABEL recipe=$recipe" - "$image" >/dev/null
}

# From trixie on the packages say /usr/lib64 where a binary says /lib64: one real tree, links beside it. The
# real one is where the loader looks first: a link costs a layered file system a request for each use.
merge_usr() {
	local d
	for d in lib lib64 bin sbin; do
		mkdir -p "$1/$d"
		if [ -d "$1/usr/$d" ]; then
			cp -a "$1/usr/$d/." "$1/$d/"
			rm -rf "${1:?}/usr/$d"
		fi
		mkdir -p "$1/usr"
		ln -sfn "../$d" "$1/usr/$d"
	done
}

# As any distribution has it. Without it the loader tries two dozen folders at each exec.
cache_libraries() {
	[ -x "$1/sbin/ldconfig" ] || return 0
	printf '/lib/x86_64-linux-gnu\n/lib\n' >"$1/etc/ld.so.conf"
	"$1/sbin/ldconfig" -X -r "$1"
}

from_registry() {
	docker pull -q "$1" >/dev/null 2>&1 || { echo "$name: '$1' cannot be pulled" >&2; exit 1; }
	printf 'FROM %s\nLABEL made="pulled %s" recipe=%s\n' "$1" "$1" "$recipe" | docker build -q -t "$image" - >/dev/null
}

if [ "$(label recipe)" != "$recipe" ]; then
	case $how in
	debian:*) from_debian "${how#debian:}" "$(awk -v n="$name" '$1 == n { print $2 }' "$here/libcs")" ;;
	image:*) from_registry "${how#image:}" ;;
	esac
fi
echo "$name: $(label made), image $(docker image inspect -f '{{.Id}}' "$image" | cut -c8-19)"
