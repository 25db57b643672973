/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * python/frame.h: threads and frames of a running interpreter.
 */
#ifndef RUNNER_EXPLAIN_PYTHON_FRAME_H
#define RUNNER_EXPLAIN_PYTHON_FRAME_H

#include "runner/explain/python/object.h"

#include <sys/types.h>

enum { PYTHON_MAX_FRAMES = 96, PYTHON_MAX_THREADS = 1024 };

struct python_thread {
	uint64_t state; /* PyThreadState */
	uint64_t ident; /* what Python calls it by: its pthread_t */
	pid_t tid;      /* as the process itself counts; 0 unknown */
};

/* A frame that runs a function of Python's; those of the interpreter itself are passed over. */
struct python_frame {
	uint64_t code, globals, back;
	uint64_t locals; /* address of the first variable */
	uint64_t n_locals;
	uint64_t stack;  /* address of the first value of its stack */
	size_t depth;    /* how many of these are certainly in use */
	uint64_t offset; /* of the current instruction, in bytes */
};

/* At most max threads of all interpreters. */
size_t python_read_threads(const struct python *p, struct python_thread *ret_threads, size_t max);
/* The thread that a pthread_t belongs to, 0 unknown. native_id: what Python says, or 0. */
pid_t python_tid(const struct python *p, uint64_t ident, uint64_t native_id);

/* The frames of a thread, innermost first: at most max. */
size_t python_read_frames(
	const struct python *p, uint64_t state, struct python_frame *ret_frames, size_t max);
/* The frame of a suspended coroutine or generator. */
bool python_read_generator(
	const struct python *p, uint64_t generator, struct python_frame *ret_frame);

char *python_frame_function(const struct python *p, const struct python_frame *f);
char *python_frame_file(const struct python *p, const struct python_frame *f);
int python_frame_line(const struct python *p, const struct python_frame *f);
/* A file of Python's own library. Pure. */
bool python_is_library(const char *file);

/* Whether a path ends with that of a module ("asyncio/locks.py"). Pure; NULL-safe. */
bool python_is_module(const char *file, const char *module);
/* "wait" of "Event.wait". Pure. */
const char *python_bare_name(const char *qualified);

/* A value of the frame's stack. */
uint64_t python_stack_value(const struct python *p, const struct python_frame *f, size_t i);
/* A variable; what a cell holds. 0: not set. */
uint64_t python_local(const struct python *p, const struct python_frame *f, size_t i);
uint64_t python_local_named(const struct python *p, const struct python_frame *f, const char *name);
char *python_local_name(const struct python *p, const struct python_frame *f, size_t i);

#endif
