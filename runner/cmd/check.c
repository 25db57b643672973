/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/check.c: `hangrate check`: is the newest campaign worse than the nights before? */
#include "runner/nightly/bisect.h"
#include "runner/nightly/confirm.h"
#include "runner/cmd/cmd.h"
#include "runner/store/store.h"
#include "runner/base/hash.h"
#include "runner/base/util.h"

#include <errno.h>
#include <inttypes.h>

struct asked {
	const char *db, *baseline;
	struct check_options judge;
	struct bisect_options bisect;
	size_t nights;
	int64_t prune_days;
	bool confirm, allow_changed, is_bisect;
};

struct nights {
	struct record_campaign *at;
	size_t n, cap;
};

static void nights_done(struct nights *n)
{
	for (size_t i = 0; i < n->n; i++)
		record_campaign_done(&n->at[i]);
	free(n->at);
}

static int open_list(const char *path, struct store **ret_store, int64_t **ret_ids, size_t *ret_n)
{
	if (store_open(path, STORE_READ, ret_store) < 0 ||
		store_list(*ret_store, ret_ids, ret_n) < 0) {
		fprintf(stderr, "check: %s\n",
			*ret_store ? store_error(*ret_store) : "out of memory");
		return EXIT_USAGE;
	}
	return 0;
}

/* The campaign itself may stand in the baseline too: in one database, or in a copy. */
static bool is_night(const struct record_campaign *night, const struct record_campaign *c)
{
	if (night->started_ms == c->started_ms && night->seed == c->seed)
		return false;
	return night->started_ms <= c->started_ms && !check_unsound(night, false);
}

static int load_nights(
	const struct asked *a, const struct record_campaign *c, struct nights *ret_nights)
{
	cleanup(cleanup_store) struct store *store = NULL;
	cleanup(cleanup_free) int64_t *ids = NULL;
	size_t n = 0;

	if (open_list(a->baseline, &store, &ids, &n))
		return EXIT_USAGE;
	for (size_t i = 0; i < n && ret_nights->n < a->nights; i++) {
		struct record_campaign night;

		if (store_load(store, ids[i], &night) < 0) {
			fprintf(stderr, "check: %s\n", store_error(store));
			return EXIT_USAGE;
		}
		if (!is_night(&night, c)) {
			record_campaign_done(&night);
			continue;
		}
		ret_nights->at = mem_grow(
			ret_nights->at, ret_nights->n, &ret_nights->cap, sizeof(*ret_nights->at));
		ret_nights->at[ret_nights->n++] = night;
	}
	return 0;
}

static void print_name(const struct record_cell *cell)
{
	printf("%s%s%s  %s  %s", cell->target, *cell->variant ? "/" : "", cell->variant, cell->libc,
		*cell->inject ? cell->inject : arm_name(cell->arm));
}

static void print_rates(const struct check_cell *r)
{
	struct stats_interval d = stats_newcombe(r->now, r->base, 0.95);
	struct stats_interval lift = stats_ratio(r->now, r->base, 0.95);

	printf(": %" PRIu64 "/%" PRIu64 " against %" PRIu64 "/%" PRIu64
	       " in %zu nights, difference %+.3g points [%.3g, %.3g], lift [%.3g, %.3g], p = %.2g (Holm %.2g)",
		r->now.k, r->now.n, r->base.k, r->base.n, r->nights,
		100 * ((double)r->now.k / (double)r->now.n - (double)r->base.k / (double)r->base.n),
		100 * d.low, 100 * d.high, lift.low, lift.high, r->p, r->adjusted);
	if (r->dispersion > 1)
		printf(", counts divided by %.2g since the nights differ by more than chance",
			r->dispersion);
}

/* Splitmix64's increment: far from every seed that a night uses. */
static uint64_t fresh_seed(const struct record_campaign *c, size_t i)
{
	return c->seed + (i + 1) * HASH_GOLDEN;
}

/* One suspect: EXIT_MET when a fresh run clears it, EXIT_NOT_MET, or EXIT_BROKEN. */
static int judge_suspect(const struct asked *a, const struct record_campaign *c,
	const struct check *k, const struct check_cell *r, size_t i)
{
	cleanup(cleanup_free) char *why = NULL;
	struct stats_count fresh = { 0, 0 };
	uint64_t seed = fresh_seed(c, i);
	bool confirmed;

	if (!a->confirm) {
		fputs("worse      ", stdout);
		print_name(r->cell);
		print_rates(r);
		puts("; not confirmed (--confirm)");
		return EXIT_NOT_MET;
	}
	if (check_rerun(c, r, seed, &fresh, &why) < 0) {
		fputs("unknown    ", stdout);
		print_name(r->cell);
		print_rates(r);
		printf("; cannot be confirmed: %s\n", why ? why : "no answer");
		return EXIT_BROKEN;
	}
	confirmed = check_confirms(r, fresh, k->n_suspects);
	fputs(confirmed ? "worse      " : "cleared    ", stdout);
	print_name(r->cell);
	print_rates(r);
	printf("; fresh run: %" PRIu64 "/%" PRIu64 ", seed %" PRIu64 "\n", fresh.k, fresh.n, seed);
	return confirmed ? EXIT_NOT_MET : EXIT_MET;
}

