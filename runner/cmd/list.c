/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/list.c: `hangrate list`: scenarios, variants, knobs, what is expected here and why. */
#include "runner/cmd/cmd.h"
#include "runner/plan/target.h"
#include "runner/base/util.h"

#include "lib/protocol.h"

#include <errno.h>
#include <jansson.h>

struct options {
	const char *dir, *symptom, *grep;
	bool json;
};

static const char *const symptoms[] = {
	HANGRATE_SYMPTOM_FUTEX,
	HANGRATE_SYMPTOM_READ,
	HANGRATE_SYMPTOM_WRITE,
	HANGRATE_SYMPTOM_WAIT,
	HANGRATE_SYMPTOM_POLL,
	HANGRATE_SYMPTOM_OPEN,
	HANGRATE_SYMPTOM_CONNECT,
	HANGRATE_SYMPTOM_LOCK,
	HANGRATE_SYMPTOM_SIGNAL,
};

static bool is_symptom(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(symptoms); i++)
		if (!strcmp(symptoms[i], word))
			return true;
	return false;
}

/* Whether the scenario is one that was asked for. */
static bool is_wanted(const struct scenario_file *s, const struct options *o)
{
	if (o->symptom && strcmp(s->symptom, o->symptom) != 0)
		return false;
	return !o->grep || strcasestr(s->name, o->grep) || strcasestr(s->summary, o->grep) ||
	       strcasestr(s->hazard, o->grep);
}

static bool belongs(const struct target *t, const struct scenario_file *s)
{
	return !strcmp(t->path, s->path);
}

static void print_scenario(const struct target_list *l, const struct scenario_file *s)
{
	const struct target *first = NULL;

	printf("%s (%s): %s\n", s->name, s->libc, s->summary);
	for (size_t j = 0; j < l->n; j++) {
		const struct target *t = &l->targets[j];

		if (!belongs(t, s))
			continue;
		first = first ? first : t;
		printf("  %-16s %-10s %s\n", t->variant, expect_name(t->expect), t->summary);
		if (*t->why)
			printf("  %-16s %-10s because %s\n", "", "", t->why);
	}
	for (size_t k = 0; first && k < first->n_knobs; k++)
		printf("  knob %s=%s: %s\n", first->knobs[k].name, first->knobs[k].levels,
			first->knobs[k].help);
}

static size_t print_text(const struct target_list *l, const struct options *o)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n_scenarios; i++) {
		if (!is_wanted(&l->scenarios[i], o))
			continue;
		if (n++)
			putchar('\n');
		print_scenario(l, &l->scenarios[i]);
	}
	return n;
}

static json_t *json_of(const struct target_list *l, const struct scenario_file *s)
{
	json_t *variants = json_array(), *refs = json_array();

	for (size_t i = 0; i < s->n_refs; i++)
		json_array_append_new(refs, json_string(s->refs[i]));
	for (size_t j = 0; j < l->n; j++) {
		const struct target *t = &l->targets[j];
		json_t *knobs;

		if (!belongs(t, s))
			continue;
		knobs = json_array();
		for (size_t k = 0; k < t->n_knobs; k++)
			json_array_append_new(knobs,
				json_pack("{s:s, s:s, s:s, s:s}", "name", t->knobs[k].name, "kind",
					t->knobs[k].kind == KNOB_SIZE ? "size" : "delay", "levels",
					t->knobs[k].levels, "help", t->knobs[k].help));
		json_array_append_new(
			variants, json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", t->variant,
					  "summary", t->summary, "expect", expect_name(t->expect),
					  "why", t->why, "knobs", knobs));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "name", s->name, "libc",
		s->libc, "summary", s->summary, "hazard", s->hazard, "symptom", s->symptom, "cause",
		s->cause, "refs", refs, "variants", variants);
}

static size_t print_json(const struct target_list *l, const struct options *o)
{
	json_t *scenarios = json_array(), *root;
	size_t n;

	for (size_t i = 0; i < l->n_scenarios; i++)
		if (is_wanted(&l->scenarios[i], o))
			json_array_append_new(scenarios, json_of(l, &l->scenarios[i]));
	n = json_array_size(scenarios);
	root = json_pack("{s:i, s:o}", "schema", 1, "scenarios", scenarios);
	json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
	return n;
}

/* Scenarios that the build left out: "NAME<tab>REASON" lines that it wrote. */
static void print_not_built(const char *dir)
{
	cleanup(cleanup_free) char *path = mem_printf("%s/NOT_BUILT", dir);
	cleanup(cleanup_fclose) FILE *f = fopen(path, "re");
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		size_t name = strcspn(line, "\t");

		printf("\n%.*s: not built: %s", (int)name, line,
			line[name] ? line + name + 1 : "\n");
	}
}

static int list(const struct options *o, char **patterns, size_t n_patterns)
{
	cleanup(target_list_done) struct target_list l = {};
	const char *dir = o->dir, *unmatched;
	int r = target_find(&l, dir, patterns, n_patterns, &unmatched);

	if (r < 0) {
		fprintf(stderr, "list: --scenarios '%s': %s\n", dir, strerror(-r));
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < l.n_faults; i++)
		fprintf(stderr, "list: %s\n", l.faults[i]);
	if (unmatched) {
		fprintf(stderr, "list: '%s': no such scenario in '%s'\n", unmatched, dir);
		return EXIT_USAGE;
	}
	if (!l.n) {
		fprintf(stderr, "list: '%s': no scenario found; build them with make\n", dir);
		return EXIT_BROKEN;
	}
	if (!(o->json ? print_json(&l, o) : print_text(&l, o)))
		fprintf(stderr, "list: no scenario is so; try fewer words\n");
	if (!o->json && !n_patterns && !o->symptom && !o->grep)
		print_not_built(dir);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "list: standard output: %s\n", strerror(errno));
		return EXIT_BROKEN;
	}
	return l.n_faults ? EXIT_BROKEN : EXIT_MET;
}

#define AT(field) offsetof(struct options, field)
static const struct option_row rows[] = {
	{ "json", 0, OPTION_FLAG, AT(json), NULL, "the same for programs" },
	{ "scenarios", 0, OPTION_TEXT, AT(dir), "DIR",
		"where scenarios were built (default build)" },
	{ "symptom", 0, OPTION_TEXT, AT(symptom), "WORD",
		"hangs seen in futex, read, write, wait, poll, open, connect, lock or signal" },
	{ "grep", 0, OPTION_TEXT, AT(grep), "TEXT", "whose name, summary or hazard has this text" },
	OPTION_ROW_HELP,
};

const struct option_table cmd_list_options = {
	.command = "list",
	.usage = (const char *const[]){ "[--json] [--scenarios DIR] [--symptom WORD] [--grep TEXT] "
					"[SCENARIO[/VARIANT]...]",
		NULL },
	.about =
		"Shows scenarios, their variants and knobs, what is expected on this libc and why.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
};

int cmd_list(int argc, char **argv)
{
	struct options o = { .dir = "build" };
	enum option_result asked;
	int first;

	asked = option_parse(&cmd_list_options, argc, argv, &o, &first);
	if (asked != OPTION_RUN)
		return option_exit(asked);
	if (o.symptom && !is_symptom(o.symptom)) {
		fprintf(stderr, "list: --symptom '%s': no such symptom; see --help\n", o.symptom);
		return EXIT_USAGE;
	}
	return list(&o, argv + first, (size_t)(argc - first));
}
