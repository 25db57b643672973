/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The interpreter of CPython's memory, on what was recorded from real interpreters (3.8.18, 3.9.18,
 * 3.10.13, 3.11.7, 3.12.1, 3.13.0, 3.13.5, 3.14.10) that ran
 *
 *	accounts, journal = threading.Lock(), threading.RLock()
 *	jobs = queue.Queue()
 *	class Audit:                                    # line 4
 *	    def run(self):
 *	        with self.lock:
 *	            jobs.get()                          # line 9
 *	def transfer(mine, other, both):
 *	    with mine:
 *	        both.wait()
 *	        with other:                             # line 14
 *	            pass
 *
 * in the main thread Audit.run(), in two more transfer() with the locks in opposite order.
 */
#include "runner/explain/python/line.h"
#include "runner/explain/python/python.h"
#include "tests/fuzz/recording.h"

#include "runner/base/util.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <link.h>

static const char *const versions[] = { "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.13-parked",
	"3.14" };

struct played {
	struct recording recording;
	uint8_t data[1 << 16];
	struct python_world *w;
	struct language_stack stack;
};

static struct played *play(const char *version, int thread)
{
	struct played *p = mem_alloc(sizeof(*p));
	struct peek m = { recording_read, &p->recording };
	struct language_thread t;
	char path[128];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "tests/fuzz/corpus/python/%s-%d", version, thread);
	f = fopen(path, "re");
	cr_assert(f, "%s", path);
	n = fread(p->data, 1, sizeof(p->data), f);
	fclose(f);
	cr_assert_eq(recording_open(&p->recording, p->data, n), 0);
	p->w = python_open(&m, p->recording.head.facts[0], p->recording.head.minor);
	cr_assert(p->w, "%s: no interpreter", version);
	t = (struct language_thread){ .tid = (pid_t)p->recording.head.tid,
		.sp = p->recording.head.sp,
		.futex = p->recording.head.futex };
	python_read_thread(p->w, &t, &p->stack);
	return p;
}

static void stop(struct played *p)
{
	language_stack_done(&p->stack);
	python_close(p->w);
	free(p);
}

static void expect_where(const struct played *p, const char *version, const char *want)
{
	const struct language_frame *f = language_where(&p->stack);
	char *text;

	cr_assert(f, "%s: no frame of the program", version);
	text = language_frame_text(f);
	cr_expect_str_eq(text, want, "%s: %s", version, text);
	free(text);
}

Test(explain_python, waits_for_a_queue)
{
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct played *p = play(versions[i], 1);
		bool qualified = p->w->p.minor >= 11;

		expect_where(p, versions[i],
			qualified ? "Audit.run (accounts.py:9)" : "run (accounts.py:9)");
		cr_expect_eq(p->stack.wait, LANGUAGE_WAIT_QUEUE, "%s", versions[i]);
		cr_expect_str_eq(p->stack.name, "jobs", "%s", versions[i]);
		cr_expect_null(p->stack.thread_name);
		cr_expect_eq(p->stack.n, 4);
		cr_expect(p->stack.frames[0].library);
		cr_expect_str_eq(p->stack.frames[3].function, "<module>");
		stop(p);
	}
}

/* The owner of an RLock is stored; a Lock's is the thread that is in a `with` of it. */
Test(explain_python, waits_for_a_lock)
{
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct played *transfer = play(versions[i], 2), *audit = play(versions[i], 3);

		expect_where(transfer, versions[i], "transfer (accounts.py:14)");
		expect_where(audit, versions[i], "transfer (accounts.py:14)");
		cr_expect_eq(transfer->stack.wait, LANGUAGE_WAIT_RLOCK, "%s", versions[i]);
		cr_expect_eq(audit->stack.wait, LANGUAGE_WAIT_LOCK, "%s", versions[i]);
		cr_expect_str_eq(transfer->stack.name, "journal", "%s", versions[i]);
		cr_expect_str_eq(audit->stack.name, "accounts", "%s", versions[i]);
		cr_expect_str_eq(transfer->stack.thread_name, "transfer", "%s", versions[i]);
		cr_expect_str_eq(audit->stack.thread_name, "audit", "%s", versions[i]);
		cr_expect_eq(
			transfer->stack.owner, (pid_t)audit->recording.head.tid, "%s", versions[i]);
		cr_expect_eq(
			audit->stack.owner, (pid_t)transfer->recording.head.tid, "%s", versions[i]);
		stop(transfer);
		stop(audit);
	}
}

Test(explain_python, wrong_version_gives_no_nonsense)
{
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		for (int minor = 0; minor < 20; minor++) {
			struct played *p = play(versions[i], 2);
			struct peek m = { recording_read, &p->recording };
			struct language_thread t = { .tid = (pid_t)p->recording.head.tid };
			struct language_stack stack = { 0 };
			struct python_world *w = python_open(&m, p->recording.head.facts[0], minor);

			if (w && minor != p->recording.head.minor)
				python_read_thread(w, &t, &stack);
			for (size_t k = 0; k < stack.n; k++)
				cr_expect(stack.frames[k].line < 2000);
			cr_expect_null(stack.name);
			language_stack_done(&stack);
			python_close(w);
			stop(p);
		}
	}
}

