/* SPDX-License-Identifier: MIT */
/*
 * preload_meet.c: how a thread that forks and a thread at the target wait for each other, and the
 * page through which the runner is told which sites there are.
 */
#include "lib/preload.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Of <linux/futex.h>, which musl-gcc does not find. */
#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129

struct hangrate_trap *preload_trap;
struct preload_meeting preload_meeting;

uint64_t preload_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

bool preload_has_threads(void)
{
	int saved = errno;
	struct stat st;
	bool some = stat("/proc/self/task", &st) == 0 && st.st_nlink > 3; /* one, "." and ".." */

	errno = saved;
	return some;
}

bool preload_wait_change(uint32_t *word, uint32_t seen, uint64_t until_ns)
{
	int saved = errno;
	bool changed;

	for (;;) {
		uint64_t now = preload_now_ns(), left = until_ns > now ? until_ns - now : 0;
		struct timespec ts = { (time_t)(left / 1000000000), (long)(left % 1000000000) };

		changed = __atomic_load_n(word, __ATOMIC_ACQUIRE) != seen;
		if (changed || !left)
			break;
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, &ts);
	}
	errno = saved;
	return changed;
}

void preload_change(uint32_t *word)
{
	int saved = errno;

	__atomic_add_fetch(word, 1, __ATOMIC_ACQ_REL);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX);
	errno = saved;
}

void preload_stay_until(uint32_t seen)
{
	uint64_t begin = preload_now_ns();

	preload_wait_change(&preload_meeting.returned, seen, begin + preload_trap->bound_ns);
	__atomic_fetch_add(&preload_trap->delay_ns, preload_now_ns() - begin, __ATOMIC_RELAXED);
}

void preload_meet(void)
{
	uint32_t seen = __atomic_load_n(&preload_meeting.returned, __ATOMIC_ACQUIRE);
	int who = __atomic_load_n(&preload_meeting.forking, __ATOMIC_ACQUIRE);

	if (!who || who == preload_tid())
		return;
	preload_change(&preload_meeting.arrived);
	preload_stay_until(seen);
}

struct hangrate_trap_site *preload_tell(uint64_t id, uint32_t kind, void *address)
{
	for (unsigned int i = 0; i < HANGRATE_TRAP_SITES; i++) {
		struct hangrate_trap_site *t = &preload_trap->sites[i];
		uint64_t there = 0;

		if (__atomic_compare_exchange_n(
			    &t->id, &there, id, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
			t->kind = kind;
			preload_site_name(address, t->where, sizeof(t->where));
		} else if (there != id) {
			continue;
		}
		return t;
	}
	return NULL;
}
