/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * open() of a FIFO: it returns when somebody opens the other end.
 *
 * What ends the wait (fs/pipe.c, fifo_open and wait_for_partner): a thread that opens the FIFO in
 * the other direction. That takes its name, and no descriptor: anybody in the tree who lives, and
 * somebody outside, may. So it is never proven, only stuck unless somebody opens it.
 */

#include "runner/snapshot/internal.h"
#include "runner/snapshot/wait/wait.h"

enum { PATH_SIZE = 256 };

/* What the program named, as far as it is short; "" it can't be read. Strings end before their page
 * does, so they are read in pieces that no page's end cuts. */
static void read_path(struct collect *c, size_t process, uint64_t address, char ret_path[PATH_SIZE])
{
	size_t n = 0;

	while (n < PATH_SIZE - 1) {
		size_t piece = 64 - (address + n) % 64;

		if (piece > PATH_SIZE - 1 - n)
			piece = PATH_SIZE - 1 - n;
		if (memory_read(c, process, address + n, ret_path + n, piece) < 0) {
			n = 0;
			break;
		}
		if (memchr(ret_path + n, '\0', piece))
			return;
		n += piece;
	}
	ret_path[n] = '\0';
}

static void resolve_open(struct collect *c, size_t thread, const struct call *call)
{
	struct thread *t = &c->s->threads[thread];
	struct object key = { .kind = OBJECT_IPC, .wait = WAIT_FIFO_OPEN, .process = t->process };
	char path[PATH_SIZE];
	bool new;
	size_t o;

	t->wait = WAIT_FIFO_OPEN;
	read_path(c, t->process, call->address, path);
	if (!path[0]) {
		thread_mark_runnable(t, REST_UNREADABLE, "%s: its path", call->name);
		return;
	}
	/* Two threads that open the same name may wait for each other: they do not share an object,
	 * for the name may lead to different files. */
	key.inode = (uint64_t)t->tid;
	key.address = call->address;
	snprintf(key.name, sizeof(key.name), "FIFO %.80s", path);
	o = object_intern(c, &key, &new);
	thread_add_object(c, thread, o);
	object_add_everyone(c, o);
	object_set_unless(c, o, "somebody opens FIFO %.120s", path);
}

static void decode_openat(const uint64_t a[6], struct call *c)
{
	c->address = a[1];
}

#ifdef SYS_open
static void decode_open(const uint64_t a[6], struct call *c)
{
	c->address = a[0];
}
#endif

static const struct wait_call calls[] = {
	WAIT_CALL(openat, decode_openat, resolve_open),
#ifdef SYS_openat2
	WAIT_CALL(openat2, decode_openat, resolve_open),
#endif
#ifdef SYS_open
	WAIT_CALL(open, decode_open, resolve_open),
#endif
};

WAIT_OPS(wait_fifo_open_ops, calls, NULL, NULL, NULL, wait_is_unchanged, NULL, NULL);
