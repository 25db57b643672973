/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * manifest.h: the file that `hangrate plan` writes and `hangrate merge --plan` reads: what the
 * shards of one campaign are. JSON:
 *
 *   {"schema": 1, "version": "1.0.0", "key": "0123456789abcdef", "seed": 7, "cells": 5, "trials":
 * 4000, "command": "hangrate run ...", "shards": [{"shard": 1, "trials": 400, "db": "shard-01.db",
 * "command": "..."}, ...]}
 */
#ifndef RUNNER_CMD_MANIFEST_H
#define RUNNER_CMD_MANIFEST_H

#include "runner/plan/plan.h"

#include <stdio.h>

struct manifest {
	char *key;     /* of the plan */
	char *command; /* that runs shard 1 */
	unsigned int shards;
};
void manifest_done(struct manifest *m);

/* *ret_manifest must be zero. 0, or -errno with one line in *ret_why (freed by the caller);
 * -EINVAL: not such a file. */
int manifest_read(const char *path, struct manifest *ret_manifest, char **ret_why);

/*
 * Writes it. arguments: of `hangrate run`, as a shell reads them, with the seed and without --shard
 * and --db; each shard writes to PREFIX-NUMBER.db. The plan must have an end. 0 or -errno.
 */
int manifest_write(const struct plan *plan, const char *arguments, const char *prefix, FILE *out);

#endif
