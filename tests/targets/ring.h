/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ring.h: one io_uring chain, by bare system calls: after a time, write one byte to an fd.
 */
#ifndef TESTS_RING_H
#define TESTS_RING_H

#include "tests/targets/target.h"

#include <linux/io_uring.h>

/* Returns the ring's fd, which may be closed: the mapping keeps the ring alive. ms is in *nap when
 * the kernel has taken the chain. */
static inline int ring_write_later(int fd, long ms)
{
	struct io_uring_params params = { 0 };
	struct __kernel_timespec nap = { ms / 1000, ms % 1000 * 1000000 };
	int ring = (int)syscall(SYS_io_uring_setup, 2, &params);
	struct io_uring_sqe *sqe;
	uint32_t *index;
	char *sq;

	MUST(ring >= 0);
	sq = mmap(NULL, params.sq_off.array + params.sq_entries * sizeof(uint32_t),
		PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	sqe = mmap(NULL, params.sq_entries * sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring,
		IORING_OFF_SQES);
	MUST(sq != MAP_FAILED && sqe != MAP_FAILED);
	sqe[0] = (struct io_uring_sqe){ .opcode = IORING_OP_TIMEOUT, .fd = -1, .len = 1 };
	sqe[0].flags = IOSQE_IO_HARDLINK; /* a timeout that ends counts as failed: link anyway */
	sqe[0].addr = (uintptr_t)&nap;
	sqe[1] = (struct io_uring_sqe){ .opcode = IORING_OP_WRITE, .fd = fd, .len = 1 };
	sqe[1].addr = (uintptr_t) "x";
	index = (uint32_t *)(sq + params.sq_off.array);
	index[0] = 0;
	index[1] = 1;
	__atomic_store_n((uint32_t *)(sq + params.sq_off.tail), 2, __ATOMIC_RELEASE);
	MUST(syscall(SYS_io_uring_enter, ring, 2, 0, 0, NULL, 0) == 2);
	return ring;
}

#endif
