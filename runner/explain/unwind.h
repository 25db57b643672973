/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * unwind.h: the call stack of a thread of another process.
 *
 * Read-only: from the stack and instruction pointers that /proc/PID/task/TID/syscall gives for a
 * blocked thread, by the call frame information of its modules. Registers that only a stopped
 * thread would give are recovered from the stack: where a frame can't be had without them, or its
 * module has no frame information (Debian's musl), the stack is scanned for a return address, and
 * everything from there on is marked as guessed.
 * Attached: ptrace stops the thread for a few milliseconds and gives all registers.
 */
#ifndef RUNNER_EXPLAIN_UNWIND_H
#define RUNNER_EXPLAIN_UNWIND_H

#include "runner/snapshot/snapshot.h"
#include "runner/explain/symbols.h"

struct unwind;

struct unwind_frame {
	struct symbols_place place;
	uint64_t pc;
	struct variable_frame registers; /* by which its variables are found; cfa 0 unknown */
	bool guessed;
	bool inlined;     /* into the next one: both have the same pc */
	bool interrupted; /* by a signal: the functions further in are its handler's */
};

struct unwind_stack {
	struct unwind_frame *frames; /* innermost first */
	size_t n, cap;
	bool attached; /* false although asked for: ptrace was refused, the rest is read-only */
};

/* One process. The symbols must outlive it. Never fails: what can't be had is missing later. */
struct unwind *unwind_new(struct symbols *s, pid_t pid, bool attach);
void unwind_free(struct unwind *u); /* NULL-safe */

/* The frames that could be had, none for a thread that is not blocked in a system call. guess: scan
 * the stack where there are no more of them. */
void unwind_thread(
	struct unwind *u, const struct thread *t, bool guess, struct unwind_stack *ret_stack);
void unwind_stack_done(struct unwind_stack *stack);

/* "function (file:line)", "? function+0x12 (libc.so.6)", ...: a line for people. Caller frees. */
char *unwind_frame_text(const struct unwind_frame *f);

/* The function that the call before a return address calls, through its PLT stub or GOT entry too:
 * a stripped libc may not name what it ended up in. NULL unknown; the caller frees. */
char *unwind_called_function(struct symbols *s, uint64_t return_address);

#endif
