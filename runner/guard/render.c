/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The renderers of a report: text, Markdown, HTML, JSON. Pure. */
#include "runner/guard/report.h"

#include "runner/base/units.h"
#include "runner/base/util.h"

#include <jansson.h>
#include <strings.h>

/* Trees of a build have hundreds of processes: the first ones tell where one is. */
#define PROCESSES_SHOWN 100

struct text {
	char *bytes;
	size_t size;
	FILE *out;
};

const char *guard_report_chain(const struct guard_report *r)
{
	size_t all = strlen(r->headline), n = strlen(r->summary);

	return r->n_chain && (n > all || strcmp(r->headline + all - n, r->summary) != 0)
		       ? r->summary
		       : NULL;
}

static FILE *text_open(struct text *t)
{
	*t = (struct text){ 0 };
	t->out = open_memstream(&t->bytes, &t->size);
	if (!t->out)
		abort();
	return t->out;
}

static char *text_close(struct text *t)
{
	fclose(t->out);
	return t->bytes;
}

static void print_process(FILE *out, const struct guard_report_process *p)
{
	fprintf(out, "%*s%d %s%s\n", (int)(2 * p->depth), "", (int)p->pid, p->command,
		p->stuck ? "   <- stuck" : "");
}

static void print_processes(FILE *out, const struct guard_report *r)
{
	for (size_t i = 0; i < r->n_chain; i++)
		print_process(out, &r->processes[r->chain[i]]);
	for (size_t i = 0; r->n_chain == 0 && i < r->n_processes && i < PROCESSES_SHOWN; i++)
		print_process(out, &r->processes[i]);
	if (r->n_chain == 0 && r->n_processes > PROCESSES_SHOWN)
		fprintf(out, "and %zu more\n", r->n_processes - PROCESSES_SHOWN);
}

static void print_times(FILE *out, const struct guard_report *r)
{
	fprintf(out, "started %.1f s ago, last seen to do something %.1f s ago",
		(double)r->ran_ns / (double)NSEC_PER_SEC,
		(double)r->quiet_ns / (double)NSEC_PER_SEC);
}

char *guard_report_text(const struct guard_report *r)
{
	struct text t;
	FILE *out = text_open(&t);

	fprintf(out, "hangrate guard: %s\n", r->headline);
	if (guard_report_chain(r))
		fprintf(out, "  %s\n", r->summary);
	print_processes(out, r);
	print_times(out, r);
	fprintf(out, "\n\n%s", r->details);
	if (r->output)
		fprintf(out, "\nlast lines of its output:\n%s\n", r->output);
	return text_close(&t);
}

/* --- Markdown --- */

/* A fence that is longer than any run of backquotes in the text ends nowhere in it. */
static void print_fenced(FILE *out, const char *text)
{
	size_t longest = 2, run = 0;

	for (const char *p = text; *p; p++) {
		run = *p == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	for (size_t i = 0; i <= longest; i++)
		fputc('`', out);
	fprintf(out, "text\n%s%s", text, *text && text[strlen(text) - 1] == '\n' ? "" : "\n");
	for (size_t i = 0; i <= longest; i++)
		fputc('`', out);
	fputs("\n\n", out);
}

static void print_md_text(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (strchr("\\`*_{}[]<>#|&", *s))
			fputc('\\', out);
		fputc(*s, out);
	}
}

static char *processes_text(const struct guard_report *r)
{
	struct text t;

	print_processes(text_open(&t), r);
	return text_close(&t);
}

char *guard_report_md(const struct guard_report *r)
{
	cleanup(cleanup_free) char *processes = processes_text(r);
	struct text t;
	FILE *out = text_open(&t);

	fputs("### hangrate guard: ", out);
	print_md_text(out, r->headline);
	fputs("\n\n", out);
	if (guard_report_chain(r)) {
		print_md_text(out, r->summary);
		fputs("\n\n", out);
	}
	if (*r->remedy) {
		fputs("Typical fix: ", out);
		print_md_text(out, r->remedy);
		if (r->see)
			fputs("; ", out);
		print_md_text(out, r->see ? r->see : "");
		fputs(".\n\n", out);
	}
	print_fenced(out, processes);
	print_times(out, r);
	fputs(".\n\n<details><summary>every thread</summary>\n\n", out);
	print_fenced(out, r->details);
	fputs("</details>\n", out);
	if (r->output) {
		fputs("\nLast lines of its output:\n\n", out);
		print_fenced(out, r->output);
	}
	return text_close(&t);
}

