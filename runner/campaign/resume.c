/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/resume.h"

#include "runner/base/util.h"

#include <errno.h>

static bool same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

/* Trials of two builds of a program must not be counted together. */
static const struct target *other_program(
	const struct record_campaign *c, const struct plan *p, const struct target_list *targets)
{
	for (size_t i = 0; i < p->n_cells; i++) {
		const struct target *t = &targets->targets[p->cells[i].target];

		if (!same_text(c->cells[i].program, t->program))
			return t;
	}
	return NULL;
}

static int check(const struct record_campaign *c, const struct plan *p,
	const struct target_list *targets, struct pending *ret_pending, char **ret_why)
{
	const struct target *changed;

	if (c->n_cells != p->n_cells) {
		*ret_why = mem_strdup("--resume: the record has other cells than this plan");
		return -EINVAL;
	}
	changed = other_program(c, p, targets);
	if (changed) {
		*ret_why = mem_printf(
			"--resume: '%s' has changed since: measure it anew, with another --db",
			changed->name);
		return -EINVAL;
	}
	if (!c->pending || pending_parse(c->pending, ret_pending)) {
		*ret_why =
			mem_strdup("--resume: the record does not say where the campaign stopped");
		return -EINVAL;
	}
	return 0;
}

static bool is_complete(const struct record_campaign *c)
{
	return c->stop != STOP_KILLED && c->stop != STOP_INTERRUPTED && c->stop != STOP_BUDGET;
}

static int load_like(struct store *s, const struct plan *p, const int64_t *ids, size_t n,
	struct record_campaign *ret_campaign)
{
	char *key cleanup(cleanup_free) = plan_key(p);

	for (size_t i = 0; i < n; i++) {
		struct record_campaign c;
		int r = store_load(s, ids[i], &c);

		if (r < 0)
			return r;
		if (same_text(c.key, key) && c.shard == p->shard && c.shards == p->shards) {
			*ret_campaign = c;
			return 1;
		}
		record_campaign_done(&c);
	}
	return 0;
}

int resume_find(struct store *s, const struct plan *p, const struct target_list *targets,
	enum resume_state *ret_state, struct record_campaign *ret_campaign,
	struct pending *ret_pending, char **ret_why)
{
	int64_t *ids cleanup(cleanup_free) = NULL;
	struct record_campaign c;
	size_t n = 0;
	int r = store_list(s, &ids, &n);

	if (r >= 0)
		r = load_like(s, p, ids, n, &c);
	if (r < 0 && r != -STORE_ENONE) {
		*ret_why = mem_strdup(store_error(s));
		return -EIO;
	}
	*ret_state = r > 0 ? (is_complete(&c) ? RESUME_COMPLETE : RESUME_OPEN) : RESUME_NONE;
	if (*ret_state == RESUME_NONE)
		return 0;
	if (*ret_state == RESUME_OPEN && (r = check(&c, p, targets, ret_pending, ret_why)) < 0) {
		record_campaign_done(&c);
		return r;
	}
	*ret_campaign = c;
	return 0;
}
