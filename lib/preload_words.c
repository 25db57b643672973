/* SPDX-License-Identifier: MIT */
/*
 * preload_words.c: locks taken without any interposed call and held too briefly to hit by chance,
 * above all those of the libc itself. They are words at fixed addresses, found by the instruction
 * that takes them. The processor watches such a word (a hardware breakpoint of perf_event_open).
 * The thread that has written it gets a SIGTRAP right behind the instruction. If the word now says
 * taken, the thread stays there until the fork has returned.
 *
 * A thread that blocks the signal is not seen. A child never has the descriptors: they are closed
 * before the fork, and no other thread forks meanwhile. The handler stays installed afterwards,
 * since a signal may come late.
 */
#include "lib/preload.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define WORDS_MAX 256
#define SLOTS 4 /* debug registers of the processor */
#define THREADS_MAX 8
#define LOOK_NS 60000000 /* of one fork */
#define SLOT_NS 1000000  /* each word is looked at */
#define ROUNDS 2         /* of all words, in one process: its threads may be at rest now and then */

/* Of <linux/perf_event.h> (Linux 5.13) and <asm-generic/siginfo.h>, which musl-gcc does not find.
 */
#define TYPE_BREAKPOINT 5
#define BREAKPOINT_W 2
#define EXCLUDE_KERNEL (UINT64_C(1) << 5)
#define EXCLUDE_HV (UINT64_C(1) << 6)
#define REMOVE_ON_EXEC (UINT64_C(1) << 36)
#define SIGNALS (UINT64_C(1) << 37)
#define CLOSE_ON_EXEC 8
#define CODE_PERF 6 /* si_code */
#define FLAG_ASYNC 1

struct event {
	uint32_t type, size;
	uint64_t config, sample_period, sample_type, read_format, flags;
	uint32_t wakeup_events, bp_type;
	uint64_t bp_addr, bp_len, unused[6];
	uint64_t sig_data;
};
_Static_assert(sizeof(struct event) == 128, "PERF_ATTR_SIZE_VER7");

/* The end of a siginfo_t of such a signal. */
struct event_signal {
	uint64_t data;
	uint32_t type, flags;
};
#define EVENT_SIGNAL_AT 24

/* sig_data: that it is ours, of which watch, of which word. */
#define OURS (UINT64_C(0x48525754) << 32)
#define OURS_MASK (UINT64_C(0xffffffff) << 32)
#define WATCHES (1u << 24)

static struct hangrate_trap *trap; /* NULL: no words are asked for */

static uint32_t *words[WORDS_MAX];
static bool seen[WORDS_MAX]; /* somebody else took it, and the runner knows */
static unsigned int n_words;
static unsigned int next_word, rounds; /* of looking */
static bool given_up;                  /* nobody came */

/* The one watch of the process. */
static uint32_t watch; /* counts them, so that a late signal of an old one is known */
static uint32_t *watched[SLOTS];
static uint32_t hits[SLOTS];
static uint32_t n_hit; /* futex: words of the watch that were hit */
static int fds[SLOTS * THREADS_MAX];
static unsigned int n_fds;

/* Futex: forks that are under way, or that somebody watches. */
static uint32_t gate;
#define GATE_WATCHED UINT32_MAX

void preload_words_start(struct hangrate_trap *page)
{
	if (page->how != HANGRATE_TRAP_WORD && page->how != HANGRATE_TRAP_LOOK_WORDS)
		return;
	trap = page;
	n_words = preload_search_words(words, WORDS_MAX);
}

/* --- the thread that has written a word --- */

static struct sigaction before; /* what the program does with the signal */

static uint32_t watch_data(unsigned int slot)
{
	return __atomic_load_n(&watch, __ATOMIC_ACQUIRE) % WATCHES * SLOTS + slot;
}

static void hit(uint64_t data)
{
	unsigned int i = data % SLOTS;

	if (data != OURS + watch_data(i) || !__atomic_load_n(watched[i], __ATOMIC_ACQUIRE))
		return;
	if (trap->how == HANGRATE_TRAP_WORD)
		preload_meet();
	else if (!__atomic_fetch_add(&hits[i], 1, __ATOMIC_RELAXED))
		preload_change(&n_hit);
}

