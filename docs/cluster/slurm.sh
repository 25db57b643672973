#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A campaign as a Slurm job array: slurm.sh PLAN.json [sbatch options]. Run it where plan and records
# are to be, a folder that all nodes see under the same path.
#
# A shard whose node is lost is started again by Slurm (--requeue) and goes on; the merge runs when
# all have ended, and names what is missing with the command that runs it.
set -eu
plan=$(realpath "$1")
shift
here=$(cd "$(dirname "$0")" && pwd)
shards=$(jq -e '.shards | length' "$plan")
job=$(sbatch --parsable --requeue --array="1-$shards" --chdir="$(dirname "$plan")" "$@" \
	--wrap="exec $here/shard.sh $plan \$SLURM_ARRAY_TASK_ID")
sbatch --parsable --dependency="afterany:$job" --chdir="$(dirname "$plan")" \
	--wrap="exec hangrate merge --plan $plan all.db shard-*.db" >/dev/null
echo "job $job: $shards shards; then all.db"
