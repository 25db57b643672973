/* SPDX-License-Identifier: GPL-3.0-or-later */
/* May a timer be armed that ends a wait? The kernel says so of none directly. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/vfs.h>

#include "runner/snapshot/internal.h"

#define BIT(signal) (UINT64_C(1) << ((signal)-1))

/* Where a container hides it (it is empty then), the host's own may be mounted somewhere else. No
 * copy will do: what is read must be how things are. */
static ssize_t read_timer_list(struct collect *c, char **ret_text)
{
	const char *elsewhere = getenv("HANGRATE_TIMER_LIST");
	ssize_t n = procfs_read_all(c->proc, "timer_list", ret_text);
	struct statfs fs;

	if (n || !elsewhere)
		return n;
	free(*ret_text);
	*ret_text = NULL;
	if (statfs(elsewhere, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return -EINVAL;
	return procfs_read_all(AT_FDCWD, elsewhere, ret_text);
}

/*
 * The kernel prints one timer after the other, and finds its place by counting again: a timer that
 * ends meanwhile may hide the next one. So each collect reads twice, and the proof takes two.
 */
static int read_armed(struct collect *c, struct procfs_armed *ret_armed)
{
	enum { READS = 2 };

	*ret_armed = (struct procfs_armed){ 0 };
	for (int i = 0; i < READS; i++) {
		cleanup(cleanup_free) char *text = NULL;
		ssize_t n = read_timer_list(c, &text);
		struct procfs_armed armed;
		int r = n < 0 ? (int)n : procfs_parse_timer_list(text, (size_t)n, &armed);

		if (r < 0)
			return r;
		ret_armed->alarm |= armed.alarm;
		ret_armed->posix |= armed.posix;
	}
	return 0;
}

const struct procfs_armed *timers_armed(struct collect *c)
{
	if (!c->armed_known && read_armed(c, &c->armed) < 0)
		c->armed = (struct procfs_armed){ true, true };
	c->armed_known = true;
	return &c->armed;
}

/*
 * An interval timer is nowhere to be seen, only that its signal is caught. A program that catches
 * nearly everything (Go's runtime does) says nothing by that; one that catches these few does.
 */
static const char *timer_signal(uint64_t caught)
{
	static const struct {
		int signal;
		const char *why;
	} timers[] = {
		{ SIGALRM, "SIGALRM has a handler: a timer may be armed" },
		{ SIGVTALRM, "SIGVTALRM has a handler: a timer may be armed" },
		{ SIGPROF, "SIGPROF has a handler: a timer may be armed" },
		{ SIGIO, "SIGIO has a handler: some file may send it" },
	};

	if (__builtin_popcountll(caught) >= 48)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(timers); i++)
		if (caught & BIT(timers[i].signal))
			return timers[i].why;
	return NULL;
}

/* Its timers are listed with what they do, but not whether they are armed. */
static const char *timer_posix(struct collect *c, size_t process)
{
	ssize_t n = procfs_read(c->aux[process].dir, "timers", c->buffer, sizeof(c->buffer));

	/* Without the file (CONFIG_CHECKPOINT_RESTORE) nobody can say. */
	if (n == 0)
		return NULL;
	if (n < 0 && n != -EFBIG)
		return "its timers can't be read";
	if (n > 0 && procfs_timers_are_listed(c->buffer, (size_t)n) && !timers_armed(c)->posix)
		return NULL;
	return "has a POSIX timer, which may be armed";
}

const char *timer_judge(struct collect *c, size_t process)
{
	const char *why = timer_signal(c->s->processes[process].caught);

	return why ? why : timer_posix(c, process);
}
