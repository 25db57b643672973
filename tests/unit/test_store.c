/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_store.c: over 500 lines, for all of it shares one fixture: a directory, a sample campaign,
 * and assertions that also work in forked children. */
#include "runner/store/store.h"
#include "runner/base/util.h"
#include "tests/unit/scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char dir[SCRATCH_MAX], db[SCRATCH_MAX + 32];
static bool in_child;

/* Criterion's assertions wait for their runner, and for ever in a forked child. */
#define must(cond, ...)                                              \
	do {                                                         \
		if (!(cond))                                         \
			must_fail(#cond, __LINE__, " " __VA_ARGS__); \
	} while (0)

__attribute__((format(printf, 3, 4))) static void must_fail(
	const char *cond, int line, const char *fmt, ...)
{
	va_list ap;
	char text[512];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (in_child) {
		dprintf(STDERR_FILENO, "line %d: %s: %s\n", line, cond, text);
		_exit(1);
	}
	cr_assert_fail("line %d: %s: %s", line, cond, text);
}

/* A child that cannot outlive its test. */
static pid_t fork_child(void)
{
	pid_t parent = getpid(), pid = fork();

	if (!pid) {
		in_child = true;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(60);
		if (getppid() != parent)
			_exit(1);
	}
	return pid;
}

static void make_dir(void)
{
	scratch_folder(dir);
	chmod(dir, 0755);
	sprintf(db, "%s/a?b#c%%41.db", dir); /* nothing that a URI may take for its own */
}

static size_t n_files(void)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void remove_dir(void)
{
	char *cmd cleanup(cleanup_free) = mem_printf("rm -rf '%s'", dir);

	chmod(dir, 0755);
	cr_assert_eq(system(cmd), 0);
}

TestSuite(store, .init = make_dir, .fini = remove_dir, .timeout = 120);

static struct store *must_open(enum store_mode mode)
{
	struct store *s;
	int r = store_open(db, mode, &s);

	must(r == 0, "%s", store_error(s));
	return s;
}

static struct record_campaign sample(size_t n_cells)
{
	struct record_campaign c = {
		.key = mem_strdup("plan"),
		.started_ms = 1000,
		.seed = UINT64_MAX - 1,
		.command = mem_strdup("hangrate run -n 5 'a b'"),
		.version = mem_strdup("v1"),
		.host = mem_strdup("h"),
		.kernel = mem_strdup("Linux 6.1"),
		.cpu = mem_strdup("cpu"),
		.cpus = 2,
		.jobs = 3,
		.shard = 1,
		.shards = 1,
	};

	for (size_t i = 0; i < n_cells; i++) {
		struct record_cell *cell = record_campaign_add_cell(&c);

		cell->target = mem_printf("target-%zu", i);
		cell->variant = mem_strdup("fork");
		cell->libc = mem_strdup("glibc 2.36");
		cell->inject = mem_strdup("hold=1ms");
		cell->arm = ARM_INJECTED;
		cell->dose = 1e6;
		cell->expect = EXPECT_DEADLOCKS;
		cell->why = mem_strdup("because");
		cell->deadline_ns = 5;
	}
	return c;
}

static void add_hang(struct store *s, struct record_campaign *c, size_t cell, uint64_t index)
{
	struct record_cause *cause = record_cell_add_cause(&c->cells[cell], "orphaned-lock|m");
	char output[] = "a\0b\x1b";
	struct record_trial t = {
		.cell = cell,
		.index = index,
		.seed = UINT64_MAX - index,
		.verdict = VERDICT_DEADLOCK,
		.appearance = APPEARANCE_SLEEPING,
		.exit_status = -1,
		.at_ms = 77,
		.duration_ns = 88,
		.detect_ns = 99,
		.cause_key = cause->key,
		.output = output,
		.output_len = 4,
		.counters = { .trials = 1, .fired = 2, .note = output },
	};

	if (!cause->count++) {
		cause->class = mem_strdup("orphaned-lock");
		cause->summary = mem_strdup("m is held by nobody");
		cause->detail = mem_strdup("{}");
		cause->first_seed = t.seed;
		cause->first_index = index;
	}
	c->cells[cell].count[VERDICT_DEADLOCK]++;
	record_hist_add(&c->cells[cell].detect_ns, 5000000);
	must(store_add_trial(s, c, &t) == 0, "%s", store_error(s));
}

static int check_trial(const struct record_trial *t, void *arg)
{
	size_t *n = arg;

	cr_assert_eq(t->cell, 1);
	cr_assert_eq(t->index, *n);
	cr_assert_eq(t->seed, UINT64_MAX - *n);
	cr_assert_eq(t->verdict, VERDICT_DEADLOCK);
	cr_assert_eq(t->appearance, APPEARANCE_SLEEPING);
	cr_assert_eq(t->exit_status, -1);
	cr_assert_eq(t->at_ms, 77);
	cr_assert_eq(t->duration_ns, 88);
	cr_assert_eq(t->detect_ns, 99);
	cr_assert_str_eq(t->cause_key, "orphaned-lock|m");
	cr_assert_eq(t->output_len, 4);
	cr_assert_eq(memcmp(t->output, "a\0b\x1b", 4), 0);
	cr_assert_eq(t->counters.fired, 2);
	cr_assert_str_eq(t->counters.note, "a");
	++*n;
	return 0;
}

static void assert_same_cell(const struct record_cell *a, const struct record_cell *b)
{
	cr_assert_str_eq(a->target, b->target);
	cr_assert_str_eq(a->variant, b->variant);
	cr_assert_str_eq(a->libc, b->libc);
	cr_assert_str_eq(a->inject, b->inject);
	cr_assert_eq(a->arm, b->arm);
	cr_assert_eq(a->dose, b->dose);
	cr_assert_eq(a->expect, b->expect);
	cr_assert_str_eq(a->why, b->why);
	cr_assert_eq(a->deadline_ns, b->deadline_ns);
	cr_assert_eq(a->canary, b->canary);
	cr_assert_arr_eq(a->count, b->count, sizeof(a->count));
	cr_assert_arr_eq(a->appearance, b->appearance, sizeof(a->appearance));
	cr_assert_arr_eq(&a->pass_ns, &b->pass_ns, sizeof(a->pass_ns));
	cr_assert_arr_eq(&a->detect_ns, &b->detect_ns, sizeof(a->detect_ns));
	cr_assert_eq(a->counters.delay_ns, b->counters.delay_ns);
	cr_assert_eq(a->n_causes, b->n_causes);
	for (size_t i = 0; i < a->n_causes; i++) {
		cr_assert_str_eq(a->causes[i].key, b->causes[i].key);
		cr_assert_str_eq(a->causes[i].class, b->causes[i].class);
		cr_assert_str_eq(a->causes[i].detail, b->causes[i].detail);
		cr_assert_eq(a->causes[i].count, b->causes[i].count);
		cr_assert_eq(a->causes[i].first_seed, b->causes[i].first_seed);
	}
}

static void assert_stored(int64_t id, const struct record_campaign *c)
{
	struct record_campaign back = { 0 };
	struct store *s = must_open(STORE_READ);
	int r = store_load(s, id, &back);

	cr_assert_eq(r, 0, "%s", store_error(s));
	cr_assert_str_eq(back.key, c->key);
	cr_assert_str_eq(back.command, c->command);
	cr_assert_eq(back.seed, c->seed);
	cr_assert_eq(back.jobs, c->jobs);
	cr_assert_eq(back.started_ms, c->started_ms);
	cr_assert_eq(back.ended_ms, c->ended_ms);
	cr_assert_eq(back.stop, c->ended_ms ? c->stop : STOP_KILLED);
	cr_assert_eq(back.n_cells, c->n_cells);
	for (size_t i = 0; i < c->n_cells; i++)
		assert_same_cell(&back.cells[i], &c->cells[i]);
	record_campaign_done(&back);
	store_free(s);
}

Test(store, what_is_written_is_read)
{
	struct record_campaign c = sample(2);
	struct store *s = must_open(STORE_APPEND);
	size_t seen = 0;
	int64_t id;

	cr_assert_eq(store_begin(s, &c), 0);
	for (uint64_t i = 0; i < 3; i++)
		add_hang(s, &c, 1, i);
	cr_assert_eq(store_flush(s, &c), 0);
	for (uint64_t i = 3; i < 6; i++)
		add_hang(s, &c, 1, i);
	/* a cell, and a cause, that come later */
	struct record_campaign more = sample(1);
	*record_campaign_add_cell(&c) = more.cells[0];
	more.n_cells = 0;
	record_campaign_done(&more);
	record_cell_add_cause(&c.cells[2], "k")->class = mem_strdup("pipe");
	c.cells[2].causes[0].detail = mem_strdup("{}");
	c.cells[0].count[VERDICT_PASS] = 100000;
	c.cells[0].appearance[APPEARANCE_POLLING] = 4;
	c.cells[0].canary = true;
	c.cells[0].counters.delay_ns = UINT64_MAX;
	record_hist_add(&c.cells[0].pass_ns, 1234);
	c.ended_ms = 2000;
	c.stop = STOP_BUDGET;
	cr_assert_eq(store_flush(s, &c), 0, "%s", store_error(s));
	store_free(s);
	id = c.id;

	assert_stored(id, &c);
	s = must_open(STORE_READ);
	cr_assert_eq(store_each_trial(s, id, check_trial, &seen), 0, "%s", store_error(s));
	cr_assert_eq(seen, 6);
	cr_assert_eq(store_load(s, 99, &more), -STORE_ENONE);
	store_free(s);
	cr_assert_eq(n_files(), 1, "a reader left something beside the record");
	record_campaign_done(&c);
}

Test(store, campaigns_append_and_the_newest_comes_first)
{
	int64_t *ids, expected[3];
	struct store *s;
	size_t n;

	for (int i = 0; i < 3; i++) {
		struct record_campaign c = sample(1);

		s = must_open(STORE_APPEND);
		c.started_ms = 1000 + i;
		cr_assert_eq(store_begin(s, &c), 0);
		expected[i] = c.id;
		store_free(s);
		record_campaign_done(&c);
	}
	s = must_open(STORE_READ);
	cr_assert_eq(store_list(s, &ids, &n), 0);
	cr_assert_eq(n, 3);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(ids[i], expected[2 - i]);
	free(ids);
	store_free(s);
}

Test(store, old_campaigns_are_pruned_with_all_that_is_theirs)
{
	struct record_campaign c = sample(2);
	struct store *s = must_open(STORE_APPEND);
	int64_t *ids;
	uint64_t n;
	size_t n_ids;

	cr_assert_eq(store_begin(s, &c), 0);
	add_hang(s, &c, 1, 0);
	cr_assert_eq(store_flush(s, &c), 0);
	cr_assert_eq(store_prune(s, 1000, &n), 0);
	cr_assert_eq(n, 0);
	cr_assert_eq(store_prune(s, 1001, &n), 0);
	cr_assert_eq(n, 1);
	cr_assert_eq(store_list(s, &ids, &n_ids), -STORE_ENONE);
	n_ids = 0;
	cr_assert_eq(store_each_trial(s, c.id, check_trial, &n_ids), 0);
	cr_assert_eq(n_ids, 0);
	store_free(s);
	record_campaign_done(&c);
}

Test(store, notes_are_kept)
{
	struct store *s = must_open(STORE_APPEND);
	char *value = NULL;

	cr_assert_eq(store_put_note(s, "trap", "id", "one"), 0);
	cr_assert_eq(store_put_note(s, "trap", "id", "two"), 0);
	store_free(s);
	s = must_open(STORE_READ);
	cr_assert_eq(store_get_note(s, "trap", "id", &value), 0);
	cr_assert_str_eq(value, "two");
	free(value);
	cr_assert_eq(store_get_note(s, "trap", "other", &value), 0);
	cr_assert_null(value);
	store_free(s);
}

/* --- durability --- */

struct progress {
	_Atomic uint64_t flushed, added;
};

/* Adds trials and passes as fast as it can, says how many it flushed, never closes. */
static void write_for_ever(struct progress *p)
{
	struct record_campaign c = sample(3);
	struct store *s = must_open(STORE_APPEND);

	must(store_begin(s, &c) == 0);
	for (;;) {
		for (int i = 0; i < 50; i++) {
			add_hang(s, &c, 1, p->added);
			c.cells[0].count[VERDICT_PASS] += 10;
			p->added++;
		}
		must(store_flush(s, &c) == 0);
		p->flushed = p->added;
	}
}

static void assert_sound(void)
{
	sqlite3 *q;
	sqlite3_stmt *st;
	char *uri cleanup(cleanup_free) = mem_printf("%s", db);

	cr_assert_eq(sqlite3_open_v2(uri, &q, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(q, "PRAGMA integrity_check", -1, &st, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_step(st), SQLITE_ROW);
	cr_assert_str_eq((const char *)sqlite3_column_text(st, 0), "ok");
	sqlite3_finalize(st);
	sqlite3_close(q);
}

static int count_trial(const struct record_trial *t, void *arg)
{
	(void)t;
	++*(uint64_t *)arg;
	return 0;
}

static void assert_kept(const struct progress *p)
{
	struct record_campaign c = { 0 };
	struct store *s = must_open(STORE_READ);
	uint64_t rows = 0;
	int64_t *ids;
	size_t n;

	must(store_list(s, &ids, &n) == 0, "%s", store_error(s));
	must(store_load(s, ids[0], &c) == 0, "%s", store_error(s));
	must(c.stop == STOP_KILLED);
	must(store_each_trial(s, ids[0], count_trial, &rows) == 0);
	must(rows >= p->flushed);
	must(rows <= p->added);
	/* counts, causes and rows are of one moment */
	must(c.cells[1].count[VERDICT_DEADLOCK] == rows);
	must(c.cells[1].causes[0].count == rows);
	must(c.cells[0].count[VERDICT_PASS] == rows * 10);
	record_campaign_done(&c);
	free(ids);
	store_free(s);
}

Test(store, a_kill_loses_only_what_was_not_flushed)
{
	struct progress *p =
		mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	for (uint64_t round = 0; round < 8; round++) {
		pid_t pid;

		*p = (struct progress){ 0 };
		pid = fork_child();
		if (!pid) {
			write_for_ever(p);
			_exit(1);
		}
		/* at another moment each round, and in the middle of whatever it is doing */
		while (p->added < 100 + round * 733)
			cr_assert_eq(waitpid(pid, NULL, WNOHANG), 0, "the writer died");
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_kept(p);
		assert_sound();
	}
	munmap(p, sizeof(*p));
}

Test(store, a_killed_record_is_read_where_nothing_can_be_written)
{
	struct progress *p =
		mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *shm cleanup(cleanup_free) = mem_printf("%s-shm", db);
	pid_t pid = fork_child();
	size_t files;
	int status;

	if (!pid) {
		write_for_ever(p);
		_exit(1);
	}
	while (p->flushed < 100)
		cr_assert_eq(waitpid(pid, NULL, WNOHANG), 0, "the writer died");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* as it is after a reboot, or when somebody copied record and WAL */
	cr_assert_eq(unlink(shm), 0);
	files = n_files();
	chmod(dir, 0555);
	pid = fork_child();
	if (!pid) {
		if (!geteuid() && setuid(65534))
			_exit(2);
		assert_kept(p);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	cr_assert_eq(status, 0);
	cr_assert_eq(n_files(), files);
	munmap(p, sizeof(*p));
}

Test(store, a_reader_works_beside_a_live_writer)
{
	struct record_campaign c = sample(1);
	struct store *s = must_open(STORE_APPEND);

	cr_assert_eq(store_begin(s, &c), 0);
	assert_stored(c.id, &c);
	c.cells[0].count[VERDICT_PASS] = 17;
	cr_assert_eq(store_flush(s, &c), 0);
	assert_stored(c.id, &c);
	/* and the writer still is one: its locks were not dropped by a reader in its process */
	c.ended_ms = 5;
	cr_assert_eq(store_flush(s, &c), 0, "%s", store_error(s));
	store_free(s);
	assert_stored(c.id, &c);
	cr_assert_eq(n_files(), 1);
	record_campaign_done(&c);
}

Test(store, two_campaigns_are_written_at_once)
{
	struct record_campaign a = sample(1), b = sample(1);
	struct store *sa = must_open(STORE_APPEND), *sb = must_open(STORE_APPEND);

	cr_assert_eq(store_begin(sa, &a), 0);
	cr_assert_eq(store_begin(sb, &b), 0, "%s", store_error(sb));
	for (uint64_t i = 0; i < 5; i++) {
		add_hang(sa, &a, 0, i);
		add_hang(sb, &b, 0, i);
		cr_assert_eq(store_flush(sa, &a), 0);
		cr_assert_eq(store_flush(sb, &b), 0);
	}
	store_free(sa);
	store_free(sb);
	assert_stored(a.id, &a);
	assert_stored(b.id, &b);
	cr_assert_neq(a.id, b.id);
	record_campaign_done(&a);
	record_campaign_done(&b);
}

/* --- what can be wrong with a file --- */

static void write_file(const char *text, size_t n)
{
	FILE *f = fopen(db, "w");

	fwrite(text, 1, n, f);
	fclose(f);
}

static void assert_refused(enum store_mode mode, int error, const char *text)
{
	struct store *s;

	must(store_open(db, mode, &s) == -error, "%s", store_error(s));
	must(strstr(store_error(s), text), "%s", store_error(s));
	must(strstr(store_error(s), db), "%s", store_error(s));
	must(!strchr(store_error(s), '\n'));
	store_free(s);
}

static void sql(const char *statements)
{
	sqlite3 *q;

	cr_assert_eq(sqlite3_open(db, &q), SQLITE_OK);
	cr_assert_eq(
		sqlite3_exec(q, statements, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(q));
	sqlite3_close(q);
}

static char *content(size_t *ret_n)
{
	FILE *f = fopen(db, "r");
	char *buf = mem_alloc(1 << 20);

	*ret_n = fread(buf, 1, 1 << 20, f);
	fclose(f);
	return buf;
}

static void assert_untouched_and_refused(int error, const char *text)
{
	size_t before, after;
	char *a cleanup(cleanup_free) = content(&before), *b cleanup(cleanup_free) = NULL;

	assert_refused(STORE_READ, error, text);
	assert_refused(STORE_APPEND, error, text);
	b = content(&after);
	cr_assert_eq(before, after);
	cr_assert_eq(memcmp(a, b, before), 0);
	cr_assert_eq(n_files(), 1);
}

Test(store, a_missing_file_is_an_error_to_a_reader)
{
	assert_refused(STORE_READ, STORE_EOPEN, "No such file");
	cr_assert_eq(n_files(), 0);
}

Test(store, a_text_file_is_no_database)
{
	write_file("hello\n", 6);
	assert_untouched_and_refused(STORE_EFORMAT, "not a database");
}

Test(store, an_empty_file_is_an_error_to_a_reader_and_good_to_a_writer)
{
	write_file("", 0);
	assert_refused(STORE_READ, STORE_EFORMAT, "empty");
	cr_assert_eq(n_files(), 1);
	store_free(must_open(STORE_APPEND));
	store_free(must_open(STORE_READ));
}

Test(store, a_foreign_database_is_left_alone)
{
	sql("CREATE TABLE t(a); INSERT INTO t VALUES(1)");
	assert_untouched_and_refused(STORE_EFORMAT, "not one of hangrate");
}

Test(store, a_foreign_database_in_wal_mode_is_left_alone)
{
	sql("PRAGMA journal_mode=WAL; PRAGMA application_id=7; CREATE TABLE t(a)");
	assert_untouched_and_refused(STORE_EFORMAT, "not one of hangrate");
}

/* Each alone makes a record that nobody can have written. */
Test(store, numbers_that_no_campaign_reaches_are_refused)
{
	static const char *const edits[] = {
		"UPDATE cell SET n_pass = 4294967296",
		"UPDATE cell SET n_deadlock = -1",
		"UPDATE campaign SET ended_ms = 4611686018427387900",
		"UPDATE campaign SET started_ms = -1",
	};
	struct record_campaign c = sample(1), read;

	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		struct store *s = must_open(STORE_APPEND);

		must(store_begin(s, &c) == 0, "%s", store_error(s));
		store_free(s);
		sql(edits[i]);
		s = must_open(STORE_READ);
		must(store_load(s, c.id, &read) == -STORE_EFORMAT, "%s", edits[i]);
		must(strstr(store_error(s), "makes no sense"), "%s", store_error(s));
		store_free(s);
		unlink(db);
	}
	record_campaign_done(&c);
}

Test(store, a_newer_database_is_left_alone)
{
	store_free(must_open(STORE_APPEND));
	sql("PRAGMA user_version=7");
	assert_untouched_and_refused(STORE_EVERSION, "newer");
}

/* What a version 1 was, from this one. */
static void make_version_1(void)
{
	sql("ALTER TABLE campaign DROP COLUMN decide_low;"
	    "ALTER TABLE campaign DROP COLUMN decide_high;"
	    "ALTER TABLE campaign DROP COLUMN fail_on; ALTER TABLE campaign DROP COLUMN pending;"
	    "ALTER TABLE cell DROP COLUMN command; ALTER TABLE cell DROP COLUMN directory;"
	    "ALTER TABLE cell DROP COLUMN program; ALTER TABLE cell DROP COLUMN slow;"
	    "ALTER TABLE cell DROP COLUMN alone; ALTER TABLE cell DROP COLUMN alone_bad;"
	    "ALTER TABLE cell DROP COLUMN not_applied; ALTER TABLE cell DROP COLUMN switched_off;"
	    "ALTER TABLE cause DROP COLUMN replay;"
	    "PRAGMA user_version=1");
}

static void expect_decide(int64_t id, double low, double high)
{
	struct store *s = must_open(STORE_READ);
	struct record_campaign c;

	cr_assert_eq(store_load(s, id, &c), 0, "%s", store_error(s));
	cr_expect_eq(c.decide_low, low);
	cr_expect_eq(c.decide_high, high);
	record_campaign_done(&c);
	store_free(s);
}

Test(store, an_older_database_is_read_as_it_is_and_upgraded_when_written)
{
	struct record_campaign c = sample(1);
	struct store *s = must_open(STORE_APPEND);
	int64_t old;

	c.decide_low = 0.25;
	c.decide_high = 0.5;
	cr_assert_eq(store_begin(s, &c), 0);
	old = c.id;
	store_free(s);
	expect_decide(old, 0.25, 0.5);
	make_version_1();
	expect_decide(old, 0, 0);
	s = must_open(STORE_APPEND);
	cr_assert_eq(store_begin(s, &c), 0, "%s", store_error(s));
	store_free(s);
	expect_decide(old, 0, 0);
	expect_decide(c.id, 0.25, 0.5);
	record_campaign_done(&c);
}

static void expect_switched_off(int64_t id, bool first, bool second)
{
	struct store *s = must_open(STORE_READ);
	struct record_campaign c;

	cr_assert_eq(store_load(s, id, &c), 0, "%s", store_error(s));
	cr_expect_eq(c.cells[0].switched_off, first);
	cr_expect_eq(c.cells[1].switched_off, second);
	record_campaign_done(&c);
	store_free(s);
}

Test(store, an_arm_that_was_switched_off_stays_so)
{
	struct record_campaign c = sample(2);
	struct store *s = must_open(STORE_APPEND);

	c.cells[0].switched_off = true;
	c.cells[1].counters.note = mem_strdup("switched off after 12 trials: it makes hangs rarer");
	cr_assert_eq(store_begin(s, &c), 0);
	store_free(s);
	expect_switched_off(c.id, true, false);
	/* Up to version 4 the note alone said it. */
	sql("ALTER TABLE cell DROP COLUMN switched_off;"
	    "ALTER TABLE campaign DROP COLUMN pending; PRAGMA user_version=4");
	expect_switched_off(c.id, false, false);
	store_free(must_open(STORE_APPEND));
	expect_switched_off(c.id, false, true);
	record_campaign_done(&c);
}

/* Another runner adds to what stands there, and makes no second campaign. */
Test(store, a_campaign_is_gone_on_with)
{
	struct record_campaign c = sample(1), back;
	struct store *s = must_open(STORE_APPEND);
	int64_t *ids = NULL;
	size_t n = 0;

	c.ended_ms = 0;
	c.pending = mem_strdup("8 1 7");
	cr_assert_eq(store_begin(s, &c), 0);
	store_free(s);
	s = must_open(STORE_APPEND);
	cr_assert_eq(store_load(s, c.id, &back), 0);
	cr_expect_str_eq(back.pending, "8 1 7");
	cr_assert_eq(store_resume(s, &back), 0);
	back.cells[0].count[VERDICT_PASS] += 5;
	back.stop = STOP_DONE;
	back.ended_ms = 99;
	cr_assert_eq(store_flush(s, &back), 0, "%s", store_error(s));
	cr_assert_eq(store_list(s, &ids, &n), 0);
	cr_expect_eq(n, 1);
	store_free(s);
	assert_stored(c.id, &back);
	free(ids);
	record_campaign_done(&c);
	record_campaign_done(&back);
}

Test(store, a_directory_is_not_a_file)
{
	mkdir(db, 0755);
	assert_refused(STORE_READ, STORE_EOPEN, "not a regular file");
	assert_refused(STORE_APPEND, STORE_EOPEN, "not a regular file");
	rmdir(db);
	mkfifo(db, 0644);
	assert_refused(STORE_READ, STORE_EOPEN, "not a regular file");
}

Test(store, damage_is_found_and_named)
{
	struct record_campaign c = sample(1), back;
	struct store *s = must_open(STORE_APPEND);

	cr_assert_eq(store_begin(s, &c), 0);
	store_free(s);
	sql("UPDATE cell SET arm='leg'");
	s = must_open(STORE_READ);
	cr_assert_eq(store_load(s, c.id, &back), -STORE_EFORMAT);
	cr_assert(strstr(store_error(s), "cell.arm"), "%s", store_error(s));
	store_free(s);
	sql("UPDATE cell SET arm='bare', pass_ns=x'0102'");
	s = must_open(STORE_READ);
	cr_assert_eq(store_load(s, c.id, &back), -STORE_EFORMAT);
	store_free(s);
	record_campaign_done(&c);
}

Test(store, a_cut_off_file_is_found)
{
	struct record_campaign c = sample(50);
	struct store *s = must_open(STORE_APPEND);
	int64_t *ids;
	size_t n;
	int r;

	cr_assert_eq(store_begin(s, &c), 0);
	store_free(s);
	cr_assert_eq(truncate(db, 8192), 0);
	r = store_open(db, STORE_READ, &s);
	if (r >= 0)
		r = store_list(s, &ids, &n);
	cr_assert_eq(r, -STORE_EFORMAT, "%s", store_error(s));
	cr_assert(strstr(store_error(s), "corrupted"), "%s", store_error(s));
	store_free(s);
	record_campaign_done(&c);
}

/* As somebody without rights, in a child. */
static void assert_refused_as_nobody(enum store_mode mode, const char *text)
{
	int status;
	pid_t pid = fork_child();

	if (!pid) {
		if (!geteuid() && setuid(65534))
			_exit(2);
		assert_refused(mode, STORE_EOPEN, text);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	cr_assert_eq(status, 0);
}

Test(store, without_permission_it_says_so)
{
	if (geteuid())
		cr_skip_test("needs to be root to become somebody else");
	assert_refused_as_nobody(STORE_APPEND, "Permission denied");
	cr_assert_eq(n_files(), 0);
	store_free(must_open(STORE_APPEND));
	chmod(db, 0);
	assert_refused_as_nobody(STORE_READ, "Permission denied");
	chmod(db, 0444);
	assert_refused_as_nobody(STORE_APPEND, "permission denied");
	chmod(db, 0666);
	assert_refused_as_nobody(STORE_APPEND, "cannot write it");
	cr_assert_eq(n_files(), 1);
}

Test(store, a_full_disk_is_named_and_what_was_written_stays)
{
	struct record_campaign c = sample(2);
	struct store *s = must_open(STORE_APPEND);
	struct rlimit old, small = { 64 << 10, RLIM_INFINITY };
	int r = 0;

	cr_assert_eq(store_begin(s, &c), 0);
	add_hang(s, &c, 1, 0);
	cr_assert_eq(store_flush(s, &c), 0);
	getrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (uint64_t i = 1; !r && i < 100000; i++) {
		add_hang(s, &c, 1, i);
		r = store_flush(s, &c);
	}
	cr_assert(r == -STORE_EFULL || r == -STORE_EIO, "%d %s", r, store_error(s));
	cr_assert(strstr(store_error(s), "cannot write it"), "%s", store_error(s));
	/* there is room again: nothing was lost */
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	cr_assert_eq(store_flush(s, &c), 0, "%s", store_error(s));
	store_free(s);
	assert_stored(c.id, &c);
	assert_sound();
	record_campaign_done(&c);
}

Test(store, rules_of_the_caller_are_checked)
{
	struct record_campaign c = sample(1);
	struct record_trial t = { .cell = 1 };
	struct store *s = must_open(STORE_APPEND);

	cr_assert_eq(store_flush(s, &c), -STORE_EUSE);
	cr_assert_eq(store_begin(s, &c), 0);
	cr_assert_eq(store_add_trial(s, &c, &t), -STORE_EUSE);
	t = (struct record_trial){ .cause_key = (char *)"unknown" };
	cr_assert_eq(store_add_trial(s, &c, &t), 0);
	cr_assert_eq(store_flush(s, &c), -STORE_EUSE);
	store_free(s);
	record_campaign_done(&c);
}

static struct record_cause *whole_cause(struct record_cell *cell, const char *key)
{
	struct record_cause *cause = record_cell_add_cause(cell, key);

	cause->class = mem_strdup("orphaned-lock");
	cause->summary = mem_strdup("m is held by nobody");
	cause->detail = mem_strdup("{}");
	cause->count = 1;
	return cause;
}

Test(store, a_failed_flush_may_be_tried_again)
{
	struct record_campaign c = sample(2);
	struct record_trial t = { .cell = 1, .cause_key = (char *)"late" };
	struct store *s = must_open(STORE_APPEND);

	cr_assert_eq(store_begin(s, &c), 0);
	cr_assert_eq(store_add_trial(s, &c, &t), 0);
	cr_assert_eq(store_flush(s, &c), -STORE_EUSE);
	whole_cause(&c.cells[1], "late");
	cr_assert_eq(store_flush(s, &c), 0, "%s", store_error(s));
	store_free(s);
	assert_stored(c.id, &c);
	record_campaign_done(&c);
}

Test(store, a_cause_whose_count_alone_changed_is_written)
{
	struct record_campaign c = sample(2);
	struct store *s = must_open(STORE_APPEND);

	cr_assert_eq(store_begin(s, &c), 0);
	whole_cause(&c.cells[1], "orphaned-lock|m");
	cr_assert_eq(store_flush(s, &c), 0);
	c.cells[1].causes[0].count = 7;
	cr_assert_eq(store_flush(s, &c), 0);
	store_free(s);
	assert_stored(c.id, &c);
	record_campaign_done(&c);
}

static size_t trials_in_file(int64_t campaign)
{
	struct store *s = must_open(STORE_READ);
	uint64_t n = 0;

	cr_assert_eq(store_each_trial(s, campaign, count_trial, &n), 0);
	store_free(s);
	return n;
}

/* Nobody flushes, and still what waits is bounded: in number, and in bytes. */
Test(store, waiting_trials_are_bounded)
{
	enum { MANY = 5000, LARGE = 1 << 20 };
	struct record_campaign c = sample(1);
	struct store *s = must_open(STORE_APPEND);
	char *output cleanup(cleanup_free) = mem_alloc(LARGE);
	struct record_trial t = { .cell = 0 };
	size_t before;

	cr_assert_eq(store_begin(s, &c), 0);
	for (int i = 0; i < MANY; i++)
		cr_assert_eq(store_add_trial(s, &c, &t), 0);
	before = trials_in_file(c.id);
	cr_expect_gt(before, 0);
	cr_expect_lt(before, MANY);
	t.output = output;
	t.output_len = LARGE;
	for (int i = 0; i < 20; i++)
		cr_assert_eq(store_add_trial(s, &c, &t), 0);
	cr_expect_gt(trials_in_file(c.id), MANY);
	store_free(s);
	record_campaign_done(&c);
}

/* --- size and speed --- */

Test(store, many_passing_trials_cost_no_room)
{
	struct record_campaign c = sample(4);
	struct store *s = must_open(STORE_APPEND);
	struct stat st;

	cr_assert_eq(store_begin(s, &c), 0);
	for (int i = 0; i < 100000; i++) {
		c.cells[i % 4].count[VERDICT_PASS]++;
		record_hist_add(&c.cells[i % 4].pass_ns, i * 100);
		if (i % 1000 == 0)
			cr_assert_eq(store_flush(s, &c), 0);
	}
	c.ended_ms = 1;
	cr_assert_eq(store_flush(s, &c), 0);
	store_free(s);
	stat(db, &st);
	cr_assert_lt(st.st_size, 200 << 10, "%lld", (long long)st.st_size);
	assert_stored(c.id, &c);
	record_campaign_done(&c);
}

Test(store, header_needs_all_its_parts)
{
	char head[100] = "SQLite format 3";
	const char *why = NULL;

	memcpy(head + 68, "HRNG", 4);
	cr_assert_eq(store_check_header(head, sizeof(head), &why), 0);
	head[63] = 1;
	cr_assert_eq(store_check_header(head, sizeof(head), &why), 0);
	head[63] = 7;
	cr_assert_eq(store_check_header(head, sizeof(head), &why), -STORE_EVERSION);
	head[63] = 0;
	head[71] = 'H';
	cr_assert_eq(store_check_header(head, sizeof(head), &why), -STORE_EFORMAT);
	head[71] = 'G';
	cr_assert_eq(store_check_header(head, 99, &why), -STORE_EFORMAT);
	head[15] = ' ';
	cr_assert_eq(store_check_header(head, sizeof(head), &why), -STORE_EFORMAT);
	cr_assert_eq(store_check_header(head, 0, &why), -STORE_EFORMAT);
	cr_assert(strstr(why, "empty"));
}
