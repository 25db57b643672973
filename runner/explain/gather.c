/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds out what a snapshot does not say: names, owners and stacks. */
#include "runner/explain/internal.h"

#include "runner/proc/facts.h"
#include "runner/proc/open.h"
#include "runner/base/util.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/syscall.h>

/* --- processes --- */

/* A leader that has ended has left the memory that its other threads live on in. */
static pid_t living_task(const struct snapshot *s, const struct process *p)
{
	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		if (s->threads[i].rest != REST_EXITING)
			return s->threads[i].tid;
	return p->pid;
}

static struct symbols *symbols_of(struct explanation *e, size_t process)
{
	const struct process *p = &e->s->processes[process];

	if (e->tried[process])
		return e->symbols[process];
	e->tried[process] = true;
	if (symbols_open(living_task(e->s, p), &e->symbols[process]) < 0)
		return NULL;
	for (size_t i = 0; i < p->n_threads; i++) {
		const struct thread *t = &e->s->threads[p->first_thread + i];

		symbols_add_stack(e->symbols[process], t->tid, t->sp);
	}
	return e->symbols[process];
}

static struct language_process *language_of(struct explanation *e, size_t process)
{
	struct symbols *s = symbols_of(e, process);

	if (!e->language_tried[process])
		e->languages[process] = language_open(s);
	e->language_tried[process] = true;
	return e->languages[process];
}

static void take_language_stack(struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];
	struct language_process *p = language_of(e, t->process);
	struct language_thread wanted = { .tid = e->local_tid[thread], .sp = t->sp };

	if (t->syscall_nr == SYS_futex)
		wanted.futex = t->args[0];
	language_read_thread(p, &wanted, &e->threads[thread].language);
}

static void take_stack(struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];
	struct symbols *s = symbols_of(e, t->process);

	if (!s || e->threads[thread].stack.n)
		return;
	if (!e->unwind[t->process])
		e->unwind[t->process] =
			unwind_new(s, e->s->processes[t->process].pid, e->stacks == EXPLAIN_ATTACH);
	unwind_thread(e->unwind[t->process], t, &e->threads[thread].stack);
}

/* Locks store the tid that their process sees; in a pid namespace that is not ours. Thread ids of a
 * process are local when its own is. */
static void read_local_tids(struct explanation *e)
{
	for (size_t i = 0; i < e->s->n_processes; i++) {
		const struct process *p = &e->s->processes[i];
		bool local = procfs_read_inner_tid(p->pid) != p->pid;

		for (size_t k = p->first_thread; k < p->first_thread + p->n_threads; k++)
			e->local_tid[k] = local ? procfs_read_inner_tid(e->s->threads[k].tid)
						: e->s->threads[k].tid;
	}
}

/* The kernel adds the page faults of ended threads to the process; no thread lives without one. */
static bool had_more_threads(const struct snapshot *s, const struct process *p)
{
	int64_t all = procfs_read_faults(p->pid, 0), alive = 0;

	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++) {
		int64_t n = procfs_read_faults(p->pid, s->threads[i].tid);

		if (n < 0)
			return false;
		alive += n;
	}
	return all > alive;
}

static bool is_forked(const struct snapshot *s, const struct process *p)
{
	cleanup(cleanup_free) char *path = mem_printf("%d/exe", (int)p->ppid);
	char exe[sizeof(p->exe)] = "";

	if (p->parent != SIZE_MAX)
		return p->exe[0] && !strcmp(p->exe, s->processes[p->parent].exe);
	if (p->pid != s->root)
		return true; /* its parent has ended; it has been in the tree */
	return p->exe[0] && procfs_readlink(path, exe, sizeof(exe) - 1) > 0 && !strcmp(p->exe, exe);
}

/* --- the lock around a futex word --- */

/* The innermost function that is known to wait for something. */
static enum explain_primitive primitive_of_stack(const struct unwind_stack *stack)
{
	for (size_t i = 0; i < stack->n; i++) {
		const char *f = stack->frames[i].place.function;
		enum explain_primitive p = f ? explain_primitive_of(f) : PRIMITIVE_UNKNOWN;

		if (p != PRIMITIVE_UNKNOWN)
			return p;
	}
	return PRIMITIVE_UNKNOWN;
}