/* Tables and lines as the interpreters themselves made and decode them. */
Test(explain_python, lines)
{
	static const uint8_t lnotab[] = { 0, 1, 4, 1, 8, 2, 6, 0xff };
	static const uint8_t ranges[] = { 4, 1, 8, 1, 2, 0x80, 6, 0xff };
	/* one line forward, 2 units; long: +3; no columns: -2; none */
	static const uint8_t locations[] = { 0xd9, 0x02, 0x08, 0xf0, 0x06, 0x00, 0x01, 0x02, 0xe8,
		0x05, 0xf8 };

	cr_expect_eq(python_line(8, lnotab, sizeof(lnotab), 10, 0), 11);
	cr_expect_eq(python_line(9, lnotab, sizeof(lnotab), 10, 4), 12);
	cr_expect_eq(python_line(9, lnotab, sizeof(lnotab), 10, 12), 14);
	cr_expect_eq(python_line(9, lnotab, sizeof(lnotab), 10, 90), 13);
	cr_expect_eq(python_line(10, ranges, sizeof(ranges), 10, 2), 11);
	cr_expect_eq(python_line(10, ranges, sizeof(ranges), 10, 4), 12);
	cr_expect_eq(python_line(10, ranges, sizeof(ranges), 10, 12), 0, "no line");
	cr_expect_eq(python_line(10, ranges, sizeof(ranges), 10, 14), 11);
	cr_expect_eq(python_line(10, ranges, sizeof(ranges), 10, 20), 0, "behind the end");
	cr_expect_eq(python_line(11, locations, 3, 10, 0), 11);
	cr_expect_eq(python_line(11, locations, sizeof(locations), 10, 4), 14);
	cr_expect_eq(python_line(11, locations, sizeof(locations), 10, 6), 12);
	cr_expect_eq(python_line(11, locations, sizeof(locations), 10, 8), 0, "no line");
	cr_expect_eq(python_line(14, NULL, 0, 10, 0), 0);
}

/* An entry: start with bit 7, size, target, depth and whether to push the instruction. */
Test(explain_python, depth_of_handlers)
{
	static const uint8_t table[] = { 0x84, 0x03, 0x20, 0x03, 0x88, 0x41, 0x00, 0x21, 0x05 };

	cr_expect_eq(python_handler_depth(table, sizeof(table), 6), 0);
	cr_expect_eq(python_handler_depth(table, sizeof(table), 8), 1);
	cr_expect_eq(python_handler_depth(table, sizeof(table), 12), 1);
	cr_expect_eq(python_handler_depth(table, sizeof(table), 14), 0);
	cr_expect_eq(python_handler_depth(table, sizeof(table), 16), 2);
	cr_expect_eq(python_handler_depth(table, sizeof(table), 16 + 2 * 64), 0);
	cr_expect_eq(python_handler_depth(table, 2, 8), 0);
}

Test(explain_python, library)
{
	cr_expect(python_is_library("/usr/lib/python3.11/threading.py"));
	cr_expect(python_is_library("<frozen importlib._bootstrap>"));
	cr_expect_not(python_is_library("/usr/lib/python3/dist-packages/requests/api.py"));
	cr_expect_not(python_is_library("/venv/lib/python3.11/site-packages/app/core.py"));
	cr_expect_not(python_is_library("/home/a/threading.py"));
}

static int read_own(void *arg, uint64_t address, void *ret_bytes, size_t n)
{
	(void)arg;
	memcpy(ret_bytes, (const void *)(uintptr_t)address, n);
	return 0;
}

Test(explain_peek, finds_exported_symbols)
{
	struct peek m = { read_own, NULL };
	void *function = dlsym(RTLD_DEFAULT, "malloc");
	Dl_info info;
	uint64_t base;

	cr_assert(function && dladdr(function, &info));
	base = (uint64_t)(uintptr_t)info.dli_fbase;
	cr_expect_eq(peek_find_symbol(&m, base, "malloc"), (uint64_t)(uintptr_t)function);
	cr_expect_eq(peek_find_symbol(&m, base, "no_such_function_here"), 0);
	cr_expect_eq(peek_find_symbol(&m, (uint64_t)(uintptr_t)versions, "malloc"), 0);
}

Test(explain_peek, text_up_to_the_end_of_memory)
{
	struct recording r = { .n = 1 };
	struct peek m = { recording_read, &r };
	static const uint8_t bytes[] = "journal";
	char *text;

	r.pieces[0] = (struct recording_piece){ 0x1000, sizeof(bytes), bytes };
	text = peek_text(&m, 0x1000, 64);
	cr_expect_str_eq(text, "journal");
	free(text);
	r.pieces[0].n--;
	cr_expect_null(peek_text(&m, 0x1000, 64), "no end");
	cr_expect_null(peek_text(&m, 0x2000, 64));
}

/* What is cached stays, what crosses pages or can't be read as a page is read as it is. */
Test(explain_peek, keeps_pages)
{
	static uint8_t bytes[3 * 4096];
	struct recording r = { .n = 1 };
	struct peek direct = { recording_read, &r }, m;
	struct peek_cache *c = peek_cache_new(&direct);
	uint64_t value;

	r.pieces[0] = (struct recording_piece){ 0x10000, 3 * 4096 - 8, bytes };
	m = peek_cached(c);
	bytes[16] = 7;
	cr_expect(peek_u64(&m, 0x10010, &value));
	cr_expect_eq(value, 7);
	bytes[16] = 8;
	cr_expect(peek_u64(&m, 0x10010, &value));
	cr_expect_eq(value, 7);
	cr_expect_eq(r.reads, 1);
	bytes[4096 - 4] = 9;
	cr_expect(peek_u64(&m, 0x10000 + 4096 - 4, &value));
	cr_expect_eq(value, 9);
	cr_expect(peek_u64(&m, 0x10000 + 2 * 4096, &value), "the last page is cut short");
	cr_expect_not(peek_u64(&m, 0x10000 + 3 * 4096 - 8, &value));
	peek_cache_free(c);
}
