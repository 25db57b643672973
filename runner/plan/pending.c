/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/plan/pending.h"

#include "runner/base/units.h"
#include "runner/base/util.h"

#include <errno.h>
#include <inttypes.h>

void pending_done(struct pending *p)
{
	free(p->at);
	*p = (struct pending){};
}

/* Its place in the list; p->n: it is not there. */
static size_t find(const struct pending *p, uint64_t position)
{
	size_t i = 0;

	while (i < p->n && p->at[i] != position)
		i++;
	return i;
}

void pending_add(struct pending *p, uint64_t position)
{
	if (find(p, position) < p->n)
		return;
	p->at = mem_grow(p->at, p->n, &p->cap, sizeof(*p->at));
	p->at[p->n++] = position;
	if (position >= p->next)
		p->next = position + 1;
}

void pending_over(struct pending *p, uint64_t position)
{
	size_t i = find(p, position);

	if (i < p->n)
		p->at[i] = p->at[--p->n];
}

char *pending_format(const struct pending *p)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return mem_strdup("");
	fprintf(out, "%" PRIu64, p->next);
	for (size_t i = 0; i < p->n; i++)
		fprintf(out, " %" PRIu64, p->at[i]);
	fclose(out);
	return text;
}

int pending_parse(const char *text, struct pending *ret_pending)
{
	struct pending p = {};
	uint64_t next = 0;

	for (const char *end;; text = end + 1) {
		cleanup(cleanup_free) char *word = NULL;
		uint64_t number;

		end = strchrnul(text, ' ');
		word = mem_strndup(text, (size_t)(end - text));
		if (units_parse_u64(word, &number))
			goto invalid;
		if (!p.next && !p.n && !next)
			p.next = next = number;
		else if (number >= next || find(&p, number) < p.n)
			goto invalid;
		else
			pending_add(&p, number);
		if (!*end)
			break;
		/* a plan of which nothing was taken has nothing that runs */
		if (!next)
			goto invalid;
	}
	*ret_pending = p;
	return 0;
invalid:
	pending_done(&p);
	return -EINVAL;
}
