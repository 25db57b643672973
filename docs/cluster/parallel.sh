#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A campaign over ssh by GNU parallel: parallel.sh PLAN.json HOST[,HOST...]. The hosts see the plan's
# folder under the same path, and have hangrate and jq.
#
# A shard whose host is lost is given to another one, and goes on there.
set -eu
plan=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
cd "$(dirname "$plan")"
seq "$(jq -e '.shards | length' "$plan")" |
	parallel --jobs 1 --retries 3 --sshlogin "$2" --workdir "$PWD" "$here/shard.sh" "$plan" {}
exec hangrate merge --plan "$plan" all.db shard-*.db