/* As if the program's own action had been there all the time. */
static void pass_on(int signal, siginfo_t *info, void *context)
{
	bool forced = info->si_code > 0; /* by the kernel: it can't be ignored */

	if (before.sa_flags & SA_SIGINFO) {
		before.sa_sigaction(signal, info, context);
	} else if (before.sa_handler == SIG_DFL || (before.sa_handler == SIG_IGN && forced)) {
		struct sigaction die = { .sa_handler = SIG_DFL };

		sigaction(signal, &die, NULL);
		syscall(SYS_tgkill, syscall(SYS_getpid), syscall(SYS_gettid), signal);
	} else if (before.sa_handler != SIG_IGN) {
		before.sa_handler(signal);
	}
}

static void on_trap(int signal, siginfo_t *info, void *context)
{
	struct event_signal event = { 0 };
	int saved = errno;

	if (info->si_code == CODE_PERF)
		memcpy(&event, (const char *)info + EVENT_SIGNAL_AT, sizeof(event));
	if ((event.data & OURS_MASK) != OURS)
		pass_on(signal, info, context);
	else if (!(event.flags & FLAG_ASYNC)) /* else it is somewhere else by now */
		hit(event.data);
	errno = saved;
}

static bool is_installed(struct sigaction *ret_now)
{
	return sigaction(SIGTRAP, NULL, ret_now) == 0 && (ret_now->sa_flags & SA_SIGINFO) &&
	       ret_now->sa_sigaction == on_trap;
}

/* Since Linux 5.19 a thread that blocks the signal gets it later; before, it was killed. */
static bool is_harmless(void)
{
	struct utsname u;
	unsigned int version[2] = { 0 };
	const char *s = u.release;

	if (syscall(SYS_uname, &u) < 0)
		return false;
	for (int i = 0; i < 2; i++, s += *s == '.')
		for (; *s >= '0' && *s <= '9'; s++)
			version[i] = version[i] * 10 + (unsigned int)(*s - '0');
	if (version[0] > 5 || (version[0] == 5 && version[1] >= 19))
		return true;
	trap->refused = ENOSYS;
	return false;
}

/* Again, where the program has installed another meanwhile. */
static bool install(void)
{
	struct sigaction ours = { .sa_sigaction = on_trap,
		.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK };
	struct sigaction now;

	if (!is_harmless())
		return false;
	if (is_installed(&now))
		return true;
	before = now;
	return sigaction(SIGTRAP, &ours, NULL) == 0;
}

/* --- the thread that forks --- */

static unsigned int add_threads(
	const char *entries, long size, int tids[THREADS_MAX], unsigned int n)
{
	/* struct linux_dirent64: two numbers of 8 bytes, the length, a byte, the name. */
	for (long at = 0; at < size;) {
		const char *name = entries + at + 19;
		uint16_t length;
		int tid = 0;

		memcpy(&length, entries + at + 16, sizeof(length));
		for (; *name >= '0' && *name <= '9'; name++)
			tid = tid * 10 + *name - '0';
		if (tid && tid != preload_tid() && n < THREADS_MAX)
			tids[n++] = tid;
		at += length;
	}
	return n;
}

