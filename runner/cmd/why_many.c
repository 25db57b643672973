/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hangrate why of several trees, once or again and again. */
#include "runner/cmd/why.h"

#include "runner/guard/answer.h"
#include "runner/guard/machine.h"
#include "runner/base/exit_status.h"
#include "runner/base/shell.h"
#include "runner/base/util.h"

#include <errno.h>
#include <signal.h>

/* The process id of a container's first process; 0: not found. */
static pid_t ask_engine(const char *engine, const char *container)
{
	cleanup(cleanup_free) char *name = shell_quote(container);
	cleanup(cleanup_free) char *command = mem_printf(
		"%s inspect --type container --format '{{.State.Pid}}' -- %s 2>/dev/null", engine,
		name);
	FILE *f = popen(command, "re");
	int pid = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%d", &pid) != 1 || pid < 0)
		pid = 0;
	pclose(f);
	return pid;
}

static size_t select_container(struct machine *m, const char *name)
{
	pid_t pid = ask_engine("docker", name);

	if (!pid)
		pid = ask_engine("podman", name);
	return pid ? machine_select_pid(m, pid) : 0;
}

static size_t select_name(struct machine *m, const char *name)
{
	char *end;
	long pid = strtol(name, &end, 10);

	if (*name && !*end && pid > 0 && pid <= INT32_MAX)
		return machine_select_pid(m, (pid_t)pid);
	return machine_select_name(m, name);
}

/* 0, or the exit status to leave with. */
static int select_all(const struct why_options *o, struct machine *m)
{
	if (o->all)
		machine_select_all(m);
	if (o->cgroup && machine_select_cgroup(m, o->cgroup) <= 0) {
		fprintf(stderr, "why: --cgroup '%s': no such control group, or it is empty\n",
			o->cgroup);
		return EXIT_USAGE;
	}
	if (o->container && !select_container(m, o->container)) {
		fprintf(stderr,
			"why: --container '%s': neither docker nor podman knows a running container of that name, or it runs on another machine\n",
			o->container);
		return EXIT_USAGE;
	}
	for (char **name = o->names; *name; name++)
		if (!select_name(m, *name)) {
			fprintf(stderr, "why: '%s': no process of that id or name\n", *name);
			return EXIT_USAGE;
		}
	if (o->tree)
		machine_widen(m);
	return 0;
}

/* One look at all of them. 0, or the exit status to leave with. */
static int look(const struct why_options *o, struct answers *ret_answers)
{
	cleanup(cleanup_free) pid_t *roots = NULL;
	struct machine m;
	size_t n;
	int r = machine_read(&m);

	if (r < 0) {
		fprintf(stderr, "why: '/proc': %s\n", strerror(-r));
		return EXIT_BROKEN;
	}
	r = select_all(o, &m);
	n = r ? 0 : machine_roots(&m, &roots);
	machine_done(&m);
	if (r)
		return r;
	answers_collect(roots, n, o->stacks ? EXPLAIN_ATTACH : EXPLAIN_READ_ONLY,
		!o->all && !o->watch_ns, ret_answers);
	return 0;
}

/* Renamed into place: a collector never reads half of it. */
static bool write_metrics(const char *path, const struct answers *a)
{
	cleanup(cleanup_free) char *text = answers_openmetrics(a), *beside = NULL;
	FILE *f;
	bool good;

	if (!strcmp(path, "-"))
		return fputs(text, stdout) >= 0 && fflush(stdout) == 0;
	beside = mem_printf("%s.%d", path, (int)getpid());
	f = fopen(beside, "we");
	good = f && fputs(text, f) >= 0;
	if (f && fclose(f) != 0)
		good = false;
	if (good && rename(beside, path) == 0)
		return true;
	fprintf(stderr, "why: --openmetrics '%s': %s\n", path, strerror(errno));
	unlink(beside);
	return false;
}

static bool print(const struct why_options *o, const struct answers *a, const struct answers *since)
{
	cleanup(cleanup_free) char *text =
		o->json ? answers_json(a) : answers_text(a, !o->all && !since, since);
	char when[32] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (since && !o->json && *text && localtime_r(&now, &tm) &&
		strftime(when, sizeof(when), "%F %T", &tm))
		printf("%s\n", when);
	if (!o->metrics || strcmp(o->metrics, "-") != 0)
		printf("%s%s", text, o->json ? "\n" : "");
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	fprintf(stderr, "why: standard output: %s\n", strerror(errno));
	return false;
}

static int status_of(const struct answers *a)
{
	if (a->n_stuck)
		return EXIT_NOT_MET;
	return a->n && a->n_unreadable == a->n ? EXIT_BROKEN : EXIT_MET;
}

/* Until SIGINT or SIGTERM ends it, as any filter. A process that ended is no error here. */
static int watch(const struct why_options *o)
{
	struct answers before = { 0 }, now;
	int64_t next_ns = time_now_ns();
	bool good = true;
	int r = 0;

	for (int i = 0; good && r == 0; i++) {
		r = look(o, &now);
		if (r)
			break;
		good = print(o, &now, &before) && (!o->metrics || write_metrics(o->metrics, &now));
		answers_done(&before);
		before = now;
		next_ns += o->watch_ns;
		if (next_ns < time_now_ns())
			next_ns = time_now_ns();
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME,
			&(struct timespec){ next_ns / NSEC_PER_SEC, next_ns % NSEC_PER_SEC }, NULL);
	}
	answers_done(&before);
	return r ? r : EXIT_BROKEN;
}

int why_many(const struct why_options *o)
{
	struct answers a;
	bool good;
	int r;

	if (o->watch_ns)
		return watch(o);
	r = look(o, &a);
	if (r)
		return r;
	good = print(o, &a, NULL) && (!o->metrics || write_metrics(o->metrics, &a));
	r = good ? status_of(&a) : EXIT_BROKEN;
	answers_done(&a);
	return r;
}
