/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/demo/campaign.h"

#include "runner/base/util.h"
#include "tests/sim/sim.h"

#define MS INT64_C(1000000)

static void set(char **field, const char *value)
{
	free(*field);
	*field = mem_strdup(value);
}

static void fill_head(struct record_campaign *c, uint64_t seed)
{
	*c = (struct record_campaign){ .seed = seed,
		.cpus = 8,
		.jobs = 8,
		.shard = 1,
		.shards = 1,
		.started_ms = INT64_C(1718000000000),
		.ended_ms = INT64_C(1718000161000),
		.stop = STOP_DONE };
	set(&c->key, "5d1f0c2e9a7b4411");
	set(&c->command, "hangrate run -n 2000 --db nightly.db --html report.html");
	set(&c->version, "1.0");
	set(&c->host, "ci-7");
	set(&c->kernel, "6.1.0-21-amd64");
	set(&c->cpu, "AMD EPYC 7543");
}

static struct record_cell *add_cell(struct record_campaign *c, const char *target,
	const char *variant, const char *libc, const char *inject)
{
	struct record_cell *cell = record_campaign_add_cell(c);

	cell->target = mem_strdup(target);
	cell->variant = mem_strdup(variant);
	cell->libc = mem_strdup(libc);
	cell->inject = mem_strdup(inject);
	cell->deadline_ns = 2000 * MS;
	return cell;
}

static void run_cell(struct record_cell *cell, uint64_t *state, double p, double late, uint64_t n)
{
	uint64_t hung = sim_hangs(state, p, n), timeouts = sim_hangs(state, late, n - hung);

	cell->count[VERDICT_DEADLOCK] = hung;
	cell->count[VERDICT_TIMEOUT] = timeouts;
	cell->appearance[APPEARANCE_POLLING] = timeouts;
	cell->count[VERDICT_PASS] = n - hung - timeouts;
	for (uint64_t i = 0; i < n - hung - timeouts && i < 500; i++)
		record_hist_add(&cell->pass_ns, (int64_t)(1e6 * (1 + sim_uniform(state))));
	for (uint64_t i = 0; i < hung; i++)
		record_hist_add(&cell->detect_ns, (int64_t)(2e6 - 4e6 * log(sim_uniform(state)) +
							    3e7 * (sim_uniform(state) < 0.05)));
}

static void add_cause(struct record_cell *cell, uint64_t count, const char *key, const char *class,
	const char *summary, const char *detail)
{
	struct record_cause *cause;

	if (!count)
		return;
	cause = record_cell_add_cause(cell, key);
	set(&cause->class, class);
	set(&cause->summary, summary);
	set(&cause->detail, detail);
	cause->count += count;
	cause->first_index = 17;
	cause->first_seed = UINT64_C(11400714819323198485);
}

static const char orphan_detail[] =
	"{\"proven\":true,\"class\":\"orphaned-lock\",\"summary\":\"x\",\"threads\":["
	"{\"pid\":4711,\"tid\":4711,\"comm\":\"mutex-held\",\"state\":\"S\",\"waits_on\":\"child "
	"4713\","
	"\"object\":\"waitpid\",\"owner\":4713,\"stack\":[\"__wait4 (libc.so.6)\",\"scenario_wait "
	"(lib/fork.c:88)\",\"fork_while_held (scenarios/mutex-held.c:41)\",\"main "
	"(lib/scenario.c:120)\"]},"
	"{\"pid\":4713,\"tid\":4713,\"comm\":\"mutex-held\",\"state\":\"S\",\"waits_on\":\"mutex\","
	"\"object\":\"registry_lock 0x55d0c0a1\",\"owner\":4712,\"stack\":[\"futex_wait "
	"(libc.so.6)\","
	"\"__lll_lock_wait (libc.so.6)\",\"pthread_mutex_lock (libc.so.6)\",\"child_locks "
	"(scenarios/mutex-held.c:27)\",\"scenario_fork (lib/fork.c:53)\"]}]}";

static const char cycle_detail[] =
	"{\"proven\":true,\"class\":\"lock-cycle\",\"threads\":["
	"{\"pid\":88,\"tid\":88,\"comm\":\"abba\",\"waits_on\":\"mutex\",\"object\":\"lock_b "
	"0x4040a0\","
	"\"owner\":89,\"stack\":[{\"function\":\"pthread_mutex_lock\"},{\"function\":\"take_a_then_"
	"b\","
	"\"file\":\"scenarios/abba.c\",\"line\":31}]},"
	"{\"pid\":88,\"tid\":89,\"comm\":\"abba-worker\",\"waits_on\":\"mutex\",\"object\":\"lock_"
	"a "
	"0x404060\",\"owner\":88,\"stack\":[{\"function\":\"pthread_mutex_lock\"},{\"function\":"
	"\"take_b_then_a\",\"file\":\"scenarios/abba.c\",\"line\":44}]}]}";

static const char pipe_detail[] =
	"{\"proven\":true,\"class\":\"pipe\",\"threads\":["
	"{\"pid\":900,\"tid\":900,\"comm\":\"server <b>\",\"waits_on\":\"write to a full pipe "
	"(65536 of "
	"65536)\",\"object\":\"pipe:[81123]\",\"stack\":[\"write\",\"log_line\"]},"
	"{\"pid\":901,\"tid\":901,\"comm\":\"collector\",\"waits_on\":\"read from an empty "
	"pipe\",\"object\":"
	"\"pipe:[81124]\",\"owner\":\"pid 900\",\"stack\":[\"read\"]},"
	"{\"pid\":900,\"tid\":903,\"comm\":\"server-io\",\"waits_on\":\"condvar\",\"object\":"
	"\"queue_ready "
	"0x7f10\",\"stack\":[\"pthread_cond_wait\"]}]}";

