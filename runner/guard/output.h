/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guard/output.h: standard error of the guard, without keeping it open for the command's readers.
 *
 * Who reads the command's output sees the end of it when the command closes it, as without us:
 * a pipe is therefore only remembered (O_PATH) and opened for each message. Writing is bounded in
 * time: a reader that is stuck itself must not hold up the guard.
 */
#ifndef RUNNER_GUARD_OUTPUT_H
#define RUNNER_GUARD_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct guard_output {
	int fd;
	bool is_path; /* to be opened before use */
	/* Of standard output and standard error where they are pipes, else 0: their readers see the
	 * end when the last writer is gone. */
	uint64_t pipes[2];
};

/* Remembers standard error; then makes 0, 1 and 2 /dev/null and closes every other descriptor but
 * `kept` (above 2, or -1). To be called after the command was started. */
void guard_output_take(struct guard_output *o, int kept);
void guard_output_done(struct guard_output *o);
/* A descriptor to write to, which may block; the caller closes it. -1: there is no reader any more.
 */
int guard_output_open(const struct guard_output *o);
/* Writes all of it, or a part when nothing is read for some seconds. */
void guard_output_write(const struct guard_output *o, const char *text, size_t n);
void guard_output_printf(const struct guard_output *o, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
