/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/cmd/targets.h"

#include "runner/base/exit_status.h"
#include "runner/base/util.h"
#include "runner/plan/each.h"

/* Most who name no scenario mean a program. */
static int no_scenario(const struct run_options *o, const char *name)
{
	if (target_is_program(name))
		fprintf(stderr,
			"run: '%s': no such scenario; to run that program: hangrate run -- %s ...\n",
			name, name);
	else
		fprintf(stderr, "run: '%s': no such scenario in '%s'; see hangrate list\n", name,
			o->scenarios_dir);
	return EXIT_USAGE;
}

/* Who has built no scenarios wants to run a program. */
static int no_folder(const struct run_options *o, int error)
{
	if (strcmp(o->scenarios_dir, OPTIONS_DEFAULT_SCENARIOS) != 0)
		fprintf(stderr,
			"run: --scenarios '%s': %s; to run a program: hangrate run -- PROGRAM\n",
			o->scenarios_dir, strerror(-error));
	else if (o->n_patterns)
		fprintf(stderr,
			"run: '%s': no such program, and there are no scenarios in '%s'; to run a program: hangrate run -- PROGRAM\n",
			o->patterns[0], o->scenarios_dir);
	else
		fprintf(stderr,
			"run: no program is given, and there are no scenarios in '%s'; to run a program: hangrate run -- PROGRAM\n",
			o->scenarios_dir);
	return EXIT_USAGE;
}

/* Each test of the program. */
static int find_tests(const struct run_options *o, struct target_list *l)
{
	cleanup(cleanup_free) char *why = NULL;
	int n;

	if (!o->program) {
		fputs("run: --each: needs a test program: hangrate run --each -- PROGRAM\n",
			stderr);
		return EXIT_USAGE;
	}
	n = each_add(l, o->program, o->name, &why);
	if (n < 0) {
		fprintf(stderr, "run: --each: '%s': %s\n", o->program[0], why);
		return EXIT_USAGE;
	}
	if (!o->quiet)
		fprintf(stderr, "run: %d tests\n", n);
	return 0;
}

int targets_find(const struct run_options *o, struct target_list *l)
{
	const char *unmatched;
	int r;

	if (o->each)
		return find_tests(o, l);
	if (o->program) {
		r = target_add_program(l, o->program, o->name);
		if (r < 0) {
			fprintf(stderr, "run: '%s': cannot execute: %s\n", o->program[0],
				strerror(-r));
			return EXIT_BROKEN;
		}
		return 0;
	}
	r = target_find(l, o->scenarios_dir, o->patterns, o->n_patterns, &unmatched);
	if (r < 0 && o->n_patterns && target_is_program(o->patterns[0]))
		return no_scenario(o, o->patterns[0]);
	if (r < 0)
		return no_folder(o, r);
	for (size_t i = 0; i < l->n_faults; i++)
		fprintf(stderr, "run: %s\n", l->faults[i]);
	if (unmatched)
		return no_scenario(o, unmatched);
	if (!l->n) {
		fprintf(stderr,
			"run: '%s': no scenario found; build them with make, or run a program: hangrate run -- PROGRAM\n",
			o->scenarios_dir);
		return EXIT_BROKEN;
	}
	return 0;
}
