/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/guard/answer.h"

#include "runner/guard/report.h"
#include "runner/prove/twice.h"
#include "runner/base/hash.h"
#include "runner/base/util.h"

#include <errno.h>
#include <jansson.h>

/* Who polls is mostly asleep, and tells what it waits for only then. */
#define TRIES 2

static bool is_root_readable(const struct snapshot *s)
{
	return s->n_processes && s->processes[0].pid == s->root && s->processes[0].readable;
}

static uint64_t key_of(const struct prove_result *r)
{
	uint64_t h = HASH_START;

	for (size_t i = 0; i < r->s.n_threads; i++)
		if (r->p.stuck[i])
			h = hash_bytes(h, &r->s.threads[i].tid, sizeof(r->s.threads[i].tid));
	return h;
}

/* The process itself or an ancestor of it that is one of the other's, too; SIZE_MAX none. */
static size_t common_ancestor(const struct snapshot *s, size_t a, size_t b)
{
	while (a != b && a != SIZE_MAX && b != SIZE_MAX) {
		/* Parents stand before their children. */
		if (a > b)
			a = s->processes[a].parent;
		else
			b = s->processes[b].parent;
	}
	return a == b ? a : SIZE_MAX;
}

/* The lowest process that all stuck ones belong to: in a tree of many jobs it tells which. */
static size_t find_culprits(const struct prove_result *r)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < r->s.n_threads; i++) {
		size_t process = r->s.threads[i].process;

		if (r->p.stuck[i])
			found = found == SIZE_MAX ? process
						  : common_ancestor(&r->s, found, process);
		if (r->p.stuck[i] && found == SIZE_MAX)
			return 0;
	}
	return found == SIZE_MAX ? 0 : found;
}

static bool is_main_stuck(const struct prove_result *r, pid_t pid)
{
	for (size_t i = 0; i < r->s.n_threads; i++)
		if (r->s.threads[i].tid == pid)
			return r->p.stuck[i];
	return false;
}

static void explain(struct answer *a, const struct prove_result *r, enum explain_stacks stacks)
{
	struct explanation *e;

	a->error = explain_tree(&r->s, &r->p, stacks, &e);
	if (a->error < 0)
		return;
	a->outcome = explain_outcome(e);
	a->summary = explain_summary(e);
	a->class = mem_strdup(explain_class(e));
	a->text = explain_text(e);
	a->json = explain_json(e);
	a->key = a->outcome == EXPLAIN_STUCK ? key_of(r) : 0;
	explanation_free(e);
}

/* Of thousands of trees only those are explained in which something may be stuck. */
static void look(struct answer *a, enum explain_stacks stacks, bool details)
{
	const struct snapshot_options options = { 0 };
	struct prove_result r;
	size_t culprits;

	a->error = prove_twice(a->root, &options, TRIES, &r);
	if (a->error < 0)
		return;
	prove_select_best(&r.p);
	a->n_processes = r.s.n_processes;
	a->n_stuck = r.p.n_stuck;
	culprits = find_culprits(&r);
	a->pid = r.s.processes[culprits].pid;
	a->whole = is_main_stuck(&r, a->pid);
	a->command = guard_command_line(a->pid, r.s.processes[culprits].comm);
	if (!is_root_readable(&r.s))
		a->error = -EACCES;
	else if (r.p.n_stuck || details)
		explain(a, &r, stacks);
	prove_result_done(&r);
}

static int badness(const struct answer *a)
{
	return a->error ? -1 : (int)a->outcome * 2 + a->whole;
}

static int compare(const void *a, const void *b)
{
	const struct answer *x = a, *y = b;
	int by = badness(y) - badness(x);

	return by ? by : (x->pid > y->pid) - (x->pid < y->pid);
}

void answers_collect(const pid_t *roots, size_t n, enum explain_stacks stacks, bool details,
	struct answers *ret_answers)
{
	struct answers a = { .list = mem_alloc(n * sizeof(*a.list)), .n = n };

	for (size_t i = 0; i < n; i++) {
		struct answer *one = &a.list[i];

		one->root = one->pid = roots[i];
		look(one, stacks, details);
		a.n_stuck += !one->error && one->outcome == EXPLAIN_STUCK;
		a.n_asleep += !one->error &&
			      (one->outcome == EXPLAIN_ASLEEP || one->outcome == EXPLAIN_UNLESS);
		a.n_unreadable += one->error == -EACCES || one->error == -EPERM;
	}
	qsort(a.list, n, sizeof(*a.list), compare);
	*ret_answers = a;
}

