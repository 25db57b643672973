/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd/merge.c: `hangrate merge`: the shards of one campaign become one campaign again; campaigns
 * that are whole are copied side by side. All is read and checked before anything is written.
 */
#include "runner/cmd/cmd.h"
#include "runner/cmd/manifest.h"
#include "runner/cmd/shards.h"
#include "runner/store/store.h"
#include "runner/base/util.h"

#include <inttypes.h>
#include <sys/stat.h>

/* One campaign of one of the records given. */
struct part {
	const char *path;
	struct store *store;
	struct record_campaign campaign;
	size_t *cell; /* where its cells went in the merged campaign */
};

struct merge_options {
	bool partial;     /* put together what there is */
	const char *plan; /* a manifest of `hangrate plan`; NULL: none */
};

struct merge {
	struct merge_options options;
	struct manifest manifest; /* of that plan; key NULL: none */
	struct store **stores;
	size_t n_stores;
	struct part *parts;
	size_t n_parts, cap_parts;
};

static void merge_done(struct merge *m)
{
	for (size_t i = 0; i < m->n_parts; i++) {
		record_campaign_done(&m->parts[i].campaign);
		free(m->parts[i].cell);
	}
	for (size_t i = 0; i < m->n_stores; i++)
		store_free(m->stores[i]);
	free(m->stores);
	free(m->parts);
	manifest_done(&m->manifest);
}

static int fail(const char *path, const char *what)
{
	fprintf(stderr, "merge: '%s': %s\n", path, what);
	return EXIT_USAGE;
}

static int read_parts(struct merge *m, const char *path, struct store *s)
{
	int64_t *ids cleanup(cleanup_free) = NULL;
	size_t n;

	if (store_list(s, &ids, &n) < 0)
		goto failed;
	while (n--) { /* the oldest first, as they were written */
		struct part *p;

		m->parts = mem_grow(m->parts, m->n_parts, &m->cap_parts, sizeof(*m->parts));
		p = &m->parts[m->n_parts];
		if (store_load(s, ids[n], &p->campaign) < 0)
			goto failed;
		p->path = path;
		p->store = s;
		m->n_parts++;
	}
	return 0;
failed:
	fprintf(stderr, "merge: %s\n", store_error(s));
	return EXIT_USAGE;
}

static int read_all(struct merge *m, const char *out, char **paths, size_t n)
{
	struct stat a, b;

	m->stores = mem_alloc(n * sizeof(*m->stores));
	for (size_t i = 0; i < n; i++) {
		int r;

		if (stat(out, &a) == 0 && stat(paths[i], &b) == 0 && a.st_dev == b.st_dev &&
			a.st_ino == b.st_ino)
			return fail(paths[i], "is what is written to");
		r = store_open(paths[i], STORE_READ, &m->stores[m->n_stores++]);
		if (r < 0) {
			fprintf(stderr, "merge: %s\n", store_error(m->stores[i]));
			return EXIT_USAGE;
		}
		r = read_parts(m, paths[i], m->stores[i]);
		if (r)
			return r;
	}
	return 0;
}

static bool is_shard(const struct part *p)
{
	return p->campaign.shards > 1;
}

/* Whether all its trials were run: one that was killed or interrupted can be gone on with. */
static bool is_finished(const struct part *p)
{
	return p->campaign.stop != STOP_KILLED && p->campaign.stop != STOP_INTERRUPTED;
}

static int not_of_plan(const struct merge *m, const struct part *p, const struct part *first)
{
	const char *key = m->manifest.key ? m->manifest.key : first->campaign.key;
	unsigned int n = m->manifest.key ? m->manifest.shards : first->campaign.shards;

	if (!strcmp(p->campaign.key, key) && p->campaign.shards == n)
		return 0;
	fprintf(stderr, "merge: '%s': shard of another campaign than '%s'\n", p->path,
		m->manifest.key ? m->options.plan : first->path);
	return EXIT_USAGE;
}

