/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/plan/plan.h"

#include "runner/base/hash.h"
#include "runner/base/invariant.h"
#include "runner/base/units.h"
#include "runner/base/util.h"

#include <errno.h>
#include <inttypes.h>

/* One knob with the levels that this campaign turns it through. */
struct axis {
	const struct knob *knob;
	char **levels;
	size_t n_levels, cap_levels;
};

struct axes {
	struct axis *axis;
	size_t n;
};

static void axes_done(struct axes *a)
{
	for (size_t i = 0; i < a->n; i++) {
		for (size_t j = 0; j < a->axis[i].n_levels; j++)
			free(a->axis[i].levels[j]);
		free(a->axis[i].levels);
	}
	free(a->axis);
}

static int parse_level(const struct knob *k, const char *level, uint64_t *ret_value)
{
	int64_t ns;
	int r;

	if (k->kind == KNOB_SIZE)
		return units_parse_size(level, ret_value);
	r = units_parse_duration(level, &ns);
	if (!r)
		*ret_value = (uint64_t)ns;
	return r;
}

/* The --sweep for this knob ("KNOB=..." or "SCENARIO/KNOB=..."), or its declared levels. */
static const char *levels_of(
	const struct run_options *o, const struct target *t, const struct knob *k, bool *used)
{
	for (size_t i = 0; i < o->n_sweeps; i++) {
		const char *name = o->sweep[i];
		size_t target = strlen(t->name);

		if (!strncmp(name, t->name, target) && name[target] == '/')
			name += target + 1;
		if (strncmp(name, k->name, strlen(k->name)) || name[strlen(k->name)] != '=')
			continue;
		used[i] = true;
		return name + strlen(k->name) + 1;
	}
	return k->levels;
}

static int split_levels(struct axis *a, const char *levels, const struct target *t, char **ret_why)
{
	for (const char *p = levels;; p++) {
		size_t len = strcspn(p, ",");
		char *level = mem_strndup(p, len);
		uint64_t value;

		a->levels = mem_grow(a->levels, a->n_levels, &a->cap_levels, sizeof(*a->levels));
		a->levels[a->n_levels++] = level;
		if (parse_level(a->knob, level, &value) < 0) {
			*ret_why = mem_printf("'%s': '%s' in '%s=%s' is no %s", t->name, level,
				a->knob->name, levels,
				a->knob->kind == KNOB_SIZE ? "size" : "duration");
			return -EINVAL;
		}
		p += len;
		if (!*p)
			return 0;
	}
}

/* With --inject a delay knob is turned only when --sweep asks for it, and a size with one level
 * always: else the arms would multiply. */
static int make_axes(struct axes *a, const struct run_options *o, const struct target *t,
	bool *used, char **ret_why)
{
	a->axis = mem_alloc((t->n_knobs + 1) * sizeof(*a->axis));
	for (size_t i = 0; i < t->n_knobs; i++) {
		const struct knob *k = &t->knobs[i];
		const char *levels = levels_of(o, t, k, used);

		if (levels == k->levels &&
			(k->kind == KNOB_DELAY ? o->n_injects > 0 : !strchr(levels, ',')))
			continue;
		a->axis[a->n].knob = k;
		if (split_levels(&a->axis[a->n++], levels, t, ret_why) < 0)
			return -EINVAL;
	}
	return 0;
}

static void append(char **text, const char *separator, char *part)
{
	char *whole = *text ? mem_printf("%s%s%s", *text, separator, part) : mem_strdup(part);

	free(part);
	free(*text);
	*text = whole;
}

static struct plan_cell *new_cell(struct plan *p, size_t target)
{
	struct plan_cell *c;

	p->cells = mem_grow(p->cells, p->n_cells, &p->cap_cells, sizeof(*p->cells));
	c = &p->cells[p->n_cells++];
	c->target = target;
	c->dose = -1;
	return c;
}

/* Puts one knob at one level. */
static void turn(struct plan_cell *c, const struct axis *x, const char *level)
{
	char *error = NULL;
	uint64_t value = 0;

	parse_level(x->knob, level, &value);
	append(&c->label, " ", mem_printf("%s=%s", x->knob->name, level));
	if (x->knob->kind == KNOB_SIZE)
		append(&c->knobs, ";", mem_printf("%s=%" PRIu64, x->knob->name, value));
	else
		inject_spec_add_point(&c->spec, x->knob->name, level, &error);
	free(error); /* the level was parsed before */
	/* The first level of a size is what its scenario calls null, whatever its number. */
	if (x->knob->kind == KNOB_SIZE ? level != x->levels[0] : value > 0)
		c->arm = ARM_INJECTED;
	else if (x->knob->kind == KNOB_DELAY && c->arm == ARM_BARE)
		c->arm = ARM_NULL;
	if (c->dose < 0 && x->n_levels > 1)
		c->dose = (double)value;
}

