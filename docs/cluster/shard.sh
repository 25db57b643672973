#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs shard I of a plan, in the folder of the plan: shard.sh PLAN.json I. Needs jq.
#
# May be started again for the same shard: it goes on where it was stopped. Ends with 0 when the
# shard's record is complete, whatever was measured (hangrate run: 0 or 1 as expected or not, 3
# nothing measured), so that a scheduler starts again only what was killed.
set -eu
plan=$1
command=$(jq -er --argjson i "$2" '.shards[$i - 1].command' "$plan")
cd "$(dirname "$plan")"
status=0
sh -c "$command" || status=$?
case $status in
0 | 1 | 3) exit 0 ;;
*) exit "$status" ;;
esac
