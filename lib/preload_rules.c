/* SPDX-License-Identifier: MIT */
/* preload_rules.c: which calls are delayed and for how long; the counters of this process. */
#include "lib/hash.h"
#include "lib/preload.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static struct hangrate_counters nowhere;
static struct hangrate_counters *counters = &nowhere;
static uint64_t seed;
static bool wants_threads;
static __thread uint64_t own_thread = 1;

static void add(uint64_t *field, uint64_t n)
{
	__atomic_fetch_add(field, n, __ATOMIC_RELAXED);
}

const char *preload_env(const char *name)
{
	size_t n = strlen(name);

	for (char **e = environ; e && *e; e++)
		if (!strncmp(*e, name, n) && (*e)[n] == '=')
			return *e + n + 1;
	return NULL;
}

/* --- draws --- */

/* -ln(u / 2^53) for 0 < u < 2^53, without libm: u = m 2^e with m in [1,2), and
 * ln m = 2 atanh((m-1)/(m+1)). Good to 1e-5. */
static double minus_log(uint64_t u)
{
	int e = 63 - __builtin_clzll(u);
	double m = (double)u / (double)(UINT64_C(1) << e), s = (m - 1) / (m + 1), q = s * s;
	double ln_m = 2 * s * (1 + q * (1 / 3.0 + q * (1 / 5.0 + q * (1 / 7.0 + q / 9.0))));

	return (53 - e) * 0.69314718055994531 - ln_m;
}

#define EXPONENTIAL_CUT 14.0 /* longer ones are one in a million */

static uint64_t draw_ns(const struct preload_rule *r, uint64_t random)
{
	double x;

	switch (r->dist) {
	case 'u':
		return r->lo_ns + (uint64_t)((double)(random >> 11) * 0x1p-53 *
					     (double)(r->hi_ns - r->lo_ns + 1));
	case 'e':
		x = minus_log((random >> 11) | 1);
		return (uint64_t)((x < EXPONENTIAL_CUT ? x : EXPONENTIAL_CUT) * (double)r->lo_ns);
	default:
		return r->lo_ns;
	}
}

/* Absolute, so that signals don't make it longer. The system call by itself: clock_nanosleep() is a
 * cancellation point, and the function that we delay may be none. */
static void sleep_ns(uint64_t ns)
{
	int saved = errno;
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ns += (uint64_t)ts.tv_nsec;
	ts.tv_sec += (time_t)(ns / 1000000000);
	ts.tv_nsec = (long)(ns % 1000000000);
	while (syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) < 0 &&
		errno == EINTR)
		;
	errno = saved;
}

static bool counts(const struct preload_rule *r, uint64_t n)
{
	if (n < r->from)
		return false;
	return r->step ? (n - r->from) % r->step == 0 : n == r->from;
}

void preload_rule_pass(struct preload_row *row, enum preload_when when)
{
	struct preload_rule *r = &row->rule[when];
	uint64_t n, random, ns;

	if (!r->dist || (r->thread && r->thread != own_thread))
		return;
	n = __atomic_add_fetch(&r->count, 1, __ATOMIC_RELAXED);
	add(&counters->passed, 1);
	if (!counts(r, n))
		return;
	random = hash_mix(hash_mix(seed ^ r->stream) ^ n);
	if (random >> 32 >= r->p)
		return;
	ns = draw_ns(r, hash_mix(random));
	if (!ns)
		return;
	/* Count before sleeping, so that a kill during the delay is still recorded. */
	add(&counters->fired, 1);
	add(&counters->delay_ns, ns);
	sleep_ns(ns);
}

/* --- start --- */

/* By hand, as all numbers here: strtoull() has another name in a newer glibc's headers, and
 * strtod() reads the locale, which a constructor must not touch. */
static uint64_t parse_digits(const char *s, const char **ret_end)
{
	uint64_t n = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		n = n * 10 + (uint64_t)(*s - '0');
	*ret_end = s;
	return n;
}

void *preload_map_page(const char *env, size_t size, uint32_t magic)
{
	const char *text = preload_env(env);
	struct stat st;
	uint32_t *page;
	int fd;

	if (!text)
		return NULL;
	fd = (int)parse_digits(text, &text);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (size_t)st.st_size != size)
		return NULL;
	/* The descriptor stays, for what the target executes. */
	page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return NULL;
	if (*page == magic)
		return page;
	munmap(page, size);
	return NULL;
}

