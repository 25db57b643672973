/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the word that a thread waits on belongs to: kind, name and owner of the lock. */
#include "runner/explain/internal.h"

#include "runner/arch/arch.h"
#include "runner/base/util.h"

#include <sys/syscall.h>

bool explain_is_futex(const struct thread *t)
{
	return t->wait == WAIT_FUTEX || t->wait == WAIT_FUTEXV ||
	       (t->wait == WAIT_NONE && t->rest == REST_TIMED && t->syscall_nr == SYS_futex);
}

/* Their locks and event loops are built upon a libc's, and few of their functions have names. */
static bool is_of_interpreter(const struct unwind_frame *f)
{
	static const char *const modules[] = { "libruby", "libtcl" };

	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		if (f->place.module && !strncmp(f->place.module, modules[i], strlen(modules[i])))
			return true;
	return false;
}

/* As far out as the functions are a libc's or runtime's: who called those asks for what they wait
 * for. */
static void see_functions(const struct unwind_stack *stack, struct explain_lock_function *ret)
{
	explain_lock_function_init(ret);
	for (size_t i = 0; i < stack->n; i++) {
		const char *f = stack->frames[i].place.function;

		if (f)
			explain_lock_function_see(ret, f);
		if (!explain_is_foreign(&stack->frames[i]) && !is_of_interpreter(&stack->frames[i]))
			return;
	}
}

/* The innermost function of the libc or runtime that has a name and a purpose of its own; where the
 * libc names none, what the program called. The caller frees. */
char *explain_find_taker(struct symbols *s, const struct unwind_stack *stack)
{
	char *called;
	size_t i;

	for (i = 0; i < stack->n && explain_is_foreign(&stack->frames[i]); i++) {
		const char *f = stack->frames[i].place.function;

		if (f && !explain_is_plumbing(f))
			return mem_strdup(f);
	}
	if (!i || i == stack->n)
		return NULL;
	called = unwind_called_function(s, stack->frames[i].pc);
	if (called && explain_is_plumbing(called)) {
		free(called);
		return NULL;
	}
	return called;
}