static int worse_of(int a, int b)
{
	return a > b ? a : b;
}

static int print_unknown(const struct asked *a, const struct check *k)
{
	int status = EXIT_MET;

	for (size_t i = 0; i < k->n_cells; i++) {
		const struct check_cell *r = &k->cells[i];

		if (r->result != CHECK_NO_BASELINE && r->result != CHECK_NO_TRIALS)
			continue;
		fputs("unknown    ", stdout);
		print_name(r->cell);
		puts(r->result == CHECK_NO_TRIALS ? ": no trial was counted"
						  : ": no night has this cell");
		if (r->result == CHECK_NO_TRIALS || !a->allow_changed)
			status = EXIT_BROKEN;
	}
	for (size_t i = 0; i < k->n_lost; i++) {
		fputs("lost       ", stdout);
		print_name(k->lost[i]);
		puts(": was run in the newest night, not now");
		status = a->allow_changed ? status : EXIT_BROKEN;
	}
	return status;
}

static int judge(
	const struct asked *a, const struct record_campaign *c, const struct nights *nights)
{
	size_t worse = 0, cleared = 0;
	struct check k;
	int status;

	check_campaign(c, nights->at, nights->n, &a->judge, &k);
	status = print_unknown(a, &k);
	for (size_t i = 0; i < k.n_cells; i++) {
		int r;

		if (k.cells[i].result != CHECK_SUSPECT)
			continue;
		r = judge_suspect(a, c, &k, &k.cells[i], i);
		worse += r == EXIT_NOT_MET;
		cleared += r == EXIT_MET;
		status = worse_of(status, r);
	}
	printf("check: %zu cells against %zu nights: %zu worse, %zu cleared, %zu unknown, %zu lost; alpha %g (Holm), least effect %g, seed %" PRIu64
	       "\n",
		k.n_cells, nights->n, worse, cleared, k.n_unknown, k.n_lost, a->judge.alpha,
		a->judge.min_effect, c->seed);
	if (!k.n_cells) {
		fprintf(stderr, "check: '%s': the newest campaign has no cell\n", a->db);
		status = EXIT_BROKEN;
	}
	check_done(&k);
	return status;
}

static int prune(const struct asked *a, const struct record_campaign *c)
{
	cleanup(cleanup_store) struct store *store = NULL;
	int64_t before = c->started_ms - a->prune_days * 24 * 3600 * 1000;
	uint64_t n = 0;

	if (store_open(a->baseline, STORE_APPEND, &store) < 0 ||
		store_prune(store, before, &n) < 0) {
		fprintf(stderr, "check: --prune %s\n",
			store ? store_error(store) : "out of memory");
		return EXIT_BROKEN;
	}
	if (n)
		fprintf(stderr,
			"check: %" PRIu64 " campaigns older than %" PRId64 " days taken out\n", n,
			a->prune_days);
	return EXIT_MET;
}

static int check(const struct asked *a)
{
	cleanup(nights_done) struct nights nights = {};
	cleanup(cleanup_free) char *fault = NULL;
	struct record_campaign c = {};
	const char *unsound;
	int status;

	fault = store_read_newest(a->db, &c);
	if (fault) {
		fprintf(stderr, "check: %s\n", fault);
		return EXIT_USAGE;
	}
	unsound = check_unsound(&c, true);
	if (unsound) {
		fprintf(stderr, "check: '%s': the newest campaign %s\n", a->db, unsound);
		status = EXIT_BROKEN;
	} else {
		status = load_nights(a, &c, &nights);
	}
	if (!status)
		status = judge(a, &c, &nights);
	if (a->prune_days)
		status = worse_of(status, prune(a, &c));
	record_campaign_done(&c);
	return status;
}

/* Numbers with a range of their own; the column is the member that each goes to. */
enum kind { NIGHTS = OPTION_OWN, ALPHA, MIN_EFFECT, PRUNE, RATE, STEPS, ERROR };