void answers_done(struct answers *a)
{
	for (size_t i = 0; i < a->n; i++) {
		free(a->list[i].command);
		free(a->list[i].summary);
		free(a->list[i].class);
		free(a->list[i].text);
		free(a->list[i].json);
	}
	free(a->list);
	*a = (struct answers){ 0 };
}

static bool was_there(const struct answers *since, const struct answer *a)
{
	for (size_t i = 0; since && i < since->n; i++)
		if (since->list[i].pid == a->pid && since->list[i].key == a->key)
			return true;
	return false;
}

static const char *state_of(const struct answer *a)
{
	if (a->error)
		return a->error == -ESRCH ? "has ended" : "not permitted to look";
	switch (a->outcome) {
	case EXPLAIN_STUCK:
		return a->whole ? "stuck" : "partly stuck";
	case EXPLAIN_ASLEEP:
		return "asleep until a signal comes";
	case EXPLAIN_UNLESS:
		return "stuck unless a condition comes true";
	default:
		return "not stuck";
	}
}

char *answers_text(const struct answers *a, bool all, const struct answers *since)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return mem_strdup("");
	for (size_t i = 0; i < a->n; i++) {
		const struct answer *one = &a->list[i];

		if (!one->key && !all)
			continue;
		if (one->key && was_there(since, one))
			continue;
		fprintf(out, "== %d %s: %s\n", (int)one->pid, one->command ? one->command : "?",
			state_of(one));
		if (one->text && (one->key || all))
			fprintf(out, "%s\n", one->text);
	}
	if (!since)
		fprintf(out, "%zu of %zu trees stuck, %zu asleep until something comes%s",
			a->n_stuck, a->n, a->n_asleep, a->n_unreadable ? "" : "\n");
	if (!since && a->n_unreadable)
		fprintf(out, ", %zu not permitted to look at\n", a->n_unreadable);
	fclose(out);
	return text;
}

static json_t *answer_json(const struct answer *a)
{
	json_t *why = a->json ? json_loads(a->json, 0, NULL) : NULL;
	json_t *j = json_pack("{s:i, s:i, s:s, s:I, s:I, s:o}", "pid", (int)a->pid, "root",
		(int)a->root, "state", state_of(a), "processes", (json_int_t)a->n_processes,
		"stuck_threads", (json_int_t)(a->key ? a->n_stuck : 0), "why",
		why ? why : json_null());
	json_t *command = json_string(a->command ? a->command : "?");

	json_object_set_new(j, "command", command ? command : json_null());
	return j;
}

char *answers_json(const struct answers *a)
{
	json_t *trees = json_array(), *j;
	char *text;

	for (size_t i = 0; i < a->n; i++)
		json_array_append_new(trees, answer_json(&a->list[i]));
	j = json_pack("{s:i, s:I, s:I, s:I, s:o}", "schema", 1, "stuck", (json_int_t)a->n_stuck,
		"asleep", (json_int_t)a->n_asleep, "unreadable", (json_int_t)a->n_unreadable,
		"trees", trees);
	text = json_dumps(j, JSON_INDENT(2));
	json_decref(j);
	return text;
}

static void put_label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", out);
		else if (*value == '"' || *value == '\\')
			fprintf(out, "\\%c", *value);
		else
			fputc(*value, out);
	}
	fputc('"', out);
}

char *answers_openmetrics(const struct answers *a)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return mem_strdup("");
	fprintf(out,
		"# HELP hangrate_trees Process trees looked at.\n# TYPE hangrate_trees gauge\n"
		"hangrate_trees{state=\"stuck\"} %zu\nhangrate_trees{state=\"asleep\"} %zu\n"
		"hangrate_trees{state=\"unreadable\"} %zu\nhangrate_trees{state=\"other\"} %zu\n"
		"# HELP hangrate_stuck_threads Threads of a tree that can never run again.\n"
		"# TYPE hangrate_stuck_threads gauge\n",
		a->n_stuck, a->n_asleep, a->n_unreadable,
		a->n - a->n_stuck - a->n_asleep - a->n_unreadable);
	for (size_t i = 0; i < a->n; i++) {
		const struct answer *one = &a->list[i];

		if (!one->key)
			continue;
		fputs("hangrate_stuck_threads{", out);
		fprintf(out, "pid=\"%d\",", (int)one->pid);
		put_label(out, "command", one->command);
		fputc(',', out);
		put_label(out, "class", one->class);
		fprintf(out, "} %zu\n", one->n_stuck);
	}
	fputs("# EOF\n", out);
	fclose(out);
	return text;
}
