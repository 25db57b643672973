/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * futex.h: a gate that is passed once, by bare futex calls: what is shared, and how, is up to
 * the target.
 */
#ifndef TESTS_FUTEX_H
#define TESTS_FUTEX_H

#include "tests/targets/target.h"

enum { FUTEX_WAIT_SHARED = 0, FUTEX_WAKE_SHARED = 1, FUTEX_WAIT_OWN = 128, FUTEX_WAKE_OWN = 129 };

static inline void futex_gate_wait(uint32_t *gate, int op)
{
	while (__atomic_load_n(gate, __ATOMIC_ACQUIRE) == 0)
		syscall(SYS_futex, gate, op, 0, NULL, NULL, 0);
}

static inline void futex_gate_open(uint32_t *gate, int op)
{
	__atomic_store_n(gate, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, gate, op, INT32_MAX, NULL, NULL, 0);
}

#endif
