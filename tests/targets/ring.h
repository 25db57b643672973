/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ring.h: one io_uring chain, by bare system calls: after a time, write one byte to an fd.
 */
#ifndef TESTS_RING_H
#define TESTS_RING_H

#include "tests/targets/target.h"

#include <linux/io_uring.h>

/* Linux 6.5 */
#ifndef IORING_SETUP_NO_MMAP
#define IORING_SETUP_NO_MMAP (1U << 14)
#define IORING_SETUP_REGISTERED_FD_ONLY (1U << 15)
#endif
#define RING_ENTER_REGISTERED (1U << 4)

struct ring {
	int fd;
	char *sq;
	struct io_uring_sqe *sqe;
	size_t sq_size, sqe_size;
};

static inline struct ring ring_make(void)
{
	struct io_uring_params params = { 0 };
	struct ring r = { .fd = (int)syscall(SYS_io_uring_setup, 2, &params) };

	MUST(r.fd >= 0);
	r.sq_size = params.sq_off.array + params.sq_entries * sizeof(uint32_t);
	r.sqe_size = params.sq_entries * sizeof(*r.sqe);
	r.sq = mmap(NULL, r.sq_size, PROT_READ | PROT_WRITE, MAP_SHARED, r.fd, IORING_OFF_SQ_RING);
	r.sqe = mmap(NULL, r.sqe_size, PROT_READ | PROT_WRITE, MAP_SHARED, r.fd, IORING_OFF_SQES);
	MUST(r.sq != MAP_FAILED && r.sqe != MAP_FAILED);
	((uint32_t *)(r.sq + params.sq_off.array))[0] = 0;
	((uint32_t *)(r.sq + params.sq_off.array))[1] = 1;
	__atomic_store_n((uint32_t *)(r.sq + params.sq_off.tail), 2, __ATOMIC_RELEASE);
	return r;
}

/* After that time, write one byte. A timeout that ends counts as failed: link anyway. */
static inline void ring_fill(struct io_uring_sqe *sqe, struct __kernel_timespec *nap, int fd)
{
	sqe[0] = (struct io_uring_sqe){ .opcode = IORING_OP_TIMEOUT, .fd = -1, .len = 1 };
	sqe[0].flags = IOSQE_IO_HARDLINK;
	sqe[0].addr = (uintptr_t)nap;
	sqe[1] = (struct io_uring_sqe){ .opcode = IORING_OP_WRITE, .fd = fd, .len = 1 };
	sqe[1].addr = (uintptr_t) "x";
}

/* Returns the ring, whose fd may be closed: the mapping keeps the ring alive. The kernel has taken
 * the chain. */
static inline struct ring ring_start(int fd, long ms)
{
	struct __kernel_timespec nap = { ms / 1000, ms % 1000 * 1000000 };
	struct ring r = ring_make();

	ring_fill(r.sqe, &nap, fd);
	MUST(syscall(SYS_io_uring_enter, r.fd, 2, 0, 0, NULL, 0) == 2);
	return r;
}

static inline int ring_write_later(int fd, long ms)
{
	return ring_start(fd, ms).fd;
}

/* The ring goes on, seen by nobody: the calling thread keeps it (Linux 5.18). */
static inline void ring_hide(struct ring r)
{
	struct io_uring_rsrc_update update = { .offset = UINT32_MAX, .data = (uint64_t)r.fd };
	enum { REGISTER_RING_FDS = 20 };

	MUST(syscall(SYS_io_uring_register, r.fd, REGISTER_RING_FDS, &update, 1) == 1);
	MUST(munmap(r.sq, r.sq_size) == 0 && munmap(r.sqe, r.sqe_size) == 0 && close(r.fd) == 0);
}

/* A ring in memory of the caller's own, which never had a descriptor (Linux 6.5). */
static inline void ring_start_unseen(int fd, long ms)
{
	struct __kernel_timespec nap = { ms / 1000, ms % 1000 * 1000000 };
	enum { PAGE = 4096, SHARED = MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE };
	char *sq = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, SHARED, -1, 0);
	struct io_uring_sqe *sqe = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, SHARED, -1, 0);
	struct io_uring_params params = { .flags = IORING_SETUP_NO_MMAP |
						   IORING_SETUP_REGISTERED_FD_ONLY };
	int r;

	MUST(sq != MAP_FAILED && sqe != MAP_FAILED);
	/* Their last word: user_addr, which older headers call reserved. */
	((uint64_t *)&params.cq_off)[4] = (uintptr_t)sq;
	((uint64_t *)&params.sq_off)[4] = (uintptr_t)sqe;
	r = (int)syscall(SYS_io_uring_setup, 2, &params);
	MUST(r >= 0);
	ring_fill(sqe, &nap, fd);
	((uint32_t *)(sq + params.sq_off.array))[0] = 0;
	((uint32_t *)(sq + params.sq_off.array))[1] = 1;
	__atomic_store_n((uint32_t *)(sq + params.sq_off.tail), 2, __ATOMIC_RELEASE);
	MUST(syscall(SYS_io_uring_enter, r, 2, 0, RING_ENTER_REGISTERED, NULL, 0) == 2);
}

#endif
