/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/cmd/shards.h"

#include "runner/base/util.h"

#include <inttypes.h>

#define RUN "hangrate run "

void shards_done(struct shards *s)
{
	free(s->there);
	*s = (struct shards){};
}

void shards_new(unsigned int n, struct shards *ret_shards)
{
	*ret_shards = (struct shards){ n, mem_alloc(((size_t)n + 1) * sizeof(bool)) };
}

unsigned int shards_missing(const struct shards *s)
{
	unsigned int missing = 0;

	for (unsigned int i = 1; i <= s->n; i++)
		missing += !s->there[i];
	return missing;
}

char *shards_list_missing(const struct shards *s)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	const char *comma = "";

	if (!out)
		return mem_strdup("");
	for (unsigned int i = 1; i <= s->n; i++) {
		unsigned int last = i;

		if (s->there[i])
			continue;
		while (last < s->n && !s->there[last + 1])
			last++;
		fprintf(out, last == i ? "%s%u" : "%s%u-%u", comma, i, last);
		comma = ",";
		i = last;
	}
	fclose(out);
	return text;
}

/* Where the options of `hangrate run` end and the user's program begins. */
static size_t options_len(const char *command)
{
	const char *end = strstr(command, " -- ");

	return end ? (size_t)(end - command) : strlen(command);
}

/* The first place of an option among the options, NULL: it is not there. */
static const char *find_option(const char *command, const char *option)
{
	const char *at = strstr(command, option);

	return at && (size_t)(at - command) < options_len(command) ? at : NULL;
}

/* The first of `old` among the options becomes `new`; NULL where it is not there. */
static char *replace(const char *command, const char *old, const char *new)
{
	const char *at = find_option(command, old);

	return at ? mem_printf("%.*s%s%s", (int)(at - command), command, new, at + strlen(old))
		  : NULL;
}

/* " --shard 3/30" with another number, however it was typed. */
static char *replace_shard(
	const char *command, unsigned int shard, unsigned int n, const char *number)
{
	char *new cleanup(cleanup_free) = mem_printf(" --shard %s/%u", number, n);
	char *word cleanup(cleanup_free) = mem_printf(" --shard %u/%u", shard, n);
	char *joined cleanup(cleanup_free) = mem_printf(" --shard=%u/%u", shard, n);
	char *text = replace(command, word, new);

	return text ? text : replace(command, joined, new);
}

char *shards_command_for(
	const char *command, unsigned int shard, unsigned int n, uint64_t seed, const char *number)
{
	char *own_db cleanup(cleanup_free) = mem_printf("-%u.db", shard);
	char *its_db cleanup(cleanup_free) = mem_printf("-%s.db", number);
	char *text cleanup(cleanup_free) = replace_shard(command, shard, n, number);
	char *with_db cleanup(cleanup_free) = text ? replace(text, own_db, its_db) : NULL;
	char *drawn cleanup(cleanup_free) = mem_printf("--seed %" PRIu64 " ", seed);

	if (!text || strncmp(text, RUN, strlen(RUN)) != 0)
		return NULL;
	return mem_printf(RUN "%s%s%s", find_option(text, " --resume") ? "" : "--resume ",
		find_option(text, " --seed") ? "" : drawn,
		(with_db ? with_db : text) + strlen(RUN));
}

char *shards_command(const struct shards *s, const char *command, unsigned int shard, uint64_t seed)
{
	bool one = shards_missing(s) == 1;
	char *text = NULL, *run cleanup(cleanup_free) = NULL;
	size_t size;
	FILE *out;

	if (one) {
		char *number cleanup(cleanup_free) = shards_list_missing(s);

		return shards_command_for(command, shard, s->n, seed, number);
	}
	run = shards_command_for(command, shard, s->n, seed, "$i");
	out = run ? open_memstream(&text, &size) : NULL;
	if (!out)
		return NULL;
	fputs("for i in", out);
	for (unsigned int i = 1; i <= s->n; i++)
		if (!s->there[i])
			fprintf(out, " %u", i);
	fprintf(out, "; do %s; done", run);
	fclose(out);
	return text;
}
