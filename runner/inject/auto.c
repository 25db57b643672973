/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/auto.c: finds out by itself which injection helps. Each trial is one of a few candidates,
 * chosen by what they have achieved so far: until one has hung each gets its turn, then the best
 * one gets nearly all. The trap finds its sites by trial, which is no failure of it: while it
 * searches it gets two turns of three. The rate of the arm is that of this strategy, its search
 * included, so it is a lower bound for what the best candidate does alone; the note names that one.
 */
#include "runner/inject/auto.h"

#include "runner/inject/engine.h"
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
	struct inject **candidates;
	size_t n, cap;
	struct sites scores; /* one a candidate, in their order; the name is its text */
};

/* A candidate that can do nothing here is none. */
static void add(
	struct inject_auto *a, const char *text, const struct inject_target *target, enum arm arm)
{
	char *error cleanup(cleanup_free) = NULL;
	struct inject_spec spec = { 0 };
	struct inject *i = NULL;

	if (inject_parse(text, strlen(text), &spec, &error) == 0 &&
		inject_new(&spec, target, arm, &i, &error) == 0 && inject_engines(i)) {
		a->candidates = mem_grow(a->candidates, a->n, &a->cap, sizeof(*a->candidates));
		a->candidates[a->n] = i;
		sites_at(&a->scores, SITE_CALL, a->n, text);
		a->n++;
	} else {
		inject_free(i);
	}
	inject_spec_done(&spec);
}

struct inject_auto *inject_auto_new(const struct inject_target *target, enum arm arm)
{
	struct inject_auto *a = mem_alloc(sizeof(*a));

	for (const char *const *p = target->points; p && *p; p++) {
		char *text cleanup(cleanup_free) = mem_printf("point:%s:delay_enter=exp(5ms)", *p);

		add(a, text, target, arm);
	}
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		add(a, usual[i], target, arm);
	return a;
}

void inject_auto_free(struct inject_auto *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->n; i++)
		inject_free(a->candidates[i]);
	free(a->candidates);
	sites_done(&a->scores);
	free(a);
}

unsigned int inject_auto_engines(const struct inject_auto *a)
{
	unsigned int bits = 0;

	for (size_t i = 0; i < a->n; i++)
		bits |= inject_engines(a->candidates[i]);
	return bits;
}

struct inject *inject_auto_choose(struct inject_auto *a, size_t *ret_choice)
{
	*ret_choice = sites_choose(&a->scores);
	return *ret_choice == SIZE_MAX ? NULL : a->candidates[*ret_choice];
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
			       ? mem_printf("auto: none of %zu candidates made it hang in "
					    "%" PRIu64 " trials",
					 a->scores.n, a->scores.choices)
			       : NULL;
	return mem_printf("auto: the best of %zu candidates was '%s': %" PRIu64 " of %" PRIu64
			  " trials hung",
		a->scores.n, best->name, best->hung, best->tries);
}
