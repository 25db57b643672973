/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/cmd/manifest.h"

#include "runner/base/shell.h"
#include "runner/base/util.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>

#include <jansson.h>

#define SCHEMA 1

void manifest_done(struct manifest *m)
{
	free(m->key);
	free(m->command);
	*m = (struct manifest){};
}

static const char *first_command(const json_t *shards)
{
	return json_string_value(json_object_get(json_array_get(shards, 0), "command"));
}

int manifest_read(const char *path, struct manifest *ret_manifest, char **ret_why)
{
	cleanup(cleanup_fclose) FILE *f = fopen(path, "re");
	const char *key, *command;
	json_t *root, *shards;
	json_error_t error;
	int e = errno;
	size_t n;

	if (!f) {
		*ret_why = mem_strdup(strerror(e));
		return -e;
	}
	root = json_loadf(f, 0, &error);
	shards = json_object_get(root, "shards");
	key = json_string_value(json_object_get(root, "key"));
	command = first_command(shards);
	n = json_array_size(shards);
	if (json_integer_value(json_object_get(root, "schema")) == SCHEMA && key && command && n &&
		n <= UINT_MAX)
		*ret_manifest =
			(struct manifest){ mem_strdup(key), mem_strdup(command), (unsigned int)n };
	else
		*ret_why = root ? mem_strdup("not a manifest of hangrate plan")
				: mem_printf("line %d: %s", error.line, error.text);
	json_decref(root);
	return ret_manifest->key ? 0 : -EINVAL;
}

static json_t *shard_of(const struct plan *plan, const char *arguments, const char *prefix,
	unsigned int shard, uint64_t trials)
{
	char *db cleanup(cleanup_free) = mem_printf("%s-%u.db", prefix, shard);
	char *quoted cleanup(cleanup_free) = shell_quote(db);
	char *command cleanup(cleanup_free) =
		mem_printf("hangrate run --resume --shard %u/%u --db %s%s", shard, plan->shards,
			quoted, arguments);

	return json_pack("{s:i, s:I, s:s, s:s}", "shard", (int)shard, "trials", (json_int_t)trials,
		"db", db, "command", command);
}

int manifest_write(const struct plan *plan, const char *arguments, const char *prefix, FILE *out)
{
	uint64_t *trials cleanup(cleanup_free) = mem_alloc(plan->shards * sizeof(*trials));
	char *key cleanup(cleanup_free) = plan_key(plan);
	json_t *shards = json_array(), *root;
	uint64_t all = 0;
	int r;

	plan_count(plan, trials);
	for (unsigned int i = 0; i < plan->shards; i++) {
		all += trials[i];
		json_array_append_new(shards, shard_of(plan, arguments, prefix, i + 1, trials[i]));
	}
	root = json_pack("{s:i, s:s, s:s, s:I, s:I, s:I, s:o}", "schema", SCHEMA, "version",
		HANGRATE_VERSION, "key", key, "seed", (json_int_t)plan->seed, "cells",
		(json_int_t)plan->n_cells, "trials", (json_int_t)all, "shards", shards);
	r = root ? json_dumpf(root, out, JSON_INDENT(1)) : -1;
	fputc('\n', out);
	json_decref(root);
	return r || fflush(out) ? -EIO : 0;
}