/* The innermost function of the libc or runtime that has a name and a purpose of its own; where the
 * libc names none, what the program called. The caller frees. */
static char *find_taker(struct symbols *s, const struct unwind_stack *stack)
{
	size_t i;

	for (i = 0; i < stack->n && explain_is_foreign(&stack->frames[i]); i++) {
		const char *f = stack->frames[i].place.function;

		if (f && !explain_is_plumbing(f))
			return mem_strdup(f);
	}
	return i && i < stack->n ? unwind_called_function(s, stack->frames[i].pc) : NULL;
}

static void read_window(const struct symbols *s, uint64_t address, char *ret_bytes)
{
	char *word = ret_bytes + EXPLAIN_WINDOW_BEFORE;

	memset(ret_bytes, 0, EXPLAIN_WINDOW);
	/* The word may stand at either end of what is mapped. */
	(void)symbols_read(s, address - EXPLAIN_WINDOW_BEFORE, ret_bytes, EXPLAIN_WINDOW_BEFORE);
	if (symbols_read(s, address, word, EXPLAIN_WINDOW - EXPLAIN_WINDOW_BEFORE) < 0)
		(void)symbols_read(s, address, word, sizeof(uint32_t));
}

/* What a libc hides has no symbol that would tell; musl's condition variables are waited for on a
 * word of the waiter's own stack. The function that takes it then tells more. */
static bool is_named_by_taker(const struct explain_thread *t)
{
	switch (t->lock.primitive) {
	case PRIMITIVE_LIBC_LOCK:
	case PRIMITIVE_FILE:
		return true;
	case PRIMITIVE_CONDVAR:
	case PRIMITIVE_BARRIER:
	case PRIMITIVE_UNKNOWN:
		return !t->lock_has_symbol;
	default:
		return false;
	}
}

/* The word is somewhere in the middle of these: the variable says it all. */
static bool is_word_within(enum explain_primitive primitive)
{
	return primitive == PRIMITIVE_CONDVAR || primitive == PRIMITIVE_RWLOCK ||
	       primitive == PRIMITIVE_BARRIER;
}

static char *name_lock(const struct explanation *e, struct explain_thread *t, struct symbols *s)
{
	cleanup(cleanup_free) char *taker = find_taker(s, &t->stack);
	char *name;

	if (!e->with_stacks)
		return symbols_name_cheap(s, t->lock_address);
	name = symbols_name_data(s, t->lock_address, &t->lock_has_symbol);
	if (t->lock_has_symbol && is_word_within(t->lock.primitive))
		name[strcspn(name, "+")] = 0;
	if (taker && is_named_by_taker(t)) {
		cleanup(cleanup_free) char *plain = name;

		name = mem_printf("%s (taken in %s)", plain, taker);
	}
	return name;
}

static bool is_lowlevellock(
	const struct thread *th, const struct explain_thread *t, const char *bytes)
{
	uint32_t word;

	memcpy(&word, bytes + EXPLAIN_WINDOW_BEFORE, sizeof(word));
	return th->wait == WAIT_FUTEX && t->stack.n &&
	       explain_is_lowlevellock((uint32_t)th->args[1], (uint32_t)th->args[2], word,
		       t->stack.frames[0].place.module);
}

/* --- what the language says it is --- */

/* Who holds it: a thread of the process, or one that fork() left behind in its parent. */
static size_t find_language_owner(struct explanation *e, size_t thread)
{
	const struct language_stack *l = &e->threads[thread].language;
	size_t process = e->s->threads[thread].process;
	size_t parent = e->s->processes[process].parent;
	pid_t tid = 0;

	if (l->owner)
		return explain_find_thread(e, thread, (uint32_t)l->owner);
	if (parent == SIZE_MAX || !e->forked[process] || !language_wait_is_lock(l->wait))
		return SIZE_MAX;
	if (l->owner_token)
		tid = language_find_thread(language_of(e, parent), l->owner_token);
	else
		tid = language_find_holder(language_of(e, parent), l->address);
	for (size_t i = e->s->processes[parent].first_thread, n = 0;
		tid && n < e->s->processes[parent].n_threads; i++, n++)
		if (e->local_tid[i] == tid)
			return i;
	return SIZE_MAX;
}