/* A stripped libc may have no name for the function that waits, but one for what was called. */
static void see_taker(struct symbols *s, struct explain_thread *t)
{
	cleanup(cleanup_free) char *taker = t->function.primitive == PRIMITIVE_UNKNOWN
						    ? explain_find_taker(s, &t->stack)
						    : NULL;

	if (taker)
		explain_lock_function_see(&t->function, taker);
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

/* "_IO_stdfile_2_lock" of glibc is the lock of stderr. */
static void name_stream(char *name)
{
	static const char *const streams[] = { "stdin", "stdout", "stderr" };
	int n;

	if (sscanf(name, "_IO_stdfile_%d_lock", &n) == 1 && n >= 0 && n < 3)
		strcpy(name, streams[n]);
}

/* "condition variable (taken in pthread_cond_wait)" says nothing more; pthread_cond_broadcast does.
 */
static bool is_plain_wait(const struct explain_thread *t, const char *taker)
{
	return explain_primitive_of(taker) == t->lock.primitive && strstr(taker, "wait");
}

static char *name_lock(const struct explanation *e, struct explain_thread *t, struct symbols *s)
{
	cleanup(cleanup_free) char *taker = explain_find_taker(s, &t->stack);
	char *name;

	if (!e->with_stacks)
		return symbols_name_cheap(s, t->lock_address);
	name = symbols_name_data(s, t->lock_address, &t->lock_has_symbol);
	name_stream(name);
	if (t->lock_has_symbol && is_word_within(t->lock.primitive))
		name[strcspn(name, "+")] = 0;
	if (taker && !is_plain_wait(t, taker) && !t->function.name && is_named_by_taker(t)) {
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

static bool is_contended_lock(const struct thread *th, const char *bytes)
{
	uint32_t word;

	memcpy(&word, bytes + EXPLAIN_WINDOW_BEFORE, sizeof(word));
	return th->wait == WAIT_FUTEX &&
	       explain_is_contended_lock((uint32_t)th->args[1], (uint32_t)th->args[2], word);
}

/* --- a mutex with priority inheritance that the kernel refused --- */

/* Of struct pthread_mutex_t of glibc: lock at 0, owner at 8, kind at 16. */
static bool is_pi_mutex(const struct symbols *s, uint64_t address)
{
	enum { KIND = 0x7f, PRIO_INHERIT = 32, TID = 0x3fffffff };
	uint32_t words[5];

	return address && address % sizeof(uint64_t) == 0 &&
	       symbols_read(s, address, words, sizeof(words)) == 0 && words[2] &&
	       (words[0] & TID) == words[2] && words[4] & PRIO_INHERIT && !(words[4] & ~KIND);
}

/* The argument of the call that returns here, where the mutex is a variable. 0: the code is
 * another. */
static uint64_t find_argument(const struct symbols *s, uint64_t return_address)
{
	unsigned char code[ARCH_ARGUMENT_BYTES];
	uint64_t begin = return_address - ARCH_ARGUMENT_BYTES;

	return symbols_read(s, begin, code, sizeof(code)) < 0 ? 0 : arch_argument(code, begin);
}

/* When the kernel sees that a lock would be a deadlock, glibc sleeps for ever on a zero word of the
 * thread's own stack (nptl/pthread_mutex_lock.c, EDEADLK). The mutex is what the program's function
 * asked for. *ret_mutex is 0 where that can't be found. A mutex that the program has on its stack
 * is waited for while it is not zero. */
static bool is_refused(const struct symbols *s, const struct thread *t,
	const struct unwind_stack *stack, uint64_t word, uint64_t *ret_mutex)
{
	uint32_t value;
	size_t i = 0;

	*ret_mutex = 0;
	if (word < t->sp || word - t->sp > 4096 || t->args[2] != 0 ||
		symbols_read(s, word, &value, sizeof(value)) < 0 || value != 0)
		return false;
	while (i < stack->n && explain_is_foreign(&stack->frames[i]))
		i++;
	if (i < stack->n)
		*ret_mutex = find_argument(s, stack->frames[i].pc);
	if (*ret_mutex && !is_pi_mutex(s, *ret_mutex))
		*ret_mutex = 0;
	return true;
}

/* --- the whole --- */

static void decode(struct explanation *e, size_t thread, const struct symbols *s, uint64_t address)
{
	const struct thread *th = &e->s->threads[thread];
	struct explain_thread *t = &e->threads[thread];
	enum explain_primitive hint = t->function.primitive;
	char bytes[EXPLAIN_WINDOW];

	/* The function of glibc that joins has a name only where its debug symbols are. Nothing but
	 * a join waits for this word, and the kernel clears it. */
	if (hint == PRIMITIVE_UNKNOWN && explain_tid_of_tcb(s, address - ARCH_GLIBC_TID))
		hint = PRIMITIVE_JOIN;
	read_window(s, address, bytes);
	if (hint == PRIMITIVE_UNKNOWN && is_lowlevellock(th, t, bytes))
		hint = PRIMITIVE_LIBC_LOCK;
	if (hint == PRIMITIVE_UNKNOWN && is_contended_lock(th, bytes))
		hint = PRIMITIVE_LOCK;
	explain_lock_decode(hint, th->wait == WAIT_FUTEX ? (uint32_t)th->args[1] : 0, bytes,
		sizeof(bytes), &t->lock);
	/* musl's internal locks count their waiters where a mutex has its owner. */
	if (hint == PRIMITIVE_UNKNOWN && t->lock.base_offset && t->lock.owners[0] &&
		explain_find_thread(e, thread, t->lock.owners[0]) == SIZE_MAX)
		t->lock = (struct explain_lock){ .primitive = PRIMITIVE_LIBC_LOCK };
	if (t->lock.primitive == PRIMITIVE_RWLOCK) {
		uint32_t word;

		memcpy(&word, bytes + EXPLAIN_WINDOW_BEFORE, sizeof(word));
		t->lock.base_offset = -explain_rwlock_offset(address, word);
	}
	/* library/std/src/sys/sync/rwlock/futex.rs: state, then writer_notify. */
	if (t->function.rust_writer)
		t->lock.base_offset = -4;
	t->lock_address = address + (uint64_t)(int64_t)t->lock.base_offset;
}

void explain_read_futex(struct explanation *e, size_t thread, struct symbols *s)
{
	const struct thread *th = &e->s->threads[thread];
	struct explain_thread *t = &e->threads[thread];
	uint64_t address = th->n_objects ? e->s->objects[th->objects[0]].address : th->args[0];
	uint64_t mutex = 0;
	bool refused;

	see_functions(&t->stack, &t->function);
	see_taker(s, t);
	refused = t->function.primitive == PRIMITIVE_MUTEX &&
		  is_refused(s, th, &t->stack, address, &mutex);
	decode(e, thread, s, mutex ? mutex : address);
	explain_find_owner(e, thread, s);
	t->lock_name =
		refused && !mutex ? mem_strdup("with priority inheritance") : name_lock(e, t, s);
	t->go = explain_go_read(s, &t->stack, t->lock_name);
	if (t->go == GO_WAIT_SCHED_LOCK || t->go == GO_WAIT_LOCK)
		t->lock.primitive = PRIMITIVE_GO_LOCK;
}
