/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/pool.h"

#include "runner/util.h"

static struct record_cell *find_cell(struct record_campaign *c, const struct record_cell *like)
{
	for (size_t i = 0; i < c->n_cells; i++)
		if (c->cells[i].arm == like->arm && !strcmp(c->cells[i].inject, like->inject) &&
			record_cell_same_group(&c->cells[i], like))
			return &c->cells[i];
	return NULL;
}

static struct record_cell *add_cell(struct record_campaign *c, const struct record_cell *like)
{
	struct record_cell *cell = record_campaign_add_cell(c);

	cell->target = mem_strdup(like->target);
	cell->variant = mem_strdup(like->variant);
	cell->libc = mem_strdup(like->libc);
	cell->inject = mem_strdup(like->inject);
	cell->why = mem_strdup(like->why);
	cell->arm = like->arm;
	cell->dose = like->dose;
	cell->expect = like->expect;
	return cell;
}

/* "a" and "b" give "a, b"; what is there already is not repeated. */
static void join(char **text, const char *more)
{
	char *longer;

	if (!more || (*text && strstr(*text, more)))
		return;
	longer = *text && **text ? mem_printf("%s, %s", *text, more) : mem_strdup(more);
	free(*text);
	*text = longer;
}

static void add_head(struct record_campaign *pool, const struct record_campaign *from)
{
	if (!pool->key) {
		pool->key = mem_strdup("pool");
		pool->command = mem_strdup(from->command);
		pool->seed = from->seed;
		pool->cpus = from->cpus;
		pool->jobs = from->jobs;
		pool->shard = pool->shards = 1;
		pool->started_ms = from->started_ms;
	}
	join(&pool->version, from->version);
	join(&pool->host, from->host);
	join(&pool->kernel, from->kernel);
	join(&pool->cpu, from->cpu);
	join(&pool->broken, from->broken);
	pool->sequential |= from->sequential;
	if (from->stop > pool->stop)
		pool->stop = from->stop;
	if (from->started_ms < pool->started_ms) {
		pool->started_ms = from->started_ms;
		pool->seed = from->seed;
	}
	if (from->ended_ms > pool->ended_ms)
		pool->ended_ms = from->ended_ms;
}

void pool_campaigns(
	const struct record_campaign *campaigns, size_t n, struct record_campaign *ret_pool)
{
	*ret_pool = (struct record_campaign){ 0 };
	for (size_t i = 0; i < n; i++) {
		add_head(ret_pool, &campaigns[i]);
		for (size_t j = 0; j < campaigns[i].n_cells; j++) {
			const struct record_cell *from = &campaigns[i].cells[j];
			struct record_cell *cell;

			if (from->canary)
				continue;
			cell = find_cell(ret_pool, from);
			if (!cell)
				cell = add_cell(ret_pool, from);
			record_cell_merge(cell, from);
		}
	}
}
