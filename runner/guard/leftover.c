/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which processes hold the output of a command that has ended. The reader (CI, tee, a test runner)
 * waits for the end of the pipe, not for the end of the command.
 */
#include "runner/guard/guard.h"

#include "runner/proc/open.h"
#include "runner/proc/procfs.h"
#include "runner/proc/usage.h"
#include "runner/base/util.h"

#include <fcntl.h>
#include <sys/stat.h>

#define NAME_SIZE 48
#define HOLDERS_MAX 32
#define POLL_NS (20 * NSEC_PER_MSEC)
#define TERM_NS (2 * NSEC_PER_SEC)
/* A child that was just forked holds what it is about to close, and who ends needs a moment. */
#define SETTLE_NS (100 * NSEC_PER_MSEC)

struct search {
	const struct guard_command *command;
	const struct guard_tree *tree;
	const struct guard_output *output;
	pid_t parent; /* ours */
	bool wrapped; /* process ids have begun anew since the command was started */
	int proc;
	int fd_dir;
	bool found;
	pid_t holders[HOLDERS_MAX];
	size_t n;
};

static int look_at_fd(void *data, int fd)
{
	struct search *s = data;
	char name[NAME_SIZE], link[64];
	enum procfs_link kind;
	struct stat st;
	uint64_t inode;
	ssize_t n;

	procfs_name(name, sizeof(name), "", fd, "");
	n = procfs_read_link(s->fd_dir, name, link, sizeof(link));
	if (n < 0 || procfs_parse_link(link, (size_t)n, &kind, &inode) < 0 ||
		kind != PROCFS_LINK_PIPE ||
		(inode != s->output->pipes[0] && inode != s->output->pipes[1]))
		return 0;
	/* The mode of the link tells how it was opened. */
	s->found =
		fstatat(s->fd_dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && (st.st_mode & S_IWUSR);
	return s->found;
}

static bool holds_output(struct search *s, pid_t pid)
{
	char name[NAME_SIZE];

	procfs_name(name, sizeof(name), "", pid, "/fd");
	s->fd_dir = openat(s->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd_dir < 0)
		return false;
	s->found = false;
	procfs_each_number(s->fd_dir, look_at_fd, s);
	close(s->fd_dir);
	return s->found;
}

static bool read_usage(struct search *s, pid_t pid, struct procfs_usage *ret_usage)
{
	char name[NAME_SIZE], text[1024];
	ssize_t n;

	procfs_name(name, sizeof(name), "", pid, "/stat");
	n = procfs_read_record(s->proc, name, text, sizeof(text));
	return n > 0 && procfs_parse_usage(text, (size_t)n, ret_usage) == 0;
}

/* Started by the command: seen in its tree, or none of our parent's other children. */
static bool is_of_command(struct search *s, pid_t pid)
{
	enum { DEPTH = 64 };
	struct procfs_usage usage;

	for (size_t i = 0; i < s->tree->n; i++)
		if (s->tree->members[i].pid == pid)
			return true;
	for (int i = 0; i < DEPTH && pid > 1; i++) {
		if ((pid == s->parent && s->parent != 1) || !read_usage(s, pid, &usage))
			return false;
		pid = usage.ppid;
	}
	return true;
}

static int look_at_process(void *data, int pid)
{
	struct search *s = data;

	if (s->n == HOLDERS_MAX)
		return 1;
	if (pid == getpid() || pid == s->command->marker || (!s->wrapped && pid < s->command->pid))
		return 0;
	if (holds_output(s, pid) && is_of_command(s, pid))
		s->holders[s->n++] = pid;
	return 0;
}

/* The newest process id of the machine, the fifth word of /proc/loadavg. */
static bool has_wrapped(struct search *s)
{
	char text[128];
	ssize_t n = procfs_read(s->proc, "loadavg", text, sizeof(text));
	struct scan scan = scan_text(text, n > 0 ? (size_t)n : 0), word;
	uint64_t last;

	for (int i = 0; i < 4; i++)
		if (!scan_word(&scan, &word))
			return true;
	return !scan_u64(&scan, 10, &last) || last < (uint64_t)s->command->pid;
}

static void settle(struct search *s)
{
	static const struct timespec pause_time = { 0, SETTLE_NS };
	size_t kept = 0;

	nanosleep(&pause_time, NULL);
	for (size_t i = 0; i < s->n; i++)
		if (holds_output(s, s->holders[i]))
			s->holders[kept++] = s->holders[i];
	s->n = kept;
}

static void tell(struct search *s)
{
	cleanup(cleanup_free) char *text = mem_printf(
		"hangrate guard: the command has ended, but %zu process%s still hold%s its output; who reads it waits for them%s\n",
		s->n, s->n == 1 ? "" : "es", s->n == 1 ? "s" : "",
		s->n == HOLDERS_MAX ? " (and there may be more)" : "");

	for (size_t i = 0; i < s->n; i++) {
		cleanup(cleanup_free) char *before = text;
		cleanup(cleanup_free) char *command = guard_command_line(s->holders[i], "?");

		text = mem_printf("%s  %d %s\n", before, (int)s->holders[i], command);
	}
	guard_output_write(s->output, text, strlen(text));
}

static bool anyone_lives(struct search *s)
{
	struct procfs_usage usage;

	for (size_t i = 0; i < s->n; i++)
		if (read_usage(s, s->holders[i], &usage) && usage.state != 'Z')
			return true;
	return false;
}

static void end_them(struct search *s)
{
	static const struct timespec pause_time = { 0, POLL_NS };
	int64_t limit_ns = time_now_ns() + TERM_NS;

	for (size_t i = 0; i < s->n; i++) {
		kill(s->holders[i], SIGTERM);
		kill(s->holders[i], SIGCONT);
	}
	while (anyone_lives(s) && time_now_ns() < limit_ns)
		nanosleep(&pause_time, NULL);
	for (size_t i = 0; i < s->n; i++)
		if (holds_output(s, s->holders[i]))
			kill(s->holders[i], SIGKILL);
}

void guard_leftovers(const struct guard_command *c, const struct guard_tree *t,
	const struct guard_output *o, bool reap)
{
	struct search s = { .command = c, .tree = t, .output = o, .parent = getppid() };

	if (!o->pipes[0] && !o->pipes[1])
		return;
	s.proc = procfs_open(".", O_RDONLY | O_DIRECTORY);
	if (s.proc < 0)
		return;
	s.wrapped = has_wrapped(&s);
	procfs_each_number(s.proc, look_at_process, &s);
	if (s.n)
		settle(&s);
	if (s.n)
		tell(&s);
	if (s.n && reap)
		end_them(&s);
	close(s.proc);
}
