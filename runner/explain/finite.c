/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which waits may end by themselves. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"

/* The JVM tries a monitor again from time to time; the program sees nothing of it. */
static bool enters_monitor(const struct explain_thread *t)
{
	static const char monitor[] = "ObjectMonitor::";

	for (size_t i = 0; i < t->stack.n; i++) {
		const char *function = t->stack.frames[i].place.function;

		if (function && !strncmp(function, monitor, strlen(monitor)))
			return !strncmp(function + strlen(monitor), "enter", 5) ||
			       !strncmp(function + strlen(monitor), "Enter", 5);
	}
	return false;
}

static bool is_of_runtime(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];

	return java_is_jvm(e, &e->s->processes[t->process]) &&
	       (java_is_own(t->comm) || enters_monitor(&e->threads[thread]));
}

const char *explain_finite(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];
	const char *unrest = e->threads[thread].unrest;

	if (is_of_runtime(e, thread))
		return NULL;
	if (unrest && strstr(unrest, "lease")) /* which the kernel breaks in the end */
		return "waits with a time limit";
	switch (t->rest) {
	case REST_TIMED:
		return "waits with a time limit";
	case REST_EXTERNAL:
		return t->timerfd ? "waits for a timer" : NULL;
	case REST_RUNNING:
		return "runs";
	case REST_DISK: /* unless it is some process that must answer: FUSE, fanotify */
		return unrest ? NULL : "waits for the kernel";
	case REST_UNREADABLE:
		return "cannot be looked at";
	default:
		return NULL;
	}
}
