/* SPDX-License-Identifier: GPL-3.0-or-later */
/* record/copy.c: a campaign that shares nothing with the one it is a copy of. */
#include "runner/record/record.h"

#include "runner/base/util.h"

static void replace(char **text)
{
	*text = mem_strdup(*text);
}

static void copy_cause(struct record_cause *c)
{
	replace(&c->key);
	replace(&c->class);
	replace(&c->summary);
	replace(&c->detail);
	replace(&c->replay);
}

static void copy_cell(struct record_cell *c)
{
	const struct record_cause *causes = c->causes;

	replace(&c->target);
	replace(&c->variant);
	replace(&c->libc);
	replace(&c->command);
	replace(&c->directory);
	replace(&c->program);
	replace(&c->inject);
	replace(&c->why);
	replace(&c->counters.note);
	c->causes = c->n_causes ? mem_alloc(c->n_causes * sizeof(*causes)) : NULL;
	c->cap_causes = c->n_causes;
	for (size_t i = 0; i < c->n_causes; i++) {
		c->causes[i] = causes[i];
		copy_cause(&c->causes[i]);
	}
}

void record_campaign_copy(const struct record_campaign *from, struct record_campaign *ret_copy)
{
	struct record_campaign c = *from;

	replace(&c.key);
	replace(&c.command);
	replace(&c.version);
	replace(&c.host);
	replace(&c.kernel);
	replace(&c.cpu);
	replace(&c.broken);
	replace(&c.pending);
	c.cells = c.n_cells ? mem_alloc(c.n_cells * sizeof(*c.cells)) : NULL;
	c.cap_cells = c.n_cells;
	for (size_t i = 0; i < c.n_cells; i++) {
		c.cells[i] = from->cells[i];
		copy_cell(&c.cells[i]);
	}
	*ret_copy = c;
}

void record_trial_copy(const struct record_trial *from, struct record_trial *ret_copy)
{
	struct record_trial t = *from;

	replace(&t.cause_key);
	replace(&t.counters.note);
	replace(&t.counters.replay);
	t.output = NULL;
	if (t.output_len) {
		t.output = mem_alloc(t.output_len);
		memcpy(t.output, from->output, t.output_len);
	}
	*ret_copy = t;
}

void record_campaign_copy_ids(const struct record_campaign *from, struct record_campaign *to)
{
	to->id = from->id;
	for (size_t i = 0; i < to->n_cells && i < from->n_cells; i++) {
		const struct record_cell *a = &from->cells[i];
		struct record_cell *b = &to->cells[i];

		b->id = a->id;
		for (size_t k = 0; k < b->n_causes && k < a->n_causes; k++)
			b->causes[k].id = a->causes[k].id;
	}
}