/* --- HTML --- */

static void print_html_text(FILE *out, const char *s)
{
	for (; *s; s++) {
		switch (*s) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(*s, out);
		}
	}
}

static void print_html_block(FILE *out, const char *title, const char *text)
{
	fprintf(out, "<h2>%s</h2>\n<pre>", title);
	print_html_text(out, text);
	fputs("</pre>\n", out);
}

char *guard_report_html(const struct guard_report *r)
{
	cleanup(cleanup_free) char *processes = processes_text(r);
	struct text t;
	FILE *out = text_open(&t);

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<title>hangrate guard</title>\n<style>body{font:15px/1.4 sans-serif;margin:2em}"
	      "pre{background:#f4f4f4;color:#111;padding:1em;overflow-x:auto}</style>\n"
	      "</head>\n<body>\n<h1>",
		out);
	print_html_text(out, r->headline);
	fputs("</h1>\n<p>", out);
	print_html_text(out, guard_report_chain(r) ? r->summary : "");
	fputs("</p>\n<p>", out);
	print_times(out, r);
	fputs("</p>\n", out);
	if (*r->remedy) {
		fputs("<p>Typical fix: ", out);
		print_html_text(out, r->remedy);
		if (r->see)
			fputs("; ", out);
		print_html_text(out, r->see ? r->see : "");
		fputs("</p>\n", out);
	}
	print_html_block(out, "Processes", processes);
	print_html_block(out, "Threads", r->details);
	if (r->output)
		print_html_block(out, "Last lines of its output", r->output);
	fputs("</body>\n</html>\n", out);
	return text_close(&t);
}

/* --- JSON --- */

/* Text of other processes may be any bytes; JSON takes UTF-8 only. */
static json_t *string(const char *s)
{
	json_t *j = json_string(s);
	cleanup(cleanup_free) char *plain = NULL;

	if (j)
		return j;
	plain = mem_strdup(s);
	for (char *p = plain; *p; p++)
		if (*p & 0x80)
			*p = '?';
	return json_string(plain);
}

static json_t *processes_json(const struct guard_report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_processes; i++) {
		const struct guard_report_process *p = &r->processes[i];

		json_array_append_new(list, json_pack("{s:i, s:I, s:b, s:o}", "pid", (int)p->pid,
						    "depth", (json_int_t)p->depth, "stuck",
						    p->stuck, "command", string(p->command)));
	}
	return list;
}

char *guard_report_json(const struct guard_report *r)
{
	json_t *why = json_loads(r->json ? r->json : "null", JSON_DECODE_ANY, NULL);
	json_t *chain = json_array(), *j;
	char *text, *line;

	for (size_t i = 0; i < r->n_chain; i++)
		json_array_append_new(chain, json_integer(r->processes[r->chain[i]].pid));
	j = json_pack("{s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:f, s:f, s:o, s:o, s:o, s:o}", "schema",
		1, "verdict", guard_verdict_name(r->verdict), "command", string(r->command),
		"headline", string(r->headline), "class", string(r->class), "summary",
		string(r->summary), "remedy", string(r->remedy), "ran_s",
		(double)r->ran_ns / (double)NSEC_PER_SEC, "quiet_s",
		(double)r->quiet_ns / (double)NSEC_PER_SEC, "output",
		r->output ? string(r->output) : json_null(), "chain", chain, "processes",
		processes_json(r), "why", why ? why : json_null());
	text = json_dumps(j, JSON_INDENT(2));
	json_decref(j);
	line = mem_printf("%s\n", text ? text : "null");
	free(text);
	return line;
}

guard_report_fn guard_report_format(const char *path)
{
	static const struct {
		const char *ending;
		guard_report_fn render;
	} formats[] = {
		{ ".md", guard_report_md },
		{ ".json", guard_report_json },
		{ ".html", guard_report_html },
		{ ".txt", guard_report_text },
	};
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(formats); i++)
		if (!strcasecmp(dot, formats[i].ending))
			return formats[i].render;
	return NULL;
}
