#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# compare.sh: a column whose image can't be made is reported as missing, the others run, status 3. The docker
# here is a script: it pulls one image of two, and runs the runner on this machine.
. "$(dirname "$0")/common.sh"

work=$SCRATCH/work
mkdir -p "$SCRATCH/bin" "$work/specimen"
ln -s "$(realpath "$BUILD")/glibc" "$work/specimen/glibc"
cat >"$SCRATCH/bin/docker" <<'EOF'
#!/usr/bin/env bash
case $1 in
pull) [ "$3" = ubuntu:24.04 ] ;;
build) cat >/dev/null ;;
image) case $* in *.Id*) echo sha256:0123456789abcdef ;; *made*) echo pulled ;; *) exit 1 ;; esac ;;
run)
	while [ "$1" != hangrate:ubuntu-24.04 ]; do
		case $1 in *:/results) results=${1%:/results} ;; *:/specimen/*) specimen=${1%%:*} ;; esac
		shift
	done
	shift
	args=("${@//\/results/$results}")
	exec "$HANGRATE" "${args[@]//\/specimen\/scenarios/$specimen}"
	;;
esac
EOF
chmod +x "$SCRATCH/bin/docker"

# compare COLUMN...: sets $status; $SCRATCH/out and /err
compare() {
	PATH=$SCRATCH/bin:$PATH LIBCS=$* SCENARIOS=libc-mutex/fork TRIALS=4 JOBS=2 limit 100 \
		docker/compare.sh "$work" "$HANGRATE" "$SCRATCH/made" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null
	status=$?
}

compare ubuntu-24.04
check "a column that can be made: status 0" is "$status" 0
compare debian-stable ubuntu-24.04
check "a column that can't: status 3" is "$status" 3
check "it is missing, and why" grep -q "missing: debian-stable: 'debian:stable-slim' cannot be pulled" "$SCRATCH/err"
check "the table says so, too" grep -q "missing: debian-stable" "$SCRATCH/made/compare.md"
check "the other ran" grep -q '^"libc-mutex","fork","",.*,4,0,4,' "$SCRATCH/made/compare.csv"
compare debian-stable
check "no column at all: status 3" is "$status" 3
check "no column at all: says so" grep -q "no column could be made" "$SCRATCH/err"
finish
