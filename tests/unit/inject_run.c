/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/inject_run.h"

#include "runner/base/util.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

extern char **environ;

/* Ours instead of those of the same name. The child's to leak. */
static char **merge(char *const *ours)
{
	size_t n = 0, m = 0;
	char **all;

	while (environ[n])
		n++;
	while (ours[m])
		m++;
	all = mem_alloc((n + m + 1) * sizeof(*all));
	memcpy(all, ours, m * sizeof(*all));
	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(environ[i], "=") + 1;
		bool again = false;

		for (size_t j = 0; ours[j]; j++)
			again |= !strncmp(ours[j], environ[i], len);
		if (!again)
			all[m++] = environ[i];
	}
	return all;
}

struct inject *inject_run_prepare(const char *rules, enum arm arm, const char *exe)
{
	struct inject_target target = { .exe = exe };
	struct inject_spec spec = { 0 };
	struct inject *inject;
	char *error = NULL;

	cr_assert(eq(int, inject_parse(rules, strlen(rules), &spec, &error), 0), "%s", error);
	cr_assert(eq(int, inject_new(&spec, &target, arm, &inject, &error), 0), "%s", error);
	inject_spec_done(&spec);
	return inject;
}

void inject_run_spawn(struct inject_run *r, char *const argv[])
{
	struct inject_child child;
	char **env;

	cr_assert(eq(int, inject_trial_new(r->inject, 1, &r->trial), 0));
	env = merge(inject_trial_environ(r->trial));
	fflush(NULL);
	inject_trial_child(r->trial, &child);
	r->pid = child.needs_fork ? fork() : vfork();
	if (r->pid == 0) {
		setpgid(0, 0);
		if (inject_child_enter(&child) == 0)
			execve(argv[0], argv, env);
		_exit(99);
	}
	cr_assert(r->pid > 0);
	free(env);
	r->fd = inject_trial_attach(r->trial, r->pid);
}

void inject_run_start(struct inject_run *r, const char *rules, enum arm arm, char *const argv[])
{
	r->inject = inject_run_prepare(rules, arm, argv[0]);
	inject_run_spawn(r, argv);
}

int inject_run_serve(struct inject_run *r)
{
	int pidfd = (int)syscall(SYS_pidfd_open, r->pid, 0), status;

	for (;;) {
		struct pollfd p[] = { { pidfd, POLLIN, 0 }, { r->fd, POLLIN, 0 } };

		cr_assert(poll(p, 2, -1) > 0);
		if (p[1].revents)
			cr_assert(eq(int, inject_trial_on_event(r->trial), 0));
		if (p[0].revents)
			break;
	}
	close(pidfd);
	cr_assert(eq(int, waitpid(r->pid, &status, 0), r->pid));
	return status;
}

struct record_counters inject_run_stop(struct inject_run *r)
{
	struct record_counters counters;

	inject_trial_finish(r->trial, false, &counters);
	inject_free(r->inject);
	return counters;
}

struct record_counters inject_run_argv(const char *rules, enum arm arm, char *const argv[])
{
	struct inject_run r;
	int status;

	inject_run_start(&r, rules, arm, argv);
	status = inject_run_serve(&r);
	cr_expect(eq(int, status, 0), "%s", argv[0]);
	return inject_run_stop(&r);
}

char *inject_run_path(const char *below)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	cr_assert(n > 0);
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	return mem_printf("%s/%s", self, below);
}
