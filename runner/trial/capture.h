/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capture.h: what a trial printed, bounded: the first 32 KiB and the last 32 KiB, with a line
 * between that says how much is missing. Floods cost no memory.
 */
#ifndef RUNNER_TRIAL_CAPTURE_H
#define RUNNER_TRIAL_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#define CAPTURE_HALF ((size_t)32 * 1024)

struct capture {
	char *head, *tail; /* allocated on first use, kept for the next trial */
	size_t head_len, tail_len, tail_at;
	uint64_t total;
};

void capture_reset(struct capture *c);
void capture_done(struct capture *c);
void capture_add(struct capture *c, const char *data, size_t len);
/* All that was kept; NULL and 0 when nothing was printed. The caller frees it. */
char *capture_take(const struct capture *c, size_t *ret_len);

#endif
