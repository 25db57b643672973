/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * golang/golang.h: the goroutines of a Go program or library, from the memory of its runtime. Pure
 * functions of that memory: unit tests and a fuzz target feed them.
 *
 * Offsets of struct g, m and sudog as the DWARF of programs built by Go 1.19 to 1.26 has them.
 */
#ifndef RUNNER_EXPLAIN_GOLANG_GOLANG_H
#define RUNNER_EXPLAIN_GOLANG_GOLANG_H

#include "runner/explain/golang/pclntab.h"
#include "runner/explain/language.h"

enum { GO_MAX_GOROUTINES = 4096, GO_MAX_FRAMES = 48 };

struct go_layout {
	uint16_t m, sp, pc, syscall_sp, syscall_pc, status, id, waiting_since, reason, created_at,
		start, waits;      /* of struct g */
	uint16_t thread, current;  /* of struct m */
	uint16_t element, channel; /* of struct sudog */
};

enum go_status {
	GO_RUNNABLE = 1,
	GO_RUNNING = 2,
	GO_SYSCALL = 3,
	GO_WAITING = 4,
	GO_DEAD = 6,
	GO_LEAKED = 10,     /* 1.26: waits, and nothing refers to what it waits for */
	GO_DEAD_EXTRA = 11, /* 1.26: kept for a thread that C calls from */
};

struct go_goroutine {
	uint64_t at;
	uint64_t id;
	unsigned status; /* enum go_status, or a rarer one */
	char *reason;    /* "chan receive"; NULL not known or none */
	int64_t since;   /* ns of the machine's monotonic clock; 0 unknown */
	pid_t tid;       /* of the thread that it is bound to or runs on; 0 none */
	bool system;     /* the runtime's own */
	struct language_stack stack;
	char *creator; /* "main.main (a.go:9)"; NULL unknown */
};

/* What is known of a return address: many goroutines have the same. */
struct go_known {
	uint64_t pc;
	struct go_function function;
	uint64_t size; /* of the frame; UINT64_MAX unknown */
};
enum { GO_KNOWN = 256 };

struct go_world {
	struct go_tables tables;
	char *root; /* the folder of Go's own packages, "/usr/lib/go/src/"; "" not known */
	struct go_known known[GO_KNOWN];
	struct go_layout layout;
	uint64_t reasons;    /* runtime.waitReasonStrings; 0 not found */
	uint64_t allgs;      /* runtime.allgs */
	uint64_t all, n_all; /* what stood in it */
};

/* moduledata: address of one; minor: of Go 1.minor. allgs, reasons: addresses of these variables if
 * known, else 0: they are then looked for in the code that uses them. NULL: not known, or it does
 * not fit. */
struct go_world *go_open(
	const struct peek *m, uint64_t moduledata, int minor, uint64_t allgs, uint64_t reasons);
void go_close(struct go_world *w); /* NULL-safe */

/* At most max; the caller frees with go_goroutines_done(). */
size_t go_read_goroutines(struct go_world *w, struct go_goroutine **ret, size_t max);
void go_goroutines_done(struct go_goroutine *g, size_t n);

/* The minor version of "go1.24.6"; 0 where it is none. */
int go_minor(const char *version);
#endif
