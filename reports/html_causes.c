/* SPDX-License-Identifier: GPL-3.0-or-later */
/* html_causes.c: why it hangs: each cause with its count, its graph and its stacks. */
#include "reports/html.h"
#include "reports/repro.h"
#include "reports/text.h"

#include "runner/base/util.h"

#include <jansson.h>

#define HEADING_MAX 76 /* bytes */

/* One cause over all cells that show it. */
struct joined {
	const struct record_cause *cause; /* the one with most to tell */
	size_t cell;                      /* that it was taken from */
	uint64_t count;
	size_t *cells; /* all of them, by index */
	size_t n_cells, cap_cells;
};

static int compare_joined(const void *a, const void *b)
{
	const struct joined *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->cause->key, y->cause->key);
}

static size_t join_causes(const struct record_campaign *c, struct joined **ret_joined)
{
	struct joined *all = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < c->n_cells; i++) {
		/* A canary is meant to hang: it says nothing about what was tested. */
		for (size_t j = 0; j < c->cells[i].n_causes && !c->cells[i].canary; j++) {
			const struct record_cause *cause = &c->cells[i].causes[j];
			struct joined *a;
			size_t k = 0;

			while (k < n && strcmp(all[k].cause->key, cause->key) != 0)
				k++;
			if (k == n) {
				all = mem_grow(all, n, &cap, sizeof(*all));
				all[n].cause = cause;
				all[n++].cell = i;
			}
			a = &all[k];
			if (!a->cause->detail && cause->detail) {
				a->cause = cause;
				a->cell = i;
			}
			a->count += cause->count;
			a->cells = mem_grow(a->cells, a->n_cells, &a->cap_cells, sizeof(*a->cells));
			a->cells[a->n_cells++] = i;
		}
	}
	if (n)
		qsort(all, n, sizeof(*all), compare_joined);
	*ret_joined = all;
	return n;
}

static void put_frames(json_t *stack, FILE *out)
{
	size_t n = json_array_size(stack);

	fputs("<ol class=\"stack\">", out);
	for (size_t i = 0; i < n && i < HTML_MAX_FRAMES; i++) {
		json_t *frame = json_array_get(stack, i);
		const char *function = json_string_value(json_object_get(frame, "function"));

		fputs(json_is_true(json_object_get(frame, "guessed")) ? "<li class=\"guessed\">? "
								      : "<li>",
			out);
		if (json_is_string(frame)) {
			html_text(out, json_string_value(frame), 160);
		} else {
			const char *file = json_string_value(json_object_get(frame, "file"));
			json_int_t line = json_integer_value(json_object_get(frame, "line"));

			html_text(out, function ? function : "?", 120);
			if (file) {
				fputs(" <i>", out);
				html_text(out, file, 80);
				if (line > 0)
					fprintf(out, ":%lld", (long long)line);
				fputs("</i>", out);
			}
		}
		fputs("</li>", out);
	}
	if (n > HTML_MAX_FRAMES)
		fprintf(out, "<li>\xe2\x80\xa6 %zu more</li>", n - HTML_MAX_FRAMES);
	fputs("</ol>", out);
}

static void put_thread(json_t *t, FILE *out)
{
	const char *waits = json_string_value(json_object_get(t, "waits_on"));
	const char *object = json_string_value(json_object_get(t, "object"));
	json_t *stack = json_object_get(t, "stack");

	fputs("<div class=\"thread\"><p><b>", out);
	html_text(out, json_string_value(json_object_get(t, "comm")), 32);
	fprintf(out, "</b> tid %lld", (long long)json_integer_value(json_object_get(t, "tid")));
	if (waits) {
		fputs(" \xc2\xb7 ", out);
		html_text(out, waits, 80);
	}
	if (object) {
		fputs(" ", out);
		html_text(out, object, 96);
	}
	fputs("</p>", out);
	if (json_array_size(stack))
		put_frames(stack, out);
	fputs("</div>\n", out);
}

static bool is_outcome(const struct record_cause *cause)
{
	return cause->class && (!strcmp(cause->class, verdict_name(VERDICT_FAIL)) ||
				       !strcmp(cause->class, verdict_name(VERDICT_CRASH)));
}

/* Where the cause has none of its own. */
static const char *usual_remedy(const struct record_cause *cause)
{
	if (is_outcome(cause))
		return "Its status and last words come from the program itself: run the command below "
		       "and look at what it prints.";
	return "Nothing is proven, so it may be slow: give it more time with --timeout, or look at one "
	       "that hangs with hangrate why --stacks PID.";
}

static void put_remedy(const struct record_cause *cause, const char *remedy, FILE *out)
{
	char *see cleanup(cleanup_free) = text_see(cause);

	if (!remedy || !*remedy)
		remedy = usual_remedy(cause);
	fputs("<p class=\"remedy\"><b>What helps:</b> ", out);
	html_text(out, remedy, 400);
	if (see)
		fputs("; ", out);
	html_text(out, see, 400);
	fputs("</p>\n", out);
}

/* What the first trial of it printed, folded. */
static void put_output(const char *output, FILE *out)
{
	if (!output || !*output)
		return;
	fputs("<details class=\"stacks\"><summary>Its output</summary><pre>", out);
	html_text(out, output, 0);
	fputs("</pre></details>\n", out);
}

