#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The same scenarios under many libcs: compare.sh WORKDIR RUNNER OUT, with LIBCS, SCENARIOS, TRIALS, ROUNDS,
# JOBS, SEED, SWEEP in the environment. Columns run in rounds, in turn, so that noise of the machine falls on
# all alike. A column that can't be made is reported as missing; the others run, and the status is 3.
set -euo pipefail
here=$(dirname "$0") work=$1 runner=$2 out=$3
read -r -a columns <<<"${LIBCS:-$(awk 'NF == 3 && $3 ~ /^debian:/ { print $1 }' "$here/libcs" | tr '\n' ' ')}"
read -r -a scenarios <<<"${SCENARIOS:-libc-*}"
trials=${TRIALS:-200} rounds=${ROUNDS:-2} jobs=${JOBS:-$(($(nproc) * 4))} seed=${SEED:-$(date +%s)}
limit=(${TIMEOUT:+--timeout "$TIMEOUT"}) # without it each scenario's own
sweep=(${SWEEP:+--sweep "$SWEEP"})

docker version >/dev/null 2>&1 || { echo "compare: no docker engine answers" >&2; exit 3; }
results=$work/results
rm -rf "$results"
mkdir -p "$results" "$out"
chmod 777 "$results"
missing=() ready=()
: >"$work/columns.txt"

make_image() {
	local name=$1 context=$work/context
	"$here/base.sh" "$name" "$work" >>"$work/columns.txt" 2>"$work/error" || return 1
	rm -rf "$context"
	mkdir -p "$context"
	cp "$runner" "$context/hangrate"
	docker build -q -f "$here/Dockerfile" --build-arg BASE="hangrate-base:$name" -t "hangrate:$name" \
		"$context" >/dev/null 2>"$work/error"
}

for name in "${columns[@]}"; do
	if make_image "$name"; then
		ready+=("$name")
	else
		missing+=("$name")
		echo "compare: missing: $(tail -n 1 "$work/error")" | tee -a "$work/columns.txt" >&2
	fi
done
[ ${#ready[@]} -gt 0 ] || { echo "compare: no column could be made" >&2; exit 3; }

status=0
run_round() {
	local name=$1 round=$2 r=0 kind preload
	kind=$(awk -v n="$name" '$1 == n { print $2 }' "$here/libcs")
	# LD_PRELOAD and what else stands in the row, as options of docker run.
	mapfile -t preload < <(awk -v n="$name" '$1 == n && NF > 3 { print "-eLD_PRELOAD=" $4
		for (i = 6; i <= NF; i++) print "-e" $i }' "$here/libcs")
	# The specimens come from a volume, and volumes that docker fills from the image hold loader and libc: a
	# layered file system may make each exec slow. A team of libgomp's sleeps at once where it has to wait. Whether
	# an alarm is set stands in /proc/timer_list, which is root's and hidden by docker: so it is mounted, and the
	# user is root without any capability.
	docker run --rm --user 0:0 --network none --read-only --tmpfs /tmp:mode=1777 --cap-drop ALL \
		--security-opt no-new-privileges -e OMP_WAIT_POLICY=passive "${preload[@]}" \
		-e HANGRATE_TIMER_LIST=/run/timer_list -v /proc/timer_list:/run/timer_list:ro \
		-v /lib -v /lib64 -v "$(realpath "$results")":/results \
		-v "$(realpath "$work/specimen/$kind/scenarios")":/specimen/scenarios:ro "hangrate:$name" \
		run --scenarios /specimen/scenarios --trials $((trials / rounds)) --jobs "$jobs" "${limit[@]}" "${sweep[@]}" \
		--seed $((seed + round)) --db "/results/$name.db" --quiet "${scenarios[@]}" \
		>"$work/$name.txt" 2>"$work/$name.err" || r=$?
	[ "$r" -le 1 ] && return
	echo "compare: $name: $(tail -n 1 "$work/$name.err")" >&2
	status=3
}

started=$SECONDS
for ((round = 0; round < rounds; round++)); do
	for name in "${ready[@]}"; do
		run_round "$name" "$round"
	done
	echo "compare: round $((round + 1)) of $rounds, $((SECONDS - started)) s" >&2
done

rm -f "$out/compare.db"
dbs=()
for name in "${ready[@]}"; do
	[ -e "$results/$name.db" ] && dbs+=("$results/$name.db")
done
"$runner" merge "$out/compare.db" "${dbs[@]}"
"$runner" report "$out/compare.db" --by libc --html "$out/compare.html" --md "$out/compare.md" \
	--csv "$out/compare.csv"

# How each column came about belongs to what is handed on, too.
{
	printf '\nHow each column came about:\n\n'
	sed 's/^/- /' "$work/columns.txt"
} >>"$out/compare.md"
{
	echo '<section id="columns"><h2>How each column came about</h2><ul class="plain">'
	sed 's/&/\&amp;/g; s/</\&lt;/g; s/.*/<li>&<\/li>/' "$work/columns.txt"
	echo '</ul></section>'
} >"$work/columns.html"
sed -i -e "/^<section id=\"made\">/{
r $work/columns.html
N
}" "$out/compare.html"

"$runner" report "$out/compare.db" --by libc || status=3
echo
cat "$work/columns.txt"
[ ${#missing[@]} -eq 0 ] || status=3
exit $status
