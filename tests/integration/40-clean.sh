#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From trial to trial the runner keeps nothing: no process, no zombie, no fd. The trials look
# at their parent themselves, one at a time.
. "$(dirname "$0")/common.sh"

# The least number in a column: now and then the runner reads /proc just when the trial counts.
least() {
	cut -d' ' -f"$2" <"$1" | sort -n | head -n 1
}

cat >"$SCRATCH/look" <<'END'
#!/usr/bin/env bash
# Children of the runner other than this one, and the runner's fds; then leave a mess.
others=0
while read -r pid; do
	[ "$pid" = $$ ] || others=$((others + 1))
done < <(cat /proc/"$PPID"/task/*/children | tr ' ' '\n' | grep .)
fds=(/proc/"$PPID"/fd/*)
echo "$others ${#fds[@]}" >>"$1"
(setsid sleep 1000 >/dev/null 2>&1 &)
(setsid sh -c 'kill -STOP $$' &)
exit 0
END
chmod +x "$SCRATCH/look"
run -n 60 -j 1 -- "$SCRATCH/look" "$SCRATCH/seen"
check "trials that leave a mess pass" verdict pass 60
check "every trial looked" is "$(wc -l <"$SCRATCH/seen")" 60
# Canaries and the like may still be there when the first trials look.
check "no trial finds a process of another" is "$(tail -n 50 "$SCRATCH/seen" | cut -d' ' -f1 | sort -u)" 0
check "the runner's fds do not grow" is "$(least <(tail -n 25 "$SCRATCH/seen") 2)" "$(least <(head -n 25 "$SCRATCH/seen") 2)"
check "nothing is left at the end" nothing_left "bash $SCRATCH/look"

# Two hundred trials with other verdicts must cost no fds either.
cat >"$SCRATCH/mixed" <<'END'
#!/usr/bin/env bash
fds=(/proc/"$PPID"/fd/*)
echo "${#fds[@]}" >>"$1"
case $(($(wc -l <"$1") % 3)) in
0) exit 1 ;;
1) kill -SEGV $$ ;;
esac
END
chmod +x "$SCRATCH/mixed"
run -n 200 -j 1 -- "$SCRATCH/mixed" "$SCRATCH/fds"
check "failing and crashing trials leave no fd" is "$(least <(tail -n 50 "$SCRATCH/fds") 1)" "$(least <(head -n 50 "$SCRATCH/fds") 1)"
finish
