/* SPDX-License-Identifier: GPL-3.0-or-later */
/* html_names.c: which targets and variants hang, by name: for a page of hundreds of cells. */
#include "reports/html.h"

#include "runner/base/util.h"

#define MAX_NAMES 60

struct names {
	const struct record_campaign *c;
	enum html_rank rank;
	size_t *first; /* cell of each distinct target/variant of that rank, by target */
	size_t n;
};

static bool hangs_so(const struct names *s, size_t i)
{
	const struct record_cell *cell = &s->c->cells[i];

	return !cell->canary && record_cell_hangs(cell) && html_rank(s->c, cell) == s->rank;
}

static bool is_named(const struct names *s, const struct record_cell *cell)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct record_cell *other = &s->c->cells[s->first[i]];

		if (!strcmp(other->target, cell->target) && !strcmp(other->variant, cell->variant))
			return true;
	}
	return false;
}

/* Targets in the order of the plan, and the variants of each together. */
static void collect(struct names *s)
{
	for (size_t i = 0; i < s->c->n_cells; i++) {
		const char *target = s->c->cells[i].target;

		if (!hangs_so(s, i))
			continue;
		for (size_t j = i; j < s->c->n_cells; j++)
			if (!strcmp(s->c->cells[j].target, target) && hangs_so(s, j) &&
				!is_named(s, &s->c->cells[j]))
				s->first[s->n++] = j;
	}
}

static void put(const struct names *s, FILE *out)
{
	const char *last = NULL;

	for (size_t i = 0; i < s->n && i < MAX_NAMES; i++) {
		const struct record_cell *cell = &s->c->cells[s->first[i]];
		bool alone = !*cell->variant;

		if (!last || strcmp(last, cell->target) != 0) {
			fprintf(out, "%s<li>", last ? "</li> " : "");
			if (!alone)
				html_text(out, cell->target, 60);
		}
		last = cell->target;
		fprintf(out, " <a href=\"#c%zu\">", s->first[i]);
		html_text(out, alone ? cell->target : cell->variant, 60);
		fputs("</a>", out);
	}
	fputs("</li>", out);
	if (s->n > MAX_NAMES)
		fprintf(out, " <li><a href=\"#rates\">and %zu more</a></li>", s->n - MAX_NAMES);
}

static void put_rank(struct names *s, const char *title, FILE *out)
{
	s->n = 0;
	collect(s);
	if (!s->n)
		return;
	fprintf(out, "<p class=\"names r%d\">%s:</p><ul class=\"names\">", s->rank, title);
	put(s, out);
	fputs("</ul>\n", out);
}

void html_names(const struct record_campaign *c, FILE *out)
{
	cleanup(cleanup_free) size_t *first = mem_alloc((c->n_cells + 1) * sizeof(*first));
	struct names s = { c, HTML_HANGS_WRONGLY, first, 0 };

	put_rank(&s, "Hang, and should not", out);
	s.rank = HTML_HANGS;
	put_rank(&s, "Hang, as expected or not judged", out);
}
