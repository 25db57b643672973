/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who has run, by the kernel's own records. */
#include "runner/base/util.h"
#include "runner/proc/switches.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(switches, .timeout = 60);

struct looked_for {
	pid_t pid;
	bool named;
};

static void note(void *data, pid_t pid)
{
	struct looked_for *l = data;

	l->named = l->named || pid == l->pid;
}

/* Who may not ask has nothing to test. */
static struct switches *open_or_skip(void)
{
	struct switches *s = switches_open();

	if (!s)
		cr_skip_test("the kernel does not let us");
	return s;
}

/* Sends back each byte that it gets. */
static pid_t start_echo(int ret_to[2], int ret_from[2])
{
	pid_t pid;
	char byte;

	cr_assert_eq(pipe(ret_to), 0);
	cr_assert_eq(pipe(ret_from), 0);
	pid = fork();
	if (pid)
		return pid;
	while (read(ret_to[0], &byte, 1) == 1 && write(ret_from[1], &byte, 1) == 1)
		;
	_exit(0);
}

static void call(const int *to, const int *from)
{
	char byte = 'x';

	cr_assert_eq(write(to[1], &byte, 1), 1);
	cr_assert_eq(read(from[0], &byte, 1), 1);
}

/* Until it sleeps again. */
static void settle(struct switches *s, struct looked_for *l)
{
	for (int i = 0; i < 1000; i++) {
		l->named = false;
		if (switches_read(s, note, l) && !l->named)
			return;
		usleep(2000);
	}
	cr_assert_fail("it does not come to rest");
}

Test(switches, names_who_ran_and_nobody_else)
{
	struct switches *s = open_or_skip();
	struct looked_for l = { 0 };
	int to[2], from[2];

	l.pid = start_echo(to, from);
	call(to, from);
	cr_expect(switches_read(s, note, &l));
	cr_expect(l.named, "one that began");
	settle(s, &l);
	call(to, from);
	cr_expect(switches_read(s, note, &l));
	cr_expect(l.named, "one that ran");
	settle(s, &l);
	kill(l.pid, SIGKILL);
	waitpid(l.pid, NULL, 0);
	cr_expect(switches_read(s, note, &l));
	cr_expect(l.named, "one that ended");
	switches_close(s);
}

/* A child that has not run yet has what its parent had. */
Test(switches, names_who_was_born)
{
	struct switches *s = open_or_skip();
	struct looked_for l = { .pid = getpid() };
	int to[2], from[2];

	/* The parent is named beside its child, whatever the child does. */
	start_echo(to, from);
	cr_expect(switches_read(s, note, &l));
	cr_expect(l.named);
	switches_close(s);
}

Test(switches, says_when_some_are_lost)
{
	struct switches *s = open_or_skip();
	struct looked_for l = { 0 };
	int to[2], from[2];

	l.pid = start_echo(to, from);
	for (int i = 0; i < 30000; i++)
		call(to, from);
	cr_expect_not(switches_read(s, note, &l));
	call(to, from);
	cr_expect_not(switches_read(s, note, &l), "the kernel says what did not fit");
	settle(s, &l);
	call(to, from);
	cr_expect(switches_read(s, note, &l));
	cr_expect(l.named);
	kill(l.pid, SIGKILL);
	switches_close(s);
}

/* A processor may have gone and come back meanwhile. */
Test(switches, a_long_time_is_not_vouched_for)
{
	struct switches *s = open_or_skip();
	struct looked_for l = { 0 };

	cr_expect(switches_read(s, note, &l));
	usleep(1100000);
	cr_expect_not(switches_read(s, note, &l));
	settle(s, &l); /* others may have filled a ring, which the next record tells */
	switches_close(s);
}