static void add_sweep(struct record_campaign *c, uint64_t *state, const char *libc, double scale)
{
	static const double levels[] = { 0, 1e5, 1e6, 5e6, 1e7, 5e7 };
	static const double rates[] = { 0, 0.004, 0.04, 0.21, 0.46, 0.93 };

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		cleanup(cleanup_free) char *label =
			levels[i] >= 1e6 || !levels[i]
				? mem_printf("holding-registry=%g%s", levels[i] / 1e6,
					  levels[i] ? "ms" : "")
				: mem_printf("holding-registry=%gus", levels[i] / 1e3);
		struct record_cell *cell = add_cell(c, "mutex-held", "fork", libc, label);

		cell->expect = EXPECT_DEADLOCKS;
		set(&cell->why, "no libc knows an application's mutex");
		cell->dose = levels[i];
		cell->arm = levels[i] > 0 ? ARM_INJECTED : ARM_NULL;
		run_cell(cell, state, rates[i] * scale, 0, 2000);
		add_cause(cell, cell->count[VERDICT_DEADLOCK], "orphaned-lock registry_lock",
			"orphaned-lock",
			"child waits for registry_lock, whose owner, tid 4712, is no thread of "
			"this "
			"process: it stayed behind at fork",
			orphan_detail);
		cell = add_cell(c, "mutex-held", "atfork", libc, label);
		cell->expect = EXPECT_COMPLETES;
		cell->dose = levels[i];
		cell->arm = levels[i] > 0 ? ARM_INJECTED : ARM_NULL;
		set(&cell->why, "the forking thread owns it on both sides");
		run_cell(cell, state, 0, 0, 2000);
	}
}

void demo_campaign(struct record_campaign *c, uint64_t seed, double rise)
{
	static const char *const libcs[] = { "glibc 2.36", "musl 1.2.3", "glibc 2.41" };
	static const double setenv_rate[] = { 0.31, 0, 0.28 }, stdio_rate[] = { 0, 0.012, 0 };
	uint64_t state = seed;
	struct record_cell *cell;

	fill_head(c, seed);
	for (size_t i = 0; i < ARRAY_SIZE(libcs); i++) {
		add_sweep(c, &state, libcs[i], 1 - 0.2 * (double)i);
		cell = add_cell(c, "libc-setenv", "fork", libcs[i], "");
		cell->expect = i == 1 ? EXPECT_COMPLETES : EXPECT_DEADLOCKS;
		run_cell(cell, &state, setenv_rate[i], 0, 4000);
		add_cause(cell, cell->count[VERDICT_DEADLOCK], "lost-wakeup envlock",
			"orphaned-lock",
			"setenv waits for glibc's environment lock; nobody is left to release it",
			orphan_detail);
		cell = add_cell(c, "libc-stdio", "exit", libcs[i], "");
		cell->expect = EXPECT_COMPLETES;
		run_cell(cell, &state, stdio_rate[i] * rise, 0.0006, 10000);
		add_cause(cell, cell->count[VERDICT_DEADLOCK], "pipe server", "pipe",
			"server and collector each wait for the other: a full pipe and an empty "
			"one",
			pipe_detail);
	}
	cell = add_cell(c, "abba", "locks", libcs[0], "");
	cell->expect = EXPECT_DEADLOCKS;
	cell->canary = true;
	run_cell(cell, &state, 1, 0, 50);
	add_cause(cell, cell->count[VERDICT_DEADLOCK], "lock-cycle a b", "lock-cycle",
		"lock_a and lock_b are taken in both orders", cycle_detail);
	cell = add_cell(c, "./server --threads 4", "", "?", "write:delay_enter=0..5ms,p=0.1");
	cell->arm = ARM_INJECTED;
	run_cell(cell, &state, 0.0021 * rise, 0.001, 10000);
	add_cause(cell, cell->count[VERDICT_DEADLOCK], "pipe server", "pipe",
		"server and collector each wait for the other: a full pipe and an empty one",
		pipe_detail);
	cell = add_cell(c, "./server --threads 4", "", "?", "");
	run_cell(cell, &state, 0.0004, 0, 10000);
	add_cause(cell, cell->count[VERDICT_DEADLOCK], "pipe server", "pipe",
		"server and collector each wait for the other: a full pipe and an empty one",
		pipe_detail);
}

void demo_large(struct record_campaign *c, size_t cells, uint64_t trials)
{
	uint64_t state = 7;

	fill_head(c, 7);
	for (size_t i = 0; i < cells; i++) {
		cleanup(cleanup_free) char *target =
			mem_printf("scenario-with-a-long-name-%zu", i / 10);
		cleanup(cleanup_free) char *level = mem_printf(
			"parent-heap=%zuM holding-the-registry=%zums", i % 5 * 50, i % 2 * 10);
		cleanup(cleanup_free) char *key = mem_printf("cause %zu", i);
		static const char *const libcs[] = { "glibc 2.36", "musl 1.2.3" };
		struct record_cell *cell = add_cell(
			c, target, i % 10 < 5 ? "fork" : "posix-spawn", libcs[i % 2], level);

		cell->dose = (double)(i % 5 * 50);
		cell->arm = i % 5 ? ARM_INJECTED : ARM_NULL;
		cell->expect = i % 3 ? EXPECT_DEADLOCKS : EXPECT_COMPLETES;
		run_cell(cell, &state, 0.001 * (double)(i % 5), 0.0001, trials);
		add_cause(cell, cell->count[VERDICT_DEADLOCK], key, "pipe",
			"two processes each wait for the other: a full pipe and an empty one",
			pipe_detail);
	}
}
