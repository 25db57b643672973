/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/plan.c: `hangrate plan`: one campaign cut into shards, for as many machines. */
#include "runner/cmd/cmd.h"
#include "runner/cmd/manifest.h"
#include "runner/cmd/targets.h"
#include "runner/base/shell.h"
#include "runner/base/util.h"
#include "runner/plan/options.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>

struct plan_options {
	uint64_t shards;
	const char *prefix;
};

#define AT(field) offsetof(struct plan_options, field)
static const struct option_row rows[] = {
	{ "shards", 0, OPTION_COUNT, AT(shards), "N", "in how many parts" },
	{ "prefix", 0, OPTION_TEXT, AT(prefix), "P",
		"the records are P-1.db, P-2.db, ... (default shard)" },
	OPTION_ROW_HELP,
};

const struct option_table cmd_plan_options = {
	.command = "plan",
	.usage = (const char *const[]){ "--shards N [options] run ARGUMENTS...", NULL },
	.about =
		"Cuts a campaign into shards for several machines: writes a manifest with the command\n"
		"of each to standard output, and hangrate merge holds their records against it.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
	.program = true,
};

static int wrong(const char *object, const char *what)
{
	return option_exit(option_wrong(&cmd_plan_options, object, what));
}

/* What each shard gets of its own must not stand among the arguments of all. */
static int check(const struct run_options *o)
{
	if (o->db != options_default_db)
		return wrong("--db", "each shard has its own: --prefix");
	if (o->shards != 1)
		return wrong("--shard", "each shard has its own");
	if (o->trials == UINT64_MAX)
		return wrong("run", "how many trials? add -n N");
	return 0;
}

static int write_plan(struct run_options *run, const struct plan_options *o, const char *arguments)
{
	cleanup(target_list_done) struct target_list targets = {};
	cleanup(plan_done) struct plan plan = {};
	cleanup(cleanup_free) char *why = NULL;
	int r = targets_find(run, &targets);

	if (r)
		return r;
	target_add_canaries(&targets);
	run->shards = (unsigned int)o->shards;
	if (plan_make(run, &targets, &plan, &why) < 0) {
		fprintf(stderr, "plan: %s\n", why);
		return EXIT_USAGE;
	}
	r = manifest_write(&plan, arguments, o->prefix, stdout);
	if (r < 0) {
		fprintf(stderr, "plan: standard output: %s\n", strerror(-r));
		return EXIT_BROKEN;
	}
	return EXIT_MET;
}

int cmd_plan(int argc, char **argv)
{
	struct plan_options o = { .prefix = "shard" };
	cleanup(cleanup_free) char *typed = NULL, *arguments = NULL;
	struct run_options run;
	enum option_result asked;
	int first, status;

	asked = option_parse(&cmd_plan_options, argc, argv, &o, &first);
	if (asked != OPTION_RUN)
		return option_exit(asked);
	if (!o.shards || o.shards > UINT_MAX)
		return wrong("--shards", "in how many parts? a number from 1 to 4294967295");
	if (first == argc || strcmp(argv[first], "run") != 0)
		return wrong(
			first < argc ? argv[first] : "run", "the command to cut: run ARGUMENTS...");
	typed = shell_join("", argv + first + 1); /* before parsing, which may move words */
	asked = run_options_parse(argc - first, argv + first, &run);
	if (asked != OPTION_RUN)
		return option_exit(asked);
	status = check(&run);
	if (status)
		return status;
	/* All shards must share the seed. */
	arguments = run.seed_drawn ? mem_printf(" --seed %" PRIu64 "%s", run.seed, typed)
				   : mem_strdup(typed);
	return write_plan(&run, &o, arguments);
}