static void seal(struct plan_cell *c, const struct target *t)
{
	c->canary = t->canary;
	c->once = t->once;
	if (!c->label)
		c->label = mem_strdup("");
	c->key = hash_string(HASH_START, t->name);
	c->key = hash_string(c->key, t->variant);
	c->key = hash_string(c->key, t->libc);
	c->key = hash_string(c->key, c->label);
	if (t->command)
		c->command = hash_string(
			hash_string(c->key, t->command), t->directory ? t->directory : "");
}

/* The cell of one combination of levels: digit i of `combination`, in mixed radix, is axis i's. */
static struct plan_cell *add_cell(struct plan *p, const struct axes *a, enum knob_kind only,
	bool all, size_t target, uint64_t combination)
{
	struct plan_cell *c = new_cell(p, target);

	for (size_t i = 0; i < a->n; i++) {
		const struct axis *x = &a->axis[i];

		if (all || x->knob->kind == only)
			turn(c, x, x->levels[combination % x->n_levels]);
		combination /= x->n_levels;
	}
	return c;
}

/* The arms that --inject adds to one combination of levels: everything loaded with every delay
 * zero, and the real thing. */
static void add_inject_arms(struct plan *p, const struct axes *a, const struct target_list *l,
	size_t target, uint64_t combination)
{
	char *text = inject_spec_format(&p->spec);

	for (enum arm arm = ARM_NULL; arm <= ARM_INJECTED; arm++) {
		struct plan_cell *c = add_cell(p, a, 0, true, target, combination);

		inject_spec_copy(&p->spec, &c->spec);
		c->arm = arm;
		append(&c->label, " ",
			arm == ARM_NULL ? mem_printf("null(%s)", text) : mem_strdup(text));
		seal(c, &l->targets[target]);
	}
	free(text);
}

static bool has_delays(const struct axes *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->axis[i].knob->kind == KNOB_DELAY)
			return true;
	return false;
}

/* Every delay knob at its first level. */
static bool no_delay(const struct axes *a, uint64_t combination)
{
	for (size_t i = 0; i < a->n; i++) {
		if (a->axis[i].knob->kind == KNOB_DELAY && combination % a->axis[i].n_levels)
			return false;
		combination /= a->axis[i].n_levels;
	}
	return true;
}

/* The cells from `first` on are run by zygotes, each beside one by exec. */
static void add_zygotes(struct plan *p, const struct target *t, size_t first)
{
	size_t n = p->n_cells;

	for (size_t i = first; i < n; i++) {
		struct plan_cell *check = new_cell(p, p->cells[i].target), *c = &p->cells[i];

		check->label = mem_strdup(c->label);
		check->knobs = mem_strdup(c->knobs);
		inject_spec_copy(&c->spec, &check->spec);
		check->arm = c->arm;
		check->dose = c->dose;
		check->check = true;
		check->check_of = i;
		seal(check, t);
		c->zygote = true;
		if (!*c->label) {
			free(c->label);
			c->label = NULL;
		}
		append(&c->label, " ", mem_strdup("spawn=zygote"));
		seal(c, t);
	}
}

static int add_cells(struct plan *p, const struct run_options *o, const struct target_list *l,
	size_t target, bool *used, char **ret_why)
{
	const struct target *t = &l->targets[target];
	cleanup(axes_done) struct axes a = {};
	bool inject = p->spec.n_rules && !t->canary;
	uint64_t combinations = 1;
	size_t first = p->n_cells;
	int r;

	r = make_axes(&a, o, t, used, ret_why);
	if (r < 0)
		return r;
	for (size_t i = 0; i < a.n; i++)
		combinations *= a.axis[i].n_levels;
	/* Nothing loaded at all: the baseline for the null level of a delay, or for an injection.
	 */
	for (uint64_t i = 0; i < combinations; i++)
		if (no_delay(&a, i) && (inject || (!i && has_delays(&a)))) {
			struct plan_cell *c = add_cell(p, &a, KNOB_SIZE, false, target, i);

			c->arm = ARM_BARE; /* whatever its size */
			seal(c, t);
		}
	for (uint64_t i = 0; i < combinations; i++) {
		if (inject)
			add_inject_arms(p, &a, l, target, i);
		else
			seal(add_cell(p, &a, 0, true, target, i), t);
	}
	if (o->zygote && !t->canary)
		add_zygotes(p, t, first);
	return 0;
}