/* Notes one shard in `all`. */
static int check_shard(
	const struct merge *m, const struct part *p, const struct part *first, struct shards *all)
{
	if (not_of_plan(m, p, first))
		return EXIT_USAGE;
	if (!p->campaign.shard || p->campaign.shard > all->n)
		return fail(p->path, "corrupted: its shard is not one of the campaign's");
	if (!is_finished(p) && !m->options.partial) {
		fprintf(stderr, "merge: '%s': shard %u/%u was stopped before its end\n", p->path,
			p->campaign.shard, p->campaign.shards);
		return 0;
	}
	if (all->there[p->campaign.shard]) {
		fprintf(stderr, "merge: '%s': shard %u/%u is there twice\n", p->path,
			p->campaign.shard, p->campaign.shards);
		return EXIT_USAGE;
	}
	all->there[p->campaign.shard] = true;
	return 0;
}

static int say_missing(const struct merge *m, const struct part *first, const struct shards *all)
{
	char *list cleanup(cleanup_free) = shards_list_missing(all);
	char *command cleanup(cleanup_free) = NULL;
	bool one = shards_missing(all) == 1;

	fprintf(stderr,
		one ? "merge: '%s': shard %s/%u is missing\n"
		    : "merge: '%s': shards %s of %u are missing\n",
		first ? first->path : m->options.plan, list, all->n);
	if (m->options.partial)
		return 0;
	command = first ? shards_command(all, first->campaign.command, first->campaign.shard,
				  first->campaign.seed)
			: shards_command(all, m->manifest.command, 1, 0);
	if (command)
		fprintf(stderr, "merge: to run %s: %s\n", one ? "it" : "them", command);
	return EXIT_USAGE;
}

/* Parts of one plan, none of them twice, none missing. All that is wrong is said. */
static int check_shards(const struct merge *m)
{
	cleanup(shards_done) struct shards all = {};
	const struct part *first = NULL;
	int status = 0;

	for (size_t i = 0; i < m->n_parts && !first; i++)
		if (is_shard(&m->parts[i]))
			first = &m->parts[i];
	if (!first && !m->manifest.key)
		return 0;
	shards_new(m->manifest.key ? m->manifest.shards : first->campaign.shards, &all);
	for (size_t i = 0; i < m->n_parts; i++) {
		int r = is_shard(&m->parts[i]) ? check_shard(m, &m->parts[i], first, &all) : 0;

		status = r ? r : status;
	}
	if (!status && shards_missing(&all))
		status = say_missing(m, first, &all);
	return status;
}

static void merge_head(struct record_campaign *c, const struct record_campaign *from)
{
	bool first = !c->key;

	if (first) {
		c->key = mem_strdup(from->key);
		c->command = mem_strdup(from->command);
		c->seed = from->seed;
		c->decide_low = from->decide_low;
		c->decide_high = from->decide_high;
		c->cpus = from->cpus;
		c->started_ms = from->started_ms;
		c->ended_ms = from->ended_ms;
		c->shard = c->shards = 1;
	}
	record_join_text(&c->version, from->version);
	record_join_text(&c->host, from->host);
	record_join_text(&c->kernel, from->kernel);
	record_join_text(&c->cpu, from->cpu);
	record_join_text(&c->broken, from->broken);
	c->jobs += from->jobs;
	c->sequential |= from->sequential;
	if (from->stop > c->stop)
		c->stop = from->stop;
	if (from->started_ms < c->started_ms)
		c->started_ms = from->started_ms;
	/* one that was never closed leaves the whole so */
	if (!from->ended_ms || (c->ended_ms && from->ended_ms > c->ended_ms))
		c->ended_ms = from->ended_ms;
	if (!first && !c->ended_ms)
		c->stop = STOP_KILLED;
}

static void merge_part(struct record_campaign *c, struct part *p)
{
	const struct record_campaign *from = &p->campaign;

	merge_head(c, from);
	p->cell = mem_alloc(from->n_cells * sizeof(*p->cell));
	for (size_t i = 0; i < from->n_cells; i++) {
		struct record_cell *cell = record_campaign_cell_like(c, &from->cells[i]);

		record_cell_merge(cell, &from->cells[i]);
		p->cell[i] = (size_t)(cell - c->cells);
	}
}

