/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/inject/auto.h"
#include "runner/inject/inject.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void called(struct inject_profile *p, const char *name, uint32_t calls)
{
	size_t i = 0;

	while (p->calls.row[i].name[0])
		i++;
	strcpy(p->calls.row[i].name, name);
	p->calls.row[i].calls = calls;
}

static bool has(char **texts, const char *part)
{
	for (; *texts; texts++)
		if (strstr(*texts, part))
			return true;
	return false;
}

/* Each must be a rule that --inject takes. */
static void parse_all(char **texts)
{
	for (; *texts; texts++) {
		struct inject_spec spec = { 0 };
		char *error = NULL;

		cr_expect(eq(int, inject_parse(*texts, strlen(*texts), &spec, &error), 0), "%s: %s",
			*texts, error);
		inject_spec_done(&spec);
		free(error);
	}
}

Test(inject_auto, texts_of_what_is_called)
{
	struct inject_profile p = { .duration_ns = 3000000 };
	char **texts;

	p.calls.threads = 3;
	called(&p, "pthread_mutex_lock", 4);
	called(&p, "pthread_mutex_unlock", 4);
	called(&p, "malloc", 1000);
	texts = inject_auto_texts(&p);
	parse_all(texts);
	cr_expect(eq(str, texts[0], "func:pthread_mutex_lock:delay_exit=5000us"));
	cr_expect(has(texts, "schedule"));
	cr_expect(not(has(texts, "trap")), "nothing forks");
	cr_expect(not(has(texts, "wake")), "nothing waits");
	cr_expect(not(has(texts, "malloc")));
	cr_expect(not(has(texts, "pthread_rwlock")), "it is not called");
	inject_auto_texts_free(texts);
}

/* What is added to a trial stays within bounds, however many calls there are. */
Test(inject_auto, many_calls_make_delays_rare)
{
	struct inject_profile p = { .duration_ns = 3000000 };
	char **texts;

	p.calls.threads = 2;
	called(&p, "pthread_mutex_lock", 2000000);
	called(&p, "fork", 1);
	called(&p, "pthread_cond_wait", 1);
	texts = inject_auto_texts(&p);
	parse_all(texts);
	cr_expect(eq(str, texts[0], "wake"));
	cr_expect(eq(str, texts[1], "func:pthread_mutex_lock:delay_exit=5000us,p=0.000100"));
	cr_expect(eq(str, texts[2], "order"));
	cr_expect(eq(str, texts[3], "trap"));
	inject_auto_texts_free(texts);
}

Test(inject_auto, nothing_can_be_loaded)
{
	char **texts = inject_auto_texts(NULL);

	parse_all(texts);
	cr_expect(has(texts, "trap"));
	cr_expect(has(texts, "syscall:"));
	cr_expect(not(has(texts, "func:")));
	inject_auto_texts_free(texts);
}

/* What succeeded comes first in the next campaign. */
Test(inject_auto, remembers)
{
	char folder[] = "/tmp/hangrate-auto-XXXXXX", command[64];
	struct inject_auto *a;
	char **texts, *note;

	cr_assert(mkdtemp(folder) != NULL);
	setenv("XDG_CACHE_HOME", folder, 1);
	a = inject_auto_new(RECORD_ON_CRASH, "some-program");
	texts = inject_auto_remembered(a);
	cr_expect(texts[0] == NULL);
	inject_auto_texts_free(texts);
	inject_auto_add(a, "schedule");
	inject_auto_add(a, "wake:p=0.3,seed=7");
	for (int i = 0; i < 8; i++) {
		size_t choice = inject_auto_choose(a);

		inject_auto_over(a, choice, choice ? RECORD_ON_CRASH : RECORD_ON_HANG, false);
	}
	note = inject_auto_note(a);
	cr_expect(strstr(note, "'wake:p=0.3,seed=7': 7 of 7") != NULL, "%s", note);
	free(note);
	inject_auto_free(a);
	a = inject_auto_new(0, "some-program");
	texts = inject_auto_remembered(a);
	cr_assert(texts[0] != NULL);
	cr_expect(eq(str, texts[0], "wake:p=0.3,seed=7"));
	cr_expect(texts[1] == NULL, "what did not succeed is forgotten");
	inject_auto_texts_free(texts);
	inject_auto_free(a);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	cr_expect(eq(int, system(command), 0));
}

/* A crash that was not asked for is no success, and is told. */
Test(inject_auto, tells_what_was_not_asked_for)
{
	struct inject_auto *a = inject_auto_new(0, "");
	char *note;

	inject_auto_add(a, "schedule");
	cr_expect(not(inject_auto_is_worth_pinning(a, 0, RECORD_ON_CRASH)));
	cr_expect(inject_auto_is_worth_pinning(a, 0, RECORD_ON_HANG));
	inject_auto_over(a, inject_auto_choose(a), RECORD_ON_CRASH, false);
	note = inject_auto_note(a);
	cr_expect(eq(str, note,
		"auto: none of 1 candidates succeeded in 1 trials; 1 trials crashed and 0 failed (--fail-on searches for those)"));
	free(note);
	inject_auto_free(a);
}