/* The word that the thread waits on is the interpreter's business; this is the user's. */
static void gather_language_wait(struct explanation *e, size_t thread)
{
	struct explain_thread *t = &e->threads[thread];
	size_t owner;

	if (t->language.wait == LANGUAGE_WAIT_NONE)
		return;
	t->lock = (struct explain_lock){ .primitive = PRIMITIVE_LANGUAGE_EVENT };
	if (language_wait_is_lock(t->language.wait))
		t->lock.primitive = PRIMITIVE_LANGUAGE_LOCK;
	else if (t->language.wait == LANGUAGE_WAIT_JOIN)
		t->lock.primitive = PRIMITIVE_JOIN;
	if (t->language.address)
		t->lock_address = t->language.address;
	free(t->lock_name);
	t->lock_name = mem_printf("%s%s%s", language_wait_name(t->language.wait),
		t->language.name ? " " : "", t->language.name ? t->language.name : "");
	t->lock_has_symbol = t->language.name != NULL;
	t->owner_is = OWNER_UNKNOWN;
	t->owner_tid = 0;
	t->owner = SIZE_MAX;
	owner = find_language_owner(e, thread);
	if (owner != SIZE_MAX)
		explain_set_owner(e, thread, owner);
}

static void gather_futex(struct explanation *e, size_t thread)
{
	const struct thread *th = &e->s->threads[thread];
	struct explain_thread *t = &e->threads[thread];
	struct symbols *s = symbols_of(e, th->process);
	uint64_t address = th->n_objects ? e->s->objects[th->objects[0]].address : th->args[0];
	char bytes[EXPLAIN_WINDOW];
	enum explain_primitive hint = primitive_of_stack(&t->stack);

	t->lock_address = address;
	if (!s)
		return;
	/* The function of glibc that joins has a name only where its debug symbols are. Nothing but
	 * a join waits for this word, and the kernel clears it. */
	if (hint == PRIMITIVE_UNKNOWN && explain_tid_of_tcb(s, address - EXPLAIN_GLIBC_TID_OFFSET))
		hint = PRIMITIVE_JOIN;
	read_window(s, address, bytes);
	if (hint == PRIMITIVE_UNKNOWN && is_lowlevellock(th, t, bytes))
		hint = PRIMITIVE_LIBC_LOCK;
	explain_lock_decode(hint, th->wait == WAIT_FUTEX ? (uint32_t)th->args[1] : 0, bytes,
		sizeof(bytes), &t->lock);
	/* musl's internal locks count their waiters where a mutex has its owner. */
	if (hint == PRIMITIVE_UNKNOWN && t->lock.base_offset && t->lock.owners[0] &&
		explain_find_thread(e, thread, t->lock.owners[0]) == SIZE_MAX)
		t->lock = (struct explain_lock){ .primitive = PRIMITIVE_LIBC_LOCK };
	t->lock_address = address + (uint64_t)(int64_t)t->lock.base_offset;
	explain_find_owner(e, thread, s);
	t->lock_name = name_lock(e, t, s);
	t->go = explain_go_read(s, &t->stack, t->lock_name);
	if (t->go == GO_WAIT_SCHED_LOCK || t->go == GO_WAIT_LOCK)
		t->lock.primitive = PRIMITIVE_GO_LOCK;
}

/* --- the whole snapshot --- */

static bool is_futex(const struct thread *t)
{
	return t->wait == WAIT_FUTEX || t->wait == WAIT_FUTEXV;
}

/* A futex wait with a timeout is no rest, but in Go's runtime the stack tells what is asked for
 * again and again. */
static bool is_timed_futex(const struct thread *t)
{
	return t->wait == WAIT_NONE && t->rest == REST_TIMED && t->syscall_nr == SYS_futex;
}

