/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/auto.c: which candidate the next trial uses. Until one candidate has hung, they take
 * turns; then the best one gets nearly all trials. The trap finds its sites by trial and error:
 * while it searches it gets two turns of three. The arm's rate includes the search, so it is a
 * lower bound for the best candidate alone; the note names that candidate.
 */
#include "runner/inject/auto.h"

#include "runner/inject/sites.h"
#include "runner/base/util.h"

#include <inttypes.h>

/* Short delays at few passages: a program that makes many calls must still get somewhere. */
static const char *const usual[] = {
	"trap",
	("func:pthread_mutex_lock,func:pthread_rwlock_wrlock,func:pthread_rwlock_rdlock,"
	 "func:pthread_spin_lock,func:flockfile:delay_exit=0..2ms,p=0.1"),
	"func:fork,func:_Fork,func:popen,func:pthread_create:delay_enter=0..5ms",
	"syscall:write,syscall:writev,syscall:sendto,syscall:sendmsg:delay_enter=0..2ms,p=0.1",
	"%memory:delay_enter=0..2ms,p=0.1",
	"%file:delay_enter=0..2ms,p=0.1",
	"syscall:read,syscall:recvfrom,syscall:wait4,syscall:close:delay_enter=0..2ms,p=0.1",
};

struct inject_auto {
	struct sites scores; /* one a candidate, in their order; the name is its text */
};

char **inject_auto_texts(const char *const *points)
{
	char **texts = NULL;
	size_t n = 0, cap = 0;

	for (const char *const *p = points; p && *p; p++) {
		texts = mem_grow(texts, n, &cap, sizeof(*texts));
		texts[n++] = mem_printf("point:%s:delay_enter=exp(5ms)", *p);
	}
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		texts = mem_grow(texts, n, &cap, sizeof(*texts));
		texts[n++] = mem_strdup(usual[i]);
	}
	texts = mem_grow(texts, n, &cap, sizeof(*texts));
	texts[n] = NULL;
	return texts;
}

struct inject_auto *inject_auto_new(void)
{
	return mem_alloc(sizeof(struct inject_auto));
}

void inject_auto_free(struct inject_auto *a)
{
	if (!a)
		return;
	sites_done(&a->scores);
	free(a);
}

void inject_auto_add(struct inject_auto *a, const char *text)
{
	sites_at(&a->scores, SITE_CALL, a->scores.n, text);
}

size_t inject_auto_choose(struct inject_auto *a)
{
	return sites_choose(&a->scores);
}

void inject_auto_learn(struct inject_auto *a, size_t choice, bool hung, bool searching)
{
	if (searching && !hung)
		sites_over_searching(&a->scores, choice);
	else
		sites_over(&a->scores, choice, hung);
}

char *inject_auto_note(const struct inject_auto *a)
{
	const struct site *best = NULL;

	for (size_t i = 0; i < a->scores.n; i++)
		if (!best || a->scores.all[i].hung > best->hung)
			best = &a->scores.all[i];
	if (!best)
		return mem_strdup("auto: no engine can work here");
	if (!best->hung)
		return a->scores.choices
			       ? mem_printf("auto: none of %zu candidates made it hang in %" PRIu64
					    " trials",
					 a->scores.n, a->scores.choices)
			       : NULL;
	return mem_printf("auto: the best of %zu candidates was '%s': %" PRIu64 " of %" PRIu64
			  " trials hung",
		a->scores.n, best->name, best->hung, best->tries);
}