void preload_receipt_loaded(uint32_t bit)
{
	__atomic_fetch_or(&counters->loaded, bit, __ATOMIC_RELAXED);
}

struct hangrate_counters *preload_counters(unsigned int offset, uint32_t bit)
{
	preload_receipt_loaded(bit);
	if (counters == &nowhere)
		return &nowhere;
	return (struct hangrate_counters *)((char *)counters - HANGRATE_COUNTERS_PRELOAD + offset);
}

bool preload_parse_numbers(const char *s, uint64_t ret[], unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		const char *end;

		if (i && *s++ != ',')
			return false;
		ret[i] = parse_digits(s, &end);
		if (end == s)
			return false;
		s = end;
	}
	return true;
}

/* "0.25" */
static uint64_t parse_p(const char *s, const char **ret_end)
{
	uint64_t scale = 1, n = 0;
	bool fraction = false;

	for (; (*s >= '0' && *s <= '9') || (*s == '.' && !fraction); s++) {
		if (*s == '.') {
			fraction = true;
			continue;
		}
		if (scale > UINT64_C(100000000))
			continue;
		n = n * 10 + (uint64_t)(*s - '0');
		scale *= fraction ? 10 : 1;
	}
	*ret_end = s;
	return (n << 32) / scale;
}

/* One ",NUMBER"; false where there is none. */
static bool parse_number(const char **s, uint64_t *ret)
{
	const char *end;

	if (**s != ',')
		return false;
	*ret = parse_digits(*s + 1, &end);
	if (end == *s + 1)
		return false;
	*s = end;
	return true;
}

/* "NAME[/exit],dist,lo_ns,hi_ns,p,from,step,thread;": returns where the next begins, NULL at the
 * end. */
static const char *parse_rule(struct preload_row *const rows[], const char *s)
{
	size_t suffix = strlen(HANGRATE_FUNCS_EXIT), n = strcspn(s, ",;");
	const char *end = strchr(s, ';'), *at = s + n;
	enum preload_when when = PRELOAD_ENTER;
	struct preload_rule r = { 0 };

	if (!end)
		return NULL;
	if (n > suffix && !memcmp(s + n - suffix, HANGRATE_FUNCS_EXIT, suffix)) {
		when = PRELOAD_EXIT;
		n -= suffix;
	}
	if (*at != ',')
		return end + 1;
	r.dist = at[1];
	/* The name and the moment. */
	r.stream = hash_bytes(HASH_START, s, (size_t)(at - s));
	at += 2;
	if (!parse_number(&at, &r.lo_ns) || !parse_number(&at, &r.hi_ns) || *at != ',')
		return end + 1;
	r.p = parse_p(at + 1, &at);
	if (!parse_number(&at, &r.from) || !parse_number(&at, &r.step) ||
		!parse_number(&at, &r.thread))
		return end + 1;
	if (r.thread)
		wants_threads = true;
	for (size_t i = 0; rows[i]; i++) {
		struct preload_row *row = rows[i];

		if (strncmp(row->name, s, n) || row->name[n] || !row->real)
			continue;
		row->rule[when] = r;
		row->state = PRELOAD_ACTIVE;
		add(&counters->armed, 1);
	}
	return end + 1;
}

bool preload_rules_want_threads(void)
{
	return wants_threads;
}

void preload_rules_thread(uint64_t number)
{
	own_thread = number;
}

void preload_rules_start(struct preload_row *const rows[])
{
	const char *funcs = preload_env(HANGRATE_ENV_FUNCS), *s;

	char *page = preload_map_page(
		HANGRATE_ENV_COUNTERS, HANGRATE_COUNTERS_SIZE, HANGRATE_COUNTERS_MAGIC);

	if (page)
		counters = (struct hangrate_counters *)(page + HANGRATE_COUNTERS_PRELOAD);
	s = preload_env(HANGRATE_ENV_SEED);
	seed = s ? parse_digits(s, &s) : 0;
	preload_receipt_loaded(HANGRATE_ENGINE_PRELOAD);
	while (funcs && *funcs)
		funcs = parse_rule(rows, funcs);
}
