/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain/language.h: what the threads of a process do, in the words of the language that its
 * program is written in: `transfer (py_abba.py:12)` instead of the functions of the interpreter.
 *
 * Read from the memory of the interpreter or runtime, from outside; nothing is stopped. What does
 * not fit is left out: no frame, LANGUAGE_WAIT_NONE, a NULL name. It never guesses.
 *
 * A language is one folder with one struct language and one row in languages.c.
 */
#ifndef RUNNER_EXPLAIN_LANGUAGE_H
#define RUNNER_EXPLAIN_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct symbols;

/* What a thread waits for, as the language calls it. */
enum language_wait {
	LANGUAGE_WAIT_NONE, /* for nothing of the language's, or it is not known */
	LANGUAGE_WAIT_LOCK,
	LANGUAGE_WAIT_RLOCK,
	LANGUAGE_WAIT_IMPORT_LOCK, /* Python: of one module */
	LANGUAGE_WAIT_BUFFER_LOCK, /* Python: of a buffered file */
	LANGUAGE_WAIT_INTERPRETER, /* Python: the global interpreter lock */
	LANGUAGE_WAIT_MUTEX,       /* Go: sync.Mutex */
	LANGUAGE_WAIT_RWMUTEX,     /* Go: sync.RWMutex */
	LANGUAGE_WAIT_CONDITION,
	LANGUAGE_WAIT_EVENT,
	LANGUAGE_WAIT_SEMAPHORE,
	LANGUAGE_WAIT_BARRIER,
	LANGUAGE_WAIT_QUEUE,
	LANGUAGE_WAIT_QUEUE_ROOM, /* it is full */
	LANGUAGE_WAIT_QUEUE_DONE, /* until all that was put into it is done */
	LANGUAGE_WAIT_CONNECTION, /* Python: of multiprocessing */
	LANGUAGE_WAIT_PROXY,      /* Python: of an object that a manager's process has */
	LANGUAGE_WAIT_FUTURE,
	LANGUAGE_WAIT_POOL, /* Python: the result of a pool's job */
	LANGUAGE_WAIT_JOIN,
	LANGUAGE_WAIT_CHANNEL_SEND,
	LANGUAGE_WAIT_CHANNEL_RECEIVE,
	LANGUAGE_WAIT_SELECT,
	LANGUAGE_WAIT_GROUP, /* Go: sync.WaitGroup */
	LANGUAGE_WAIT_IO,    /* Go: for a descriptor, which the runtime's poller polls */
	LANGUAGE_WAIT_COUNT,
};
const char *language_wait_name(enum language_wait w); /* "Lock", "Queue", ...; "" for NONE */
/* A lock is held by a thread; the others are waits for an event. */
bool language_wait_is_lock(enum language_wait w);

struct language_frame {
	char *function;
	char *file;   /* NULL unknown */
	int line;     /* 0 unknown */
	bool library; /* of the language's own library: nothing that the reader could change */
};

struct language_stack {
	const char *language;          /* "Python"; NULL: no frames */
	struct language_frame *frames; /* innermost first */
	size_t n, cap;
	enum language_wait wait;
	char *name;       /* of what it waits for, as the program calls it: "journal", "self.lock";
			     NULL unknown */
	uint64_t address; /* of what it waits for, the same for all who wait for it; 0 unknown */
	uint64_t owner_token; /* who holds it, as the language names threads; 0 unknown */
	pid_t owner;          /* who holds it, as the process itself counts threads; 0 unknown */
	char *thread_name;    /* NULL: has none of its own */
	size_t call;       /* the frame to show where all are the library's: of what it waits for */
	bool holds_itself; /* what it waits for was taken further out on this very stack */
	bool holds_interpreter; /* Python: it has the interpreter lock */
};

/* A thread to read the stack of. */
struct language_thread {
	pid_t tid;      /* as the process itself counts */
	uint64_t sp;    /* 0 unknown */
	uint64_t futex; /* address of the word that it waits on; 0 none */
	bool for_child; /* it waits for a child */
};

/* Something that waits and has no thread of its own: a suspended coroutine, equal goroutines. */
struct language_task {
	struct language_stack stack;
	size_t count;      /* how many are equal */
	char *description; /* "goroutine 7, chan receive, 3 minutes, created by main.main (a.go:9)"
			    */
};

struct language {
	const char *name;        /* "Python" */
	const char *interpreter; /* part of the name of the file that it is in; NULL none */
	/* NULL: the process does not run it, or with an unknown layout. */
	void *(*open)(struct symbols *s);
	void (*close)(void *process);
	/* Leaves *stack as it is where the thread is none of the language's. */
	void (*read_thread)(
		void *process, const struct language_thread *t, struct language_stack *stack);
	/* The thread that holds the object at this address, as the process itself counts; 0
	 * unknown. May be NULL. */
	pid_t (*find_holder)(void *process, uint64_t address);
	/* The thread that the language names so; 0 none. May be NULL. */
	pid_t (*find_thread)(void *process, uint64_t token);
	/* May be NULL. The caller frees with language_tasks_done(). */
	void (*read_tasks)(void *process, struct language_task **ret_tasks, size_t *ret_n);
};

/* One process. The symbols must outlive it. */
struct language_process;
struct language_process *language_open(struct symbols *s);   /* NULL: no language that is known */
void language_close(struct language_process *p);             /* NULL-safe, as all of these are */
const char *language_name(const struct language_process *p); /* NULL none */
void language_read_thread(struct language_process *p, const struct language_thread *t,
	struct language_stack *ret_stack);
pid_t language_find_holder(struct language_process *p, uint64_t address);
pid_t language_find_thread(struct language_process *p, uint64_t token);
void language_read_tasks(
	struct language_process *p, struct language_task **ret_tasks, size_t *ret_n);

void language_stack_done(struct language_stack *stack);
void language_tasks_done(struct language_task *tasks, size_t n);

/* Appends a frame; takes function and file over. */
void language_add_frame(
	struct language_stack *stack, char *function, char *file, int line, bool library);

/* The innermost frame of the user's own code, NULL none. */
const struct language_frame *language_where(const struct language_stack *stack);
/* Whether a file is the interpreter of that stack's language: "libpython3.9.so.1.0". */
bool language_is_interpreter(const struct language_stack *stack, const char *module);
/* "transfer (worker.py:31)"; the caller frees. */
char *language_frame_text(const struct language_frame *f);

#endif