struct copy {
	struct store *out;
	struct record_campaign *campaign;
	const struct part *part;
};

static int copy_trial(const struct record_trial *t, void *arg)
{
	const struct copy *copy = arg;
	struct record_trial moved = *t;

	moved.cell = copy->part->cell[t->cell];
	return store_add_trial(copy->out, copy->campaign, &moved);
}

/* The parts from..to-1 that are (or are not) shards, as one campaign. It is closed last: a merge
 * that was killed leaves a campaign that says so. */
static int write_campaign(struct merge *m, struct store *out, const size_t *parts, size_t n)
{
	cleanup(record_campaign_done) struct record_campaign c = { 0 };
	int64_t ended;
	int r;

	for (size_t i = 0; i < n; i++)
		merge_part(&c, &m->parts[parts[i]]);
	ended = c.ended_ms;
	c.ended_ms = 0;
	r = store_begin(out, &c);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		struct part *p = &m->parts[parts[i]];
		struct copy copy = { out, &c, p };

		r = store_each_trial(p->store, p->campaign.id, copy_trial, &copy);
	}
	c.ended_ms = ended;
	if (r >= 0)
		r = store_flush(out, &c);
	return r;
}

static int write_all(struct merge *m, struct store *out)
{
	size_t *parts cleanup(cleanup_free) = mem_alloc(m->n_parts * sizeof(*parts));
	size_t n = 0;

	for (size_t i = 0; i < m->n_parts; i++) {
		if (is_shard(&m->parts[i])) {
			parts[n++] = i;
			continue;
		}
		if (write_campaign(m, out, &i, 1) < 0)
			return -1;
	}
	return n ? write_campaign(m, out, parts, n) : 0;
}

/* An error may be that of a record that is read, found only on the way. */
static void say_why(const struct merge *m, const struct store *out)
{
	const char *why = store_error(out);

	for (size_t i = 0; i < m->n_stores; i++)
		if (strcmp(store_error(m->stores[i]), "no error") != 0)
			why = store_error(m->stores[i]);
	fprintf(stderr, "merge: %s\n", why);
}

#define AT(field) offsetof(struct merge_options, field)
static const struct option_row rows[] = {
	{ "plan", 0, OPTION_TEXT, AT(plan), "F",
		"hold the shards against this manifest of hangrate plan" },
	{ "partial", 0, OPTION_FLAG, AT(partial), NULL,
		"put together what there is, without the missing shards" },
	OPTION_ROW_HELP,
};

const struct option_table cmd_merge_options = {
	.command = "merge",
	.usage = (const char *const[]){ "[options] OUT DB...", NULL },
	.about =
		"Puts the records of all shards of one campaign together as one campaign of OUT; whole\n"
		"campaigns are copied side by side.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
};

int cmd_merge(int argc, char **argv)
{
	cleanup(merge_done) struct merge m = { 0 };
	struct store *out cleanup(cleanup_store) = NULL;
	enum option_result asked;
	int first, r;

	asked = option_parse(&cmd_merge_options, argc, argv, &m.options, &first);
	if (asked == OPTION_RUN && argc - first < 2)
		asked = option_wrong(&cmd_merge_options, first < argc ? argv[first] : "OUT",
			"no record to put together");
	if (asked != OPTION_RUN)
		return option_exit(asked);
	argv += first;
	if (m.options.plan) {
		char *why cleanup(cleanup_free) = NULL;

		if (manifest_read(m.options.plan, &m.manifest, &why) < 0) {
			fprintf(stderr, "merge: '%s': %s\n", m.options.plan, why);
			return EXIT_USAGE;
		}
	}
	r = read_all(&m, argv[0], argv + 1, (size_t)(argc - first) - 1);
	if (!r)
		r = check_shards(&m);
	if (r)
		return r;
	if (store_open(argv[0], STORE_APPEND, &out) < 0) {
		fprintf(stderr, "merge: %s\n", store_error(out));
		return EXIT_USAGE;
	}
	if (write_all(&m, out) < 0) {
		say_why(&m, out);
		return EXIT_BROKEN;
	}
	return EXIT_MET;
}
