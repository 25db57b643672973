/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The interpreter of the memory of Go's runtime, on what was recorded of real programs, built by Go
 * 1.19.8, 1.21.13, 1.22.12, 1.23.12, 1.24.6, 1.25.0 and 1.26.8, the last one also stripped:
 *
 *	go func() { listener.Accept() }()              // line 35
 *	go worker(c)                                   // three times; receives at line 21
 *	go sel(c, make(chan int))                      // select at line 27
 *	go transfer(&accounts, &journal)               // b.Lock() at line 17
 *	go transfer(&journal, &accounts)
 *	wg.Wait()                                      // line 44
 */
#include "runner/explain/golang/golang.h"
#include "tests/fuzz/recording.h"

#include "runner/base/util.h"

#include <criterion/criterion.h>

static const char *const versions[] = { "1.19", "1.21", "1.22", "1.23", "1.24", "1.25", "1.26",
	"1.26-stripped" };

struct played {
	struct recording recording;
	uint8_t data[1 << 17];
	struct go_world *w;
	struct go_goroutine *goroutines;
	size_t n;
};

static struct played *play(const char *version)
{
	struct played *p = mem_alloc(sizeof(*p));
	struct peek m = { recording_read, &p->recording };
	const struct recording_head *head = &p->recording.head;
	char path[128];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "tests/fuzz/corpus/go/%s", version);
	f = fopen(path, "re");
	cr_assert(f, "%s", path);
	n = fread(p->data, 1, sizeof(p->data), f);
	fclose(f);
	cr_assert_eq(recording_open(&p->recording, p->data, n), 0);
	p->w = go_open(&m, head->facts[0], head->minor, head->facts[1], head->facts[2]);
	cr_assert(p->w, "%s: no runtime", version);
	p->n = go_read_goroutines(p->w, &p->goroutines, GO_MAX_GOROUTINES);
	return p;
}

static void stop(struct played *p)
{
	go_goroutines_done(p->goroutines, p->n);
	go_close(p->w);
	free(p);
}

/* How many of the program's goroutines stand there and wait so. */
static size_t count(
	const struct played *p, const char *place, enum language_wait wait, const char *reason)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct go_goroutine *g = &p->goroutines[i];
		const struct language_frame *f = language_where(&g->stack);
		char *text = f && !g->system ? language_frame_text(f) : NULL;

		n += text && !strcmp(text, place) && g->stack.wait == wait &&
		     (!reason || (g->reason && !strcmp(g->reason, reason)));
		free(text);
	}
	return n;
}

Test(explain_golang, finds_every_goroutine)
{
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct played *p = play(versions[i]);
		const char *v = versions[i];

		cr_expect_eq(count(p, "main.worker (stuck.go:21)", LANGUAGE_WAIT_CHANNEL_RECEIVE,
				     "chan receive"),
			3, "%s", v);
		cr_expect_eq(count(p, "main.transfer (stuck.go:17)", LANGUAGE_WAIT_MUTEX, NULL), 2,
			"%s", v);
		cr_expect_eq(count(p, "main.sel (stuck.go:27)", LANGUAGE_WAIT_SELECT, "select"), 1,
			"%s", v);
		cr_expect_eq(
			count(p, "main.main (stuck.go:44)", LANGUAGE_WAIT_GROUP, NULL), 1, "%s", v);
		cr_expect_eq(count(p, "main.main.func1 (stuck.go:35)", LANGUAGE_WAIT_IO, "IO wait"),
			1, "%s", v);
		stop(p);
	}
}

/* Each of the two waits for a word of its own, and the three workers for one channel. */
Test(explain_golang, names_objects_and_creators)
{
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct played *p = play(versions[i]);
		uint64_t mutex = 0, channel = 0;

		for (size_t k = 0; k < p->n; k++) {
			const struct go_goroutine *g = &p->goroutines[k];

			if (g->system)
				continue;
			if (g->id == 1)
				cr_expect_null(g->creator);
			else
				cr_expect(g->creator && !strncmp(g->creator, "main.main (", 11),
					"%s", versions[i]);
			if (g->stack.wait == LANGUAGE_WAIT_MUTEX) {
				cr_expect(g->stack.address && g->stack.address != mutex);
				mutex = g->stack.address;
			} else if (g->stack.wait == LANGUAGE_WAIT_CHANNEL_RECEIVE) {
				cr_expect(g->stack.address &&
					  (!channel || channel == g->stack.address));
				channel = g->stack.address;
			}
		}
		stop(p);
	}
}

Test(explain_golang, an_unknown_version_is_not_read)
{
	struct played *p = play("1.26");
	struct peek m = { recording_read, &p->recording };
	const struct recording_head *head = &p->recording.head;

	cr_expect_null(go_open(&m, head->facts[0], 27, head->facts[1], head->facts[2]));
	cr_expect_null(go_open(&m, head->facts[0], 18, head->facts[1], head->facts[2]));
	cr_expect_null(go_open(&m, head->facts[0] + 8, 26, head->facts[1], head->facts[2]));
	cr_expect_eq(go_minor("go1.24.6"), 24);
	cr_expect_eq(go_minor("devel +abc"), 0);
	stop(p);
}