static int parse_injects(struct plan *p, const struct run_options *o, char **ret_why)
{
	for (size_t i = 0; i < o->n_injects; i++) {
		cleanup(cleanup_free) char *why = NULL;

		if (!inject_parse(o->inject[i], strlen(o->inject[i]), &p->spec, &why))
			continue;
		*ret_why = mem_printf("--inject %s", why);
		return -EINVAL;
	}
	return 0;
}

int plan_make(const struct run_options *options, const struct target_list *targets,
	struct plan *ret_plan, char **ret_why)
{
	bool used[OPTIONS_MAX_SWEEPS] = {};
	struct plan p = {
		.seed = options->seed,
		.trials = options->trials,
		.shard = options->shard,
		.shards = options->shards,
	};
	int r;

	r = parse_injects(&p, options, ret_why);
	for (size_t i = 0; i < targets->n && !r; i++)
		r = add_cells(&p, options, targets, i, used, ret_why);
	for (size_t i = 0; i < options->n_sweeps && !r; i++) {
		if (used[i])
			continue;
		*ret_why =
			mem_printf("--sweep '%s': no target here has that knob", options->sweep[i]);
		r = -EINVAL;
	}
	if (r < 0) {
		plan_done(&p);
		return r;
	}
	*ret_plan = p;
	return 0;
}

void plan_done(struct plan *p)
{
	for (size_t i = 0; i < p->n_cells; i++) {
		free(p->cells[i].label);
		free(p->cells[i].knobs);
		inject_spec_done(&p->cells[i].spec);
	}
	free(p->cells);
	inject_spec_done(&p->spec);
	memset(p, 0, sizeof(*p));
}

/* Fisher and Yates, drawn from the seed and the number of the round alone. */
static void shuffle(const struct plan *p, struct plan_walk *w, uint64_t round)
{
	if (!w->order)
		w->order = mem_alloc(p->n_cells * sizeof(*w->order));
	for (size_t i = 0; i < p->n_cells; i++) {
		size_t j = hash_mix(hash_mix(p->seed ^ round) + i) % (i + 1);

		w->order[i] = w->order[j];
		w->order[j] = i;
	}
	w->round = round + 1;
}

bool plan_at(
	const struct plan *p, struct plan_walk *w, uint64_t position, struct plan_trial *ret_trial)
{
	uint64_t round = position / p->n_cells;
	size_t cell;

	if (round >= p->trials || position % p->shards != p->shard - 1)
		return false;
	if (w->round != round + 1)
		shuffle(p, w, round);
	cell = w->order[position % p->n_cells];
	INVARIANT(cell < p->n_cells);
	/* Rounds 0, 1, 2, 4, 8, ...: a canary in every stretch of a campaign. */
	if (p->cells[cell].canary && round & (round - 1))
		return false;
	if (p->cells[cell].once && round)
		return false;
	if (p->cells[cell].check && round % PLAN_CHECK_ROUNDS)
		return false;
	*ret_trial = (struct plan_trial){ cell, round,
		hash_mix(p->seed ^ p->cells[cell].key) ^ hash_mix(round), position };
	return true;
}

bool plan_next(const struct plan *p, struct plan_walk *w, struct plan_trial *ret_trial)
{
	while (p->n_cells && w->position / p->n_cells < p->trials)
		if (plan_at(p, w, w->position++, ret_trial))
			return true;
	return false;
}

void plan_count(const struct plan *p, uint64_t *ret_trials)
{
	struct plan whole = *p;
	struct plan_walk w = {};
	struct plan_trial t;

	whole.shard = whole.shards = 1;
	memset(ret_trials, 0, p->shards * sizeof(*ret_trials));
	while (plan_next(&whole, &w, &t))
		ret_trials[t.position % p->shards]++;
	plan_walk_done(&w);
}

void plan_walk_done(struct plan_walk *w)
{
	free(w->order);
	w->order = NULL;
}

char *plan_key(const struct plan *p)
{
	uint64_t h = hash_mix(p->seed) ^ hash_mix(p->trials + 1) ^ hash_mix(p->shards + 2);

	for (size_t i = 0; i < p->n_cells; i++)
		h = hash_mix(h ^ p->cells[i].key ^ p->cells[i].command);
	return mem_printf("%016" PRIx64, h);
}