static void put_detail(const struct record_cause *cause, FILE *out)
{
	json_t *detail = cause->detail ? json_loads(cause->detail, 0, NULL) : NULL;
	json_t *threads = json_object_get(detail, "threads");
	size_t n = json_array_size(threads);

	if (n) {
		svg_wait_graph(detail, cause->summary, out);
		fprintf(out,
			"<details class=\"stacks\"><summary>Stacks of %zu thread%s</summary>\n", n,
			n == 1 ? "" : "s");
		for (size_t i = 0; i < n && i < HTML_MAX_THREADS; i++)
			put_thread(json_array_get(threads, i), out);
		if (n > HTML_MAX_THREADS)
			fprintf(out, "<p class=\"note\">%zu more threads.</p>",
				n - HTML_MAX_THREADS);
		fputs("</details>\n", out);
	}
	put_output(json_string_value(json_object_get(detail, "output")), out);
	put_remedy(cause, json_string_value(json_object_get(detail, "remedy")), out);
	json_decref(detail);
}

static void put_cells(
	const struct record_campaign *c, const struct joined *j, size_t from, size_t to, FILE *out)
{
	for (size_t i = from; i < j->n_cells && i < to; i++) {
		const struct record_cell *cell = &c->cells[j->cells[i]];

		fprintf(out, "%s<a href=\"#c%zu\">", i > from ? "; " : "", j->cells[i]);
		html_cell_name(out, cell);
		fputs("</a> <small>", out);
		html_cell_where(out, cell);
		fputs("</small>", out);
	}
}

static void put_where(const struct record_campaign *c, const struct joined *j, FILE *out)
{
	enum { SHOWN = 4, FOLDED = 40 };

	fputs("<div class=\"where\">in ", out);
	put_cells(c, j, 0, SHOWN, out);
	if (j->n_cells > SHOWN) {
		fprintf(out, "<details><summary>and %zu more cell%s</summary>", j->n_cells - SHOWN,
			j->n_cells - SHOWN == 1 ? "" : "s");
		put_cells(c, j, SHOWN, FOLDED, out);
		if (j->n_cells > FOLDED)
			fprintf(out, "; the other %zu are in the JSON", j->n_cells - FOLDED);
		fputs("</details>", out);
	}
	fputs("</div>\n", out);
}

/* A heading is short; where its sentence is not, it stands whole below. */
static void put_heading(const char *text, FILE *out)
{
	html_text(out, text, HEADING_MAX);
}

static void put_sentence(const char *text, FILE *out)
{
	if (!text || strlen(text) <= HEADING_MAX)
		return;
	fputs("<p class=\"sentence\">", out);
	html_text(out, text, 2000);
	fputs("</p>", out);
}

static void put_cause(
	const struct record_campaign *c, const struct joined *j, size_t rank, FILE *out)
{
	cleanup(cleanup_free) char *command = repro_command(c, &c->cells[j->cell], j->cause);

	fprintf(out,
		"<article class=\"cause\" id=\"w%zu\"><header><span class=\"count\"><data "
		"value=\"%llu\">",
		rank, (unsigned long long)j->count);
	html_count(out, j->count);
	fprintf(out, "</data><small>%s%s</small></span><div><h3>",
		is_outcome(j->cause) ? "trial" : "hang", j->count == 1 ? "" : "s");
	put_heading(j->cause->summary ? j->cause->summary : j->cause->key, out);
	html_anchor(out, "cause", j->cause->key, NULL);
	fputs("</h3>", out);
	put_sentence(j->cause->summary, out);
	fputs("<span class=\"class\">", out);
	html_text(out, j->cause->class, 32);
	fputs("</span></div></header>\n", out);
	put_where(c, j, out);
	put_detail(j->cause, out);
	fputs("<p class=\"again\">Show it again: <code>", out);
	html_text(out, command, 600);
	fprintf(out, "</code> <small>(trial %llu, seed %llu)</small></p></article>\n",
		(unsigned long long)j->cause->first_index,
		(unsigned long long)j->cause->first_seed);
}

static void free_joined(struct joined *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(all[i].cells);
	free(all);
}

void html_causes_brief(const struct report_input *in, FILE *out)
{
	struct joined *all;
	size_t n = join_causes(in->campaign, &all);

	if (n) {
		fputs("<ul class=\"why\" aria-label=\"Most frequent causes\">", out);
		for (size_t i = 0; i < n && i < 3; i++) {
			fputs("<li><b>", out);
			html_count(out, all[i].count);
			fprintf(out, "\xc3\x97</b><span><a href=\"#w%zu\">", i);
			html_text(out,
				all[i].cause->summary ? all[i].cause->summary : all[i].cause->key,
				160);
			fputs("</a> <small>", out);
			html_text(out, all[i].cause->class, 32);
			fputs("</small></span></li>", out);
		}
		if (n > 3)
			fprintf(out, "<li><a href=\"#w3\">and %zu more cause%s</a></li>", n - 3,
				n == 4 ? "" : "s");
		fputs("</ul>\n", out);
	}
	free_joined(all, n);
}

void html_causes(const struct report_input *in, FILE *out)
{
	struct joined *all;
	size_t n = join_causes(in->campaign, &all);

	if (n) {
		bool fails = false;

		for (size_t i = 0; i < n; i++)
			fails |= is_outcome(all[i].cause);
		fprintf(out, "<section id=\"causes\"><h2>Why it hangs%s</h2>\n",
			fails ? " or fails" : "");
		for (size_t i = 0; i < n && i < HTML_MAX_CAUSES; i++)
			put_cause(in->campaign, &all[i], i, out);
		if (n > HTML_MAX_CAUSES)
			fprintf(out,
				"<p class=\"note\">%zu rarer causes are left out here; the JSON "
				"has them.</p>\n",
				n - HTML_MAX_CAUSES);
		fputs("</section>\n", out);
	}
	free_joined(all, n);
}
