/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/internal.h"

#include "runner/proc/open.h"
#include "runner/base/util.h"

#include <errno.h>

int explain_tree(const struct snapshot *s, const struct proof *p, enum explain_stacks stacks,
	struct explanation **ret_explanation)
{
	struct explanation *e = mem_alloc(sizeof(*e));
	int r = explain_gather(s, p, stacks, true, true, e);

	if (r < 0) {
		free(e);
		return r;
	}
	explain_classify(e);
	*ret_explanation = e;
	return 0;
}

void explanation_free(struct explanation *e)
{
	if (e)
		explanation_done(e);
	free(e);
}

const char *explain_class(const struct explanation *e)
{
	return explain_class_name(e->class);
}

static int compare_long(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

/* The system calls of the stuck threads, sorted, each once: "61,202". Without a proof, of all. */
static char *call_list(const struct snapshot *s, const struct proof *p)
{
	cleanup(cleanup_free) long *calls = mem_alloc((s->n_threads + 1) * sizeof(*calls));
	char *list = mem_strdup("");
	size_t n = 0;

	for (size_t i = 0; i < s->n_threads; i++)
		if (!p || p->stuck[i])
			calls[n++] = s->threads[i].syscall_nr;
	qsort(calls, n, sizeof(*calls), compare_long);
	for (size_t i = 0; i < n; i++) {
		cleanup(cleanup_free) char *before = NULL;

		if (i && calls[i] == calls[i - 1])
			continue;
		before = list;
		list = mem_printf("%s%s%ld", before, i ? "," : "", calls[i]);
	}
	return list;
}

char *explain_signature(const struct snapshot *s, const struct proof *p)
{
	cleanup(cleanup_free) char *calls = call_list(s, p), *lock = NULL;
	struct explanation e;
	char *signature;

	if (explain_gather(s, p, EXPLAIN_READ_ONLY, false, false, &e) < 0)
		return mem_printf("unreadable|%s", calls);
	explain_classify(&e);
	if (e.leaf != SIZE_MAX && e.threads[e.leaf].lock_name)
		lock = explain_normalise(e.threads[e.leaf].lock_name);
	signature = mem_printf("%s|%s|%s", explain_class_name(e.class), lock ? lock : "", calls);
	explanation_done(&e);
	return signature;
}

char *explain_unproven_signature(const struct snapshot *s)
{
	cleanup(cleanup_free) char *calls = call_list(s, NULL);

	return mem_printf("%s|%s", RECORD_CAUSE_UNPROVEN, calls);
}

/* A zombie has no executable any more. Asked by thread, for a leader may end before the others. */
static bool has_ended(const struct process *p, const struct thread *t)
{
	cleanup(cleanup_free) char *path = mem_printf("%d/task/%d/exe", (int)p->pid, (int)t->tid);
	char exe[1];

	return procfs_readlink(path, exe, sizeof(exe)) < 0 && (errno == ENOENT || errno == ESRCH);
}

/* A watchdog may end a stuck part while it is read: a truncated stack would then represent this
 * cause for the rest of the campaign. */
static bool stuck_has_ended(const struct snapshot *s, const struct proof *p)
{
	for (size_t i = 0; i < s->n_threads; i++)
		if (p->stuck[i] && has_ended(&s->processes[s->threads[i].process], &s->threads[i]))
			return true;
	return false;
}

static void fill_cause(const struct explanation *e, struct record_cause *ret_cause)
{
	json_t *detail = explain_to_json(e);

	ret_cause->summary = explain_summary(e);
	ret_cause->detail = json_dumps(detail, JSON_COMPACT);
	json_decref(detail);
}

int explain_unproven_cause(const struct snapshot *s, const struct proof *p,
	enum explain_stacks stacks, struct record_cause *ret_cause)
{
	struct explanation e;
	int r = explain_gather(s, p, stacks, true, true, &e);

	if (r < 0)
		return r;
	e.is_cause = true;
	explain_classify(&e);
	ret_cause->class = mem_strdup(RECORD_CAUSE_UNPROVEN);
	ret_cause->key = explain_unproven_key(&e);
	fill_cause(&e, ret_cause);
	explanation_done(&e);
	return 0;
}

int explain_cause(const struct snapshot *s, const struct proof *p, enum explain_stacks stacks,
	struct record_cause *ret_cause)
{
	cleanup(cleanup_free) char *key = NULL;
	struct explanation e;
	int r = explain_gather(s, p, stacks, true, false, &e);

	if (r < 0)
		return r;
	if (stuck_has_ended(s, p)) {
		explanation_done(&e);
		return -ESRCH;
	}
	e.is_cause = true;
	explain_classify(&e);
	key = explain_key(&e);
	ret_cause->class = mem_strdup(explain_class_name(e.class));
	/* A cause that is proven and the same one that a condition could end are told apart. */
	ret_cause->key = mem_printf("%s%s", p->least == STUCK_UNLESS ? "unless|" : "", key);
	fill_cause(&e, ret_cause);
	explanation_done(&e);
	return 0;
}
