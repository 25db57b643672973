/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/store/pool.h"

#include "runner/base/util.h"

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
	record_join_text(&pool->version, from->version);
	record_join_text(&pool->host, from->host);
	record_join_text(&pool->kernel, from->kernel);
	record_join_text(&pool->cpu, from->cpu);
	record_join_text(&pool->broken, from->broken);
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

			if (!from->canary)
				record_cell_merge(record_campaign_cell_like(ret_pool, from), from);
		}
	}
}
