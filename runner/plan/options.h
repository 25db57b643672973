/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * options.h: what `hangrate run` was asked for, checked once, constant from then on.
 */
#ifndef RUNNER_PLAN_OPTIONS_H
#define RUNNER_PLAN_OPTIONS_H

#include "runner/base/option.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_MAX_REPORTS 8
#define OPTIONS_MAX_SWEEPS 16
#define OPTIONS_MAX_INJECTS 16

/* Where scenarios are looked for unless --scenarios says so. */
#define OPTIONS_DEFAULT_SCENARIOS "build"

struct run_options {
	uint64_t trials; /* a cell; UINT64_MAX: until another limit */
	bool trials_given;
	double ci_width; /* stop a cell when its interval is this narrow; 0: no */
	struct {
		double low, high; /* stop a cell when one of them is ruled out; high 0: no */
	} decide;
	bool until_hang;      /* stop all at the first hang, or what fail_on says */
	unsigned int fail_on; /* RECORD_ON_*; 0: not given */
	int64_t budget_ns;    /* stop starting trials then; 0: no */
	int64_t timeout_ns;   /* 0: calibrated from clean trials of the cell */
	int jobs;
	bool isolate;
	bool zygote; /* --spawn zygote */
	uint64_t seed;
	bool seed_drawn;            /* nobody gave it */
	unsigned int shard, shards; /* 1-based */
	double audit;               /* share of proven trials kept alive */
	bool quiet;
	bool resume;    /* go on with the campaign of this plan and shard that the record has */
	const char *db; /* NULL: --db none */
	const char *scenarios_dir;
	const char *sweep[OPTIONS_MAX_SWEEPS]; /* "KNOB=LEVEL,LEVEL" as typed */
	size_t n_sweeps;
	const char *inject[OPTIONS_MAX_INJECTS];
	size_t n_injects;
	struct {
		const char *format, *path;
	} reports[OPTIONS_MAX_REPORTS];
	size_t n_reports;
	char **patterns; /* SCENARIO[/VARIANT], globs allowed; borrowed from argv */
	size_t n_patterns;
	const char
		*name; /* --name: of the program in reports and comparisons; NULL: made of argv */
	bool show_output;
	bool each;      /* --each: its single tests */
	char **program; /* behind "--"; NULL: scenarios */
};

/* What db is unless another was asked for. */
extern const char options_default_db[];
extern const struct option_table run_option_table;

enum option_result run_options_parse(int argc, char **argv, struct run_options *ret_options);

#endif