/* All but this one. */
static unsigned int other_threads(int tids[THREADS_MAX])
{
	long fd = syscall(
		SYS_openat, AT_FDCWD, "/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(8) char entries[1024];
	unsigned int n = 0;
	long size;

	if (fd < 0)
		return 0;
	while ((size = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0)
		n = add_threads(entries, size, tids, n);
	syscall(SYS_close, fd);
	return n;
}

/* 0 or errno. */
static int watch_thread(int tid, unsigned int slot)
{
	struct event e = { .type = TYPE_BREAKPOINT,
		.size = sizeof(e),
		.sample_period = 1,
		.flags = EXCLUDE_KERNEL | EXCLUDE_HV | REMOVE_ON_EXEC | SIGNALS,
		.bp_type = BREAKPOINT_W,
		.bp_addr = (uintptr_t)watched[slot],
		.bp_len = sizeof(*watched[slot]),
		.sig_data = OURS + watch_data(slot) };
	long fd = syscall(SYS_perf_event_open, &e, tid, -1, -1, CLOSE_ON_EXEC);

	if (fd < 0)
		return errno;
	fds[n_fds++] = (int)fd;
	return 0;
}

/* False: nobody could be watched. Threads that have ended are no reason to say so. */
static bool watch_word(uint32_t *word, unsigned int slot, const int tids[], unsigned int n_tids)
{
	unsigned int had = n_fds;
	int error = 0;

	watched[slot] = word;
	__atomic_store_n(&hits[slot], 0, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < n_tids && (!error || error == ESRCH); i++)
		error = watch_thread(tids[i], slot);
	if (n_fds > had)
		return true;
	if (!slot && error != ESRCH)
		trap->refused = error;
	return false;
}

static bool gate_close(void)
{
	uint32_t nobody = 0;

	return __atomic_compare_exchange_n(
		&gate, &nobody, GATE_WATCHED, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static void gate_open(void)
{
	preload_change(&gate); /* to 0 */
}

static void unwatch(void)
{
	while (n_fds)
		syscall(SYS_close, fds[--n_fds]);
	__atomic_add_fetch(&watch, 1, __ATOMIC_ACQ_REL);
}

/* The next that were not seen yet, as indices; 0: all have been looked at. */
static unsigned int next_batch(unsigned int batch[SLOTS])
{
	unsigned int n = 0;

	while (n < SLOTS && rounds < ROUNDS) {
		if (next_word == n_words) {
			next_word = 0;
			rounds++;
			break;
		}
		if (!seen[next_word])
			batch[n++] = next_word;
		next_word++;
	}
	return n;
}

static void tell(unsigned int word, uint32_t n)
{
	struct hangrate_trap_site *s =
		preload_tell(preload_site_id(words[word]), HANGRATE_TRAP_LOCK_WORD, words[word]);

	seen[word] = true;
	if (s)
		__atomic_add_fetch(&s->passed, n, __ATOMIC_RELAXED);
}

/* False: none can be watched. */
static bool probe_at(
	const unsigned int batch[], unsigned int n, const int tids[], unsigned int n_tids)
{
	unsigned int slots = 0;
	uint32_t none;

	__atomic_store_n(&n_hit, 0, __ATOMIC_RELEASE);
	while (slots < n && watch_word(words[batch[slots]], slots, tids, n_tids))
		slots++;
	for (uint64_t until = preload_now_ns() + SLOT_NS; slots;) {
		none = __atomic_load_n(&n_hit, __ATOMIC_ACQUIRE);
		if (none >= slots || !preload_wait_change(&n_hit, none, until))
			break;
	}
	unwatch();
	for (unsigned int i = 0; i < slots; i++) {
		uint32_t n_hits = __atomic_load_n(&hits[i], __ATOMIC_ACQUIRE);

		if (n_hits)
			tell(batch[i], n_hits);
	}
	return slots;
}

void preload_words_look(void)
{
	uint64_t until = preload_now_ns() + LOOK_NS;
	int tids[THREADS_MAX], saved = errno;
	unsigned int batch[SLOTS], n, n_tids;

	if (!trap || !gate_close())
		return;
	n_tids = other_threads(tids);
	if (n_tids && install())
		while (rounds < ROUNDS && preload_now_ns() < until) {
			n = next_batch(batch);
			if (n && !probe_at(batch, n, tids, n_tids))
				break;
		}
	gate_open();
	errno = saved;
}

static uint32_t *target_word(void)
{
	for (unsigned int i = 0; i < n_words; i++)
		if (preload_site_id(words[i]) == trap->target)
			return words[i];
	return NULL;
}

bool preload_words_open(void)
{
	uint32_t *word = trap && !given_up ? target_word() : NULL;
	int tids[THREADS_MAX], saved = errno;
	unsigned int n;
	bool good;

	if (!word || !gate_close())
		return false;
	n = other_threads(tids);
	good = n && install() && watch_word(word, 0, tids, n);
	if (!good) {
		unwatch();
		gate_open();
	}
	errno = saved;
	return good;
}

void preload_words_close(bool came)
{
	int saved = errno;

	unwatch();
	gate_open();
	given_up = !came;
	errno = saved;
}

void preload_words_fork(void)
{
	uint64_t until = preload_now_ns() + 2 * (trap ? trap->bound_ns + LOOK_NS : 0);

	for (;;) {
		uint32_t now = __atomic_load_n(&gate, __ATOMIC_ACQUIRE);

		if (now == GATE_WATCHED) {
			if (preload_wait_change(&gate, now, until))
				continue;
			return;
		}
		if (__atomic_compare_exchange_n(
			    &gate, &now, now + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return;
	}
}

void preload_words_forked(void)
{
	uint32_t now = __atomic_load_n(&gate, __ATOMIC_ACQUIRE);

	while (now && now != GATE_WATCHED &&
		!__atomic_compare_exchange_n(
			&gate, &now, now - 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		;
}

/* No signal of ours is on its way to a child, so it has the program's own action again. */
void preload_words_forget(void)
{
	struct sigaction now;

	if (!trap)
		return;
	gate = 0;
	given_up = false;
	next_word = rounds = 0;
	watch++;
	if (is_installed(&now))
		sigaction(SIGTRAP, &before, NULL);
}
