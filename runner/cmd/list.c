/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/list.c: `hangrate list`: scenarios, variants, knobs, what is expected here and why. */
#include "runner/cmd/cmd.h"
#include "runner/plan/target.h"
#include "runner/base/util.h"

#include <errno.h>
#include <jansson.h>

static bool belongs(const struct target *t, const struct scenario_file *s)
{
	return !strcmp(t->path, s->path);
}

static void print_text(const struct target_list *l)
{
	for (size_t i = 0; i < l->n_scenarios; i++) {
		const struct scenario_file *s = &l->scenarios[i];
		const struct target *first = NULL;

		printf("%s%s (%s): %s\n", i ? "\n" : "", s->name, s->libc, s->summary);
		for (size_t j = 0; j < l->n; j++) {
			const struct target *t = &l->targets[j];

			if (!belongs(t, s))
				continue;
			first = first ? first : t;
			printf("  %-16s %-10s %s\n", t->variant, expect_name(t->expect),
				t->summary);
			if (*t->why)
				printf("  %-16s %-10s because %s\n", "", "", t->why);
		}
		for (size_t k = 0; first && k < first->n_knobs; k++)
			printf("  knob %s=%s: %s\n", first->knobs[k].name, first->knobs[k].levels,
				first->knobs[k].help);
	}
}

static json_t *json_of(const struct target_list *l, const struct scenario_file *s)
{
	json_t *variants = json_array();

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
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", s->name, "libc", s->libc, "summary",
		s->summary, "hazard", s->hazard, "variants", variants);
}

static int print_json(const struct target_list *l)
{
	json_t *scenarios = json_array(), *root;
	int r;

	for (size_t i = 0; i < l->n_scenarios; i++)
		json_array_append_new(scenarios, json_of(l, &l->scenarios[i]));
	root = json_pack("{s:i, s:o}", "schema", 1, "scenarios", scenarios);
	r = json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
	return r;
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

static int list(const char *dir, char **patterns, size_t n_patterns, bool json)
{
	cleanup(target_list_done) struct target_list l = {};
	const char *unmatched;
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
	if (json)
		print_json(&l);
	else
		print_text(&l);
	if (!json && !n_patterns)
		print_not_built(dir);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "list: standard output: %s\n", strerror(errno));
		return EXIT_BROKEN;
	}
	return l.n_faults ? EXIT_BROKEN : EXIT_MET;
}

struct options {
	const char *dir;
	bool json;
};

#define AT(field) offsetof(struct options, field)
static const struct option_row rows[] = {
	{ "json", 0, OPTION_FLAG, AT(json), NULL, "the same for programs" },
	{ "scenarios", 0, OPTION_TEXT, AT(dir), "DIR",
		"where scenarios were built (default build)" },
	OPTION_ROW_HELP,
};

const struct option_table cmd_list_options = {
	.command = "list",
	.usage =
		(const char *const[]){ "[--json] [--scenarios DIR] [SCENARIO[/VARIANT]...]", NULL },
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
	return list(o.dir, argv + first, (size_t)(argc - first), o.json);
}