static char *name_signal_wait(const struct explain_thread *t, struct symbols *s)
{
	cleanup(cleanup_free) char *taker = s ? find_taker(s, &t->stack) : NULL;

	return taker ? mem_printf("a signal (awaited in %s)", taker) : mem_strdup("a signal");
}

static void gather_thread(struct explanation *e, size_t thread)
{
	const struct thread *th = &e->s->threads[thread];
	struct explain_thread *t = &e->threads[thread];
	struct symbols *s;

	t->wanted = true;
	if (e->with_stacks) {
		take_stack(e, thread);
		take_language_stack(e, thread);
	}
	if (is_futex(th)) {
		gather_futex(e, thread);
		gather_language_wait(e, thread);
	}
	if (th->wait == WAIT_SIGNAL)
		t->lock_name = name_signal_wait(t, symbols_of(e, th->process));
	s = is_timed_futex(th) ? symbols_of(e, th->process) : NULL;
	if (s)
		t->go = explain_go_read(s, &t->stack, NULL);
}

int explain_gather(const struct snapshot *s, const struct proof *p, enum explain_stacks stacks,
	bool with_stacks, bool all, struct explanation *ret_explanation)
{
	struct explanation e = { .s = s,
		.p = p,
		.stacks = stacks,
		.with_stacks = with_stacks,
		.class = CLASS_NONE,
		.leaf = SIZE_MAX };
	bool any = false;

	e.threads = mem_alloc(s->n_threads * sizeof(*e.threads));
	e.symbols = mem_alloc(s->n_processes * sizeof(*e.symbols));
	e.unwind = mem_alloc(s->n_processes * sizeof(*e.unwind));
	e.tried = mem_alloc(s->n_processes * sizeof(*e.tried));
	e.languages = mem_alloc(s->n_processes * sizeof(struct language_process *));
	e.language_tried = mem_alloc(s->n_processes * sizeof(bool));
	e.local_tid = mem_alloc(s->n_threads * sizeof(*e.local_tid));
	e.had_threads = mem_alloc(s->n_processes * sizeof(bool));
	e.forked = mem_alloc(s->n_processes * sizeof(bool));
	for (size_t i = 0; i < s->n_threads; i++) {
		e.threads[i].owner = SIZE_MAX;
		e.threads[i].go = GO_WAIT_NONE;
		e.threads[i].cause = i;
		e.threads[i].stuck = p->stuck[i];
	}
	read_local_tids(&e);
	for (size_t i = 0; i < s->n_processes; i++) {
		e.had_threads[i] = had_more_threads(s, &s->processes[i]);
		e.forked[i] = is_forked(s, &s->processes[i]);
	}
	for (size_t i = 0; i < s->n_threads; i++)
		if (all || p->stuck[i])
			gather_thread(&e, i);
	for (size_t i = 0; i < s->n_threads; i++) {
		size_t owner = e.threads[i].owner;

		if (owner != SIZE_MAX && !e.threads[owner].wanted)
			gather_thread(&e, owner);
	}
	for (size_t i = 0; i < s->n_processes; i++)
		any = any || e.symbols[i] || !e.tried[i];
	if (!any && s->n_processes) {
		explanation_done(&e);
		return -ESRCH;
	}
	*ret_explanation = e;
	return 0;
}

void explanation_done(struct explanation *e)
{
	if (!e->s)
		return;
	for (size_t i = 0; i < e->s->n_threads; i++) {
		free(e->threads[i].lock_name);
		unwind_stack_done(&e->threads[i].stack);
		language_stack_done(&e->threads[i].language);
	}
	for (size_t i = 0; i < e->s->n_processes; i++) {
		language_close(e->languages[i]);
		unwind_free(e->unwind[i]);
		symbols_free(e->symbols[i]);
	}
	free(e->threads);
	free(e->symbols);
	free(e->unwind);
	free(e->tried);
	free(e->languages);
	free(e->language_tried);
	free(e->local_tid);
	free(e->had_threads);
	free(e->forked);
	*e = (struct explanation){ 0 };
}
