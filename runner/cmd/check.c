/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/check.c: `hangrate check`: is the newest campaign worse than the nights before? */
#include "runner/nightly/bisect.h"
#include "runner/nightly/confirm.h"
#include "runner/cmd/cmd.h"
#include "runner/store/store.h"
#include "runner/base/hash.h"
#include "runner/base/util.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>

struct asked {
	const char *db, *baseline;
	struct check_options judge;
	struct bisect_options bisect;
	size_t nights;
	int64_t prune_days;
	bool confirm, allow_changed, is_bisect, help;
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
	       " in %zu nights, difference "
	       "%+.3g points [%.3g, %.3g], lift [%.3g, %.3g], p = %.2g (Holm %.2g)",
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
	printf("check: %zu cells against %zu nights: %zu worse, %zu cleared, %zu unknown, %zu "
	       "lost; "
	       "alpha %g (Holm), least effect %g, seed %" PRIu64 "\n",
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

static void print_usage(FILE *out)
{
	fprintf(out,
		"usage: hangrate check DB --baseline DB [options]\n"
		"       hangrate check --bisect [--rate P] [--steps N] [--error E] -- "
		"RUN-ARGUMENTS\n\n"
		"Compares the newest campaign with the nights before it, cell by cell.\n"
		"Exit status: 0 no cell got worse, 1 some did, 2 usage, 3 it can't be told.\n\n"
		"  --baseline DB     where the nights are; may be DB itself\n"
		"  --nights N        how many of them (default %d)\n"
		"  --alpha A         P(any suspicion | nothing changed) (default %g)\n"
		"  --min-effect X    least difference of P(hang) (default %g)\n"
		"  --confirm         run suspects again on fresh seeds; only what is worse then "
		"counts\n"
		"  --allow-changed   cells that only one side has are no fault\n"
		"  --prune DAYS      afterwards take older campaigns out of the baseline\n\n"
		"  --bisect          one step of git bisect run: 0 good, 1 bad, 128 fault;\n"
		"                    e.g. hangrate check --bisect -- -- ./program\n"
		"  --rate P          P(hang) of a bad revision, at least (default 0.1)\n"
		"  --steps N         steps of the whole bisection (default 10)\n"
		"  --error E         P(any step goes wrong), at most (default 0.05)\n"
		"  --seed S          of the bisection's runs (default 1)\n",
		CHECK_NIGHTS, CHECK_ALPHA, CHECK_MIN_EFFECT);
}

/* False and one line when it is no number in [low, high]. */
static bool parse_number(const char *option, double low, double high, double *ret)
{
	char *end;
	double v = strtod(optarg, &end);

	if (end == optarg || *end || !(v >= low && v <= high)) {
		fprintf(stderr, "check: --%s '%s': not a number from %g to %g\n", option, optarg,
			low, high);
		return false;
	}
	*ret = v;
	return true;
}

enum {
	O_BASELINE = 256,
	O_NIGHTS,
	O_ALPHA,
	O_MIN_EFFECT,
	O_CONFIRM,
	O_ALLOW_CHANGED,
	O_PRUNE,
	O_BISECT,
	O_RATE,
	O_STEPS,
	O_ERROR,
	O_SEED,
};

static const struct option long_options[] = {
	{ "baseline", required_argument, NULL, O_BASELINE },
	{ "nights", required_argument, NULL, O_NIGHTS },
	{ "alpha", required_argument, NULL, O_ALPHA },
	{ "min-effect", required_argument, NULL, O_MIN_EFFECT },
	{ "confirm", no_argument, NULL, O_CONFIRM },
	{ "allow-changed", no_argument, NULL, O_ALLOW_CHANGED },
	{ "prune", required_argument, NULL, O_PRUNE },
	{ "bisect", no_argument, NULL, O_BISECT },
	{ "rate", required_argument, NULL, O_RATE },
	{ "steps", required_argument, NULL, O_STEPS },
	{ "error", required_argument, NULL, O_ERROR },
	{ "seed", required_argument, NULL, O_SEED },
	{ "help", no_argument, NULL, 'h' },
	{ NULL },
};

static bool parse_seed(uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(optarg, &end, 10);
	if (end != optarg && !*end && !errno && *optarg != '-')
		return true;
	fprintf(stderr, "check: --seed '%s': not a number\n", optarg);
	return false;
}

static bool take(struct asked *a, int option)
{
	double v = 0;
	bool ok = true;

	switch (option) {
	case O_BASELINE:
		a->baseline = optarg;
		break;
	case O_NIGHTS:
		ok = parse_number("nights", 1, 1000, &v);
		a->nights = (size_t)v;
		break;
	case O_ALPHA:
		return parse_number("alpha", 1e-12, 0.5, &a->judge.alpha);
	case O_MIN_EFFECT:
		return parse_number("min-effect", 0, 1, &a->judge.min_effect);
	case O_CONFIRM:
		a->confirm = true;
		break;
	case O_ALLOW_CHANGED:
		a->allow_changed = true;
		break;
	case O_PRUNE:
		ok = parse_number("prune", 1, 100000, &v);
		a->prune_days = (int64_t)v;
		break;
	case O_BISECT:
		a->is_bisect = true;
		break;
	case O_RATE:
		return parse_number("rate", 1e-7, 1, &a->bisect.rate);
	case O_STEPS:
		ok = parse_number("steps", 1, 1000, &v);
		a->bisect.steps = (unsigned int)v;
		break;
	case O_ERROR:
		return parse_number("error", 1e-9, 0.5, &a->bisect.error);
	case O_SEED:
		return parse_seed(&a->bisect.seed);
	case 'h':
		a->help = true;
		break;
	default:
		return false;
	}
	return ok;
}

static bool parse(int argc, char **argv, struct asked *a)
{
	int c;

	while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
		if (!take(a, c))
			return false;
	if (a->help)
		return true;
	if (a->is_bisect) {
		a->bisect.run = argv + optind;
		if (argv[optind])
			return true;
		fputs("check: --bisect: say behind -- what to run\n", stderr);
		return false;
	}
	a->db = argv[optind];
	if (a->db && a->baseline && !argv[optind + 1])
		return true;
	fputs("check: one DB and --baseline DB are needed; see hangrate check --help\n", stderr);
	return false;
}

int cmd_check(int argc, char **argv)
{
	struct asked a = { .judge = { CHECK_ALPHA, CHECK_MIN_EFFECT },
		.bisect = { .rate = 0.1, .steps = 10, .error = 0.05, .seed = 1 },
		.nights = CHECK_NIGHTS };

	if (!parse(argc, argv, &a))
		return a.is_bisect ? BISECT_FAULT : EXIT_USAGE;
	if (a.help) {
		print_usage(stdout);
		return EXIT_MET;
	}
	return a.is_bisect ? (int)check_bisect(&a.bisect) : check(&a);
}
