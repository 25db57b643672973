/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shards.h: which shards of a campaign are there, and the command that runs the others. Pure.
 */
#ifndef RUNNER_CMD_SHARDS_H
#define RUNNER_CMD_SHARDS_H

#include <stdbool.h>
#include <stdint.h>

/* Zero-initialise; free with shards_done(). Shards are counted from 1. */
struct shards {
	unsigned int n; /* of the campaign */
	bool *there;    /* [n + 1] */
};
void shards_done(struct shards *s);
void shards_new(unsigned int n, struct shards *ret_shards);
unsigned int shards_missing(const struct shards *s);

/* "2,5-7", as sbatch --array takes it; the caller frees it. */
char *shards_list_missing(const struct shards *s);

/*
 * What runs the missing shards: a command as typed for one of them, `shard` of `n`, with its number
 * replaced,
 * --resume added, and --seed where it was drawn. The caller frees it.
 */
char *shards_command(
	const struct shards *s, const char *command, unsigned int shard, uint64_t seed);
/* The same command for one number, which may be a variable of the shell ("$i"). */
char *shards_command_for(
	const char *command, unsigned int shard, unsigned int n, uint64_t seed, const char *number);

#endif
