/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * util.h: the few things every file of the runner needs. Never grows a policy.
 */
#ifndef RUNNER_BASE_UTIL_H
#define RUNNER_BASE_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define NSEC_PER_SEC INT64_C(1000000000)
#define NSEC_PER_MSEC INT64_C(1000000)

#define cleanup(fn) __attribute__((cleanup(fn)))

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Monotonic time in nanoseconds: the clock of every duration and deadline. */
static inline int64_t time_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/* Unix time, for people. */
static inline int64_t time_wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / NSEC_PER_MSEC;
}

/* Memory that cannot fail: out of memory ends the program with one line and status 3. The caller
 * frees with free(). mem_grow() makes room for one more element behind *n of *cap and zeroes it. */
void *mem_alloc(size_t size);
void *mem_realloc(void *p, size_t size);
char *mem_strdup(const char *s); /* NULL gives NULL */
char *mem_strndup(const char *s, size_t n);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void *mem_grow(void *array, size_t n, size_t *cap, size_t element_size);
/* Whether so much more can be mapped (RLIMIT_AS, RLIMIT_DATA): for what cannot live with a malloc()
 * that fails. */
bool mem_is_left(size_t size);

#endif
