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
 * ends meanwhile may hide the next one. So each collect reads it again and again, and a trial is
 * asked, too.
 */
static int read_armed(struct collect *c, struct procfs_armed *ret_armed)
{
	enum { READS = 4 };

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
	if (c->armed_known)
		return &c->armed;
	c->armed_known = true;
	c->s->timers_known = read_armed(c, &c->armed) == 0;
	if (!c->s->timers_known)
		c->armed = (struct procfs_armed){ true, true };
	return &c->armed;
}

/*
 * alarm() and setitimer(ITIMER_REAL) are nowhere to be seen but in the list of the whole machine
 * (hrtimer it_real_fn; the timer goes on over exec). SIGALRM matters where some thread lets it
 * through: without a handler it ends the process, and so the waits of others. Where nobody can look
 * it may be armed.
 */
static bool alarm_may_come(struct collect *c, size_t process)
{
	const struct process *p = &c->s->processes[process];
	bool open = false;

	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		open = open || (thread_alive(&c->s->threads[i]) &&
				       !(c->s->threads[i].blocked & BIT(SIGALRM)));
	return open && !(p->ignored & BIT(SIGALRM)) && timers_armed(c)->alarm;
}

/* Its POSIX timers are listed with what they do, but not whether they are armed. */
static bool posix_timer_may_come(struct collect *c, size_t process)
{
	ssize_t n = procfs_read(c->aux[process].dir, "timers", c->buffer, sizeof(c->buffer));

	if (n == 0)
		return false;
	return n < 0 || !procfs_timers_are_listed(c->buffer, (size_t)n) || timers_armed(c)->posix;
}

static void add_own_threads(struct collect *c, size_t process)
{
	const struct process *p = &c->s->processes[process];

	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		for (size_t k = 0; k < c->s->threads[i].n_objects; k++)
			object_add_process(c, c->s->threads[i].objects[k], process);
}

static void find_condition(struct collect *c, size_t process)
{
	struct process *p = &c->s->processes[process];
	const char *what;

	p->posix_timers = posix_timer_may_come(c, process);
	what = alarm_may_come(c, process) ? "an alarm" : p->posix_timers ? "a timer" : NULL;
	if (what)
		snprintf(p->timer_unless, sizeof(p->timer_unless), "%s of process %d runs out",
			what, (int)p->pid);
}

void timers_judge(struct collect *c, size_t process)
{
	const struct process *p = &c->s->processes[process];

	find_condition(c, process);
	if (p->caught & (BIT(SIGPROF) | BIT(SIGVTALRM) | BIT(SIGXCPU)))
		add_own_threads(c, process);
}

void timers_judge_all(struct collect *c)
{
	for (size_t i = 0; i < c->s->n_processes; i++)
		if (process_alive(c->s, i) && !c->s->processes[i].timer_unless[0])
			find_condition(c, i);
}