#define AT(field) offsetof(struct asked, field)
#define TEXT_OF(number) #number
#define DEFAULT(number) " (default " TEXT_OF(number) ")"
static const struct option_row rows[] = {
	{ "baseline", 0, OPTION_TEXT, AT(baseline), "DB",
		"where the nights are; may be DB itself" },
	{ "nights", 0, NIGHTS, AT(nights), "N", "how many of them" DEFAULT(CHECK_NIGHTS) },
	{ "alpha", 0, ALPHA, AT(judge.alpha), "A",
		"P(any suspicion | nothing changed)" DEFAULT(CHECK_ALPHA) },
	{ "min-effect", 0, MIN_EFFECT, AT(judge.min_effect), "X",
		"least difference of P(hang)" DEFAULT(CHECK_MIN_EFFECT) },
	{ "confirm", 0, OPTION_FLAG, AT(confirm), NULL,
		"run suspects again on fresh seeds; only what is worse then counts" },
	{ "allow-changed", 0, OPTION_FLAG, AT(allow_changed), NULL,
		"cells that only one side has are no fault" },
	{ "prune", 0, PRUNE, AT(prune_days), "DAYS",
		"afterwards take older campaigns out of the baseline" },
	{ "bisect", 0, OPTION_FLAG, AT(is_bisect), NULL,
		"one step of git bisect run: 0 good, 1 bad, 128 fault" },
	{ "rate", 0, RATE, AT(bisect.rate), "P",
		"P(hang) of a bad revision, at least (default 0.1)" },
	{ "steps", 0, STEPS, AT(bisect.steps), "N", "steps of the whole bisection (default 10)" },
	{ "error", 0, ERROR, AT(bisect.error), "E",
		"P(any step goes wrong), at most (default 0.05)" },
	{ "seed", 0, OPTION_NUMBER, AT(bisect.seed), "S", "of the bisection's runs (default 1)" },
	OPTION_ROW_HELP,
};

static int parse_own(const struct option_row *row, const char *value, void *into)
{
	static const struct {
		double low, high;
	} range[] = {
		[NIGHTS - OPTION_OWN] = { 1, 1000 },
		[ALPHA - OPTION_OWN] = { 1e-12, 0.5 },
		[MIN_EFFECT - OPTION_OWN] = { 0, 1 },
		[PRUNE - OPTION_OWN] = { 1, 100000 },
		[RATE - OPTION_OWN] = { 1e-7, 1 },
		[STEPS - OPTION_OWN] = { 1, 1000 },
		[ERROR - OPTION_OWN] = { 1e-9, 0.5 },
	};
	enum kind kind = (enum kind)row->kind;
	void *at = (char *)into + row->offset;
	char *end;
	double v = strtod(value, &end);

	if (end == value || *end || !(v >= range[kind - OPTION_OWN].low) ||
		!(v <= range[kind - OPTION_OWN].high))
		return -1;
	switch (kind) {
	case NIGHTS:
		*(size_t *)at = (size_t)v;
		return 0;
	case PRUNE:
		*(int64_t *)at = (int64_t)v;
		return 0;
	case STEPS:
		*(unsigned int *)at = (unsigned int)v;
		return 0;
	case ALPHA:
	case MIN_EFFECT:
	case RATE:
	case ERROR:
		*(double *)at = v;
		return 0;
	}
	return -1;
}

const struct option_table cmd_check_options = {
	.command = "check",
	.usage = (const char *const[]){ "DB --baseline DB [options]",
		"--bisect [--rate P] [--steps N] [--error E] -- RUN-ARGUMENTS", NULL },
	.about =
		"Compares the newest campaign with the nights before it, cell by cell; or takes one step of\n"
		"git bisect run, for example: hangrate check --bisect -- -- ./program",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
	.status = "0 no cell got worse, 1 some did, 2 usage, 3 it can't be told",
	.own = parse_own,
};

static enum option_result parse(int argc, char **argv, struct asked *a)
{
	int first = argc;
	enum option_result r = option_parse(&cmd_check_options, argc, argv, a, &first);

	if (r != OPTION_RUN)
		return r;
	if (a->is_bisect) {
		a->bisect.run = argv + first;
		return first < argc ? OPTION_RUN
				    : option_wrong(&cmd_check_options, "--bisect",
					      "missing run arguments after '--'");
	}
	a->db = argv[first];
	if (!a->db)
		return option_wrong(&cmd_check_options, "DB", "missing");
	if (argv[first + 1])
		return option_wrong(&cmd_check_options, argv[first + 1], "one record at a time");
	if (!a->baseline)
		return option_wrong(&cmd_check_options, "--baseline", "missing");
	return OPTION_RUN;
}

int cmd_check(int argc, char **argv)
{
	struct asked a = { .judge = { CHECK_ALPHA, CHECK_MIN_EFFECT },
		.bisect = { .rate = 0.1, .steps = 10, .error = 0.05, .seed = 1 },
		.nights = CHECK_NIGHTS };
	enum option_result asked;

	asked = parse(argc, argv, &a);
	if (asked == OPTION_WRONG && a.is_bisect)
		return BISECT_FAULT;
	if (asked != OPTION_RUN)
		return option_exit(asked);
	return a.is_bisect ? (int)check_bisect(&a.bisect) : check(&a);
}
