/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * raw_call.h: system calls that touch nothing but registers: no errno, no cancellation. A child
 * that runs beside its parent in the parent's memory (clone(2), CLONE_VM) has the parent's thread
 * pointer too, and so the parent's errno.
 */
#ifndef RUNNER_BASE_RAW_CALL_H
#define RUNNER_BASE_RAW_CALL_H

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The result, or -errno. RAW_CALL_IS_RAW: 0 where it goes through libc after all. */
#if defined(__x86_64__)
#define RAW_CALL_IS_RAW 1
static inline long raw_call(long nr, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return r;
}
#elif defined(__aarch64__)
#define RAW_CALL_IS_RAW 1
static inline long raw_call(long nr, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = nr, x0 __asm__("x0") = a, x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c, x3 __asm__("x3") = d;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}
#else
#define RAW_CALL_IS_RAW 0
static inline long raw_call(long nr, long a, long b, long c, long d)
{
	long r = syscall(nr, a, b, c, d);

	return r < 0 ? -errno : r;
}
#endif

#endif
