/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/blocked.h"

#include "runner/explain/blocked_facts.h"
#include "runner/explain/program.h"
#include "runner/proc/open.h"
#include "runner/proc/procfs.h"
#include "runner/base/util.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/syscall.h>

/* --- facts --- */

/* The function of the kernel that it sleeps in; "" where the kernel does not say. */
static void read_wchan(const struct process *p, const struct thread *t, char *ret_name, size_t size)
{
	cleanup(cleanup_free) char *path = mem_printf("%d/task/%d/wchan", (int)p->pid, (int)t->tid);
	cleanup(cleanup_close) int fd = procfs_open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, ret_name, size - 1);

	ret_name[n > 0 ? n : 0] = 0;
	/* One that was stopped for its stack since sleeps in another function now. */
	if (t->wchan[0])
		snprintf(ret_name, size, "%s", t->wchan);
}

/* A string of the target, up to its end or as far as it can be read. */
static char *read_string(const struct symbols *s, uint64_t address)
{
	char text[256];
	size_t n = 0;

	while (s && n < sizeof(text) - 1 && symbols_read(s, address + n, text + n, 1) == 0 &&
		text[n])
		n++;
	text[n] = 0;
	return mem_strdup(text);
}

/* --- files --- */

static bool is_open(long nr)
{
	return nr == SYS_openat || nr == SYS_openat2
#ifdef SYS_open
	       || nr == SYS_open
#endif
		;
}

static uint64_t open_flags(const struct thread *t, const struct symbols *s)
{
	uint64_t how = 0;

	if (t->syscall_nr == SYS_openat2) /* the first member of struct open_how */
		return s && symbols_read(s, t->args[2], &how, sizeof(how)) == 0 ? how : 0;
	return t->syscall_nr == SYS_openat ? t->args[2] : t->args[1];
}

static char *path_argument(const struct thread *t, const struct symbols *s)
{
	bool at = t->syscall_nr == SYS_openat || t->syscall_nr == SYS_openat2;

	return read_string(s, at ? t->args[1] : t->args[0]);
}

static char *describe_fifo(const struct thread *t, const struct symbols *s)
{
	bool writes = (open_flags(t, s) & O_ACCMODE) == O_WRONLY;
	cleanup(cleanup_free) char *path = path_argument(t, s);

	return mem_printf("opens the FIFO %s for %s, and no process has it open for %s",
		*path ? path : "?", writes ? "writing" : "reading", writes ? "reading" : "writing");
}

/* "3: LEASE  BREAKING  READ  12 fd:00:99 0 EOF" in /proc/locks: whom the kernel has told to give up
 * a lease. 0 none. */
static pid_t find_lease_holder(void)
{
	cleanup(cleanup_fclose) FILE *f = procfs_fopen("locks");
	char line[256], state[32];
	int pid;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*d: LEASE %31s %*s %d", state, &pid) == 2 &&
			!strcmp(state, "BREAKING"))
			return pid;
	return 0;
}

static char *describe_lease(const struct thread *t, const struct symbols *s)
{
	cleanup(cleanup_free) char *path = path_argument(t, s), *name = NULL;
	pid_t holder = find_lease_holder();

	name = holder > 0 ? program_read(holder) : NULL;
	return mem_printf(
		"opens %s, on which %s (pid %d) has a lease (F_SETLEASE) that it does not give up",
		*path ? path : "a file", name ? name : "a process", (int)holder);
}

static bool is_terminal(const char *name)
{
	return !strncmp(name, "/dev/pts/", 9) || !strncmp(name, "/dev/tty", 8) ||
	       !strcmp(name, "/dev/console");
}

static char *describe_file(const struct process *p, const struct thread *t)
{
	bool reads = t->syscall_nr == SYS_read || t->syscall_nr == SYS_readv;
	bool writes = t->syscall_nr == SYS_write || t->syscall_nr == SYS_writev;
	char name[PATH_MAX];

	if (!reads && !writes)
		return NULL;
	blocked_read_link(p, (int)t->args[0], name, sizeof(name));
	if (is_terminal(name))
		return reads ? mem_printf(
				       "reads from the terminal %s, where nothing is typed", name)
			     : mem_printf(
				       "writes to the terminal %s (tty), whose output is stopped by Ctrl-S (XOFF), or which nobody reads at its other end",
				       name);
	return name[0] == '/' ? mem_printf("%s %s", reads ? "reads from" : "writes to", name)
			      : NULL;
}

/* "waits on fd 3, a pidfd" is all that a snapshot says of a poll that is for the end of a process.
 */
static char *describe_pidfd(
	const struct snapshot *s, const struct process *p, const struct thread *t)
{
	cleanup(cleanup_free) char *path = NULL, *name = NULL;
	cleanup(cleanup_fclose) FILE *f = NULL;
	char line[128];
	int fd, pid = 0;

	if (!strstr(t->rest_why, "pidfd") || sscanf(t->rest_why, "waits on fd %d", &fd) != 1)
		return NULL;
	path = mem_printf("%d/fdinfo/%d", (int)p->pid, fd);
	f = procfs_fopen(path);
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Pid: %d", &pid) == 1)
			break;
	if (pid <= 0)
		return NULL;
	for (size_t i = 0; i < s->n_processes && !name; i++)
		if (s->processes[i].pid == pid)
			name = blocked_name_process(s, i, t);
	if (!name)
		name = mem_printf("process %d, outside this tree", pid);
	return mem_printf("waits for the end of %s, by a pidfd", name);
}

/* "sigmask: 0000000000000200" of a signalfd: the names of its signals. */
static char *describe_signalfd(const struct process *p, const struct thread *t)
{
	cleanup(cleanup_free) char *path = NULL, *names = NULL;
	cleanup(cleanup_fclose) FILE *f = NULL;
	unsigned long long mask = 0;
	char line[128];
	int fd;

	if (!strstr(t->rest_why, "signalfd") || sscanf(t->rest_why, "waits on fd %d", &fd) != 1)
		return NULL;
	path = mem_printf("%d/fdinfo/%d", (int)p->pid, fd);
	f = procfs_fopen(path);
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "sigmask: %llx", &mask) == 1)
			break;
	names = mem_strdup("");
	for (int signo = 1; signo < 32; signo++) {
		cleanup(cleanup_free) char *before = NULL;

		if (!(mask >> (signo - 1) & 1))
			continue;
		before = names;
		names = mem_printf("%s%sSIG%s", before, *before ? ", " : "", sigabbrev_np(signo));
	}
	return mem_printf("waits for %s by signalfd %d, and nobody sends it",
		*names ? names : "a signal", fd);
}

/* --- file systems that ask a process --- */

static char *describe_fanotify(const struct snapshot *s, const struct thread *t)
{
	size_t listener = blocked_find_by_link(s, "anon_inode:[fanotify]");
	cleanup(cleanup_free) char *who =
		listener == SIZE_MAX ? mem_strdup("a fanotify listener outside this tree")
				     : blocked_name_process(s, listener, t);

	return mem_printf("waits for permission to open a file, which fanotify asks of %s", who);
}

char *blocked_parse_fuse(const char *line, size_t n)
{
	cleanup(cleanup_free) char *text = mem_strndup(line, n);
	char *point = text, *type = strstr(text, " - fuse");
	int fields = 0;

	/* "36 35 98:0 / /mnt rw - fuse source options": fuse, fuse.sshfs, but no fuseblk, fusectl
	 */
	if (!type || (type[7] != ' ' && type[7] != '.'))
		return NULL;
	while (fields < 4 && (point = strchr(point, ' '))) {
		point++;
		fields++;
	}
	if (fields < 4 || point > type)
		return NULL;
	return mem_strndup(point, strcspn(point, " "));
}

/* The longest mount point of a file system in user space that the path is below; the only one, if
 * no path is known. The caller frees; NULL none. */
static char *find_fuse_mount(const struct process *p, const char *path)
{
	cleanup(cleanup_free) char *name = mem_printf("%d/mountinfo", (int)p->pid);
	cleanup(cleanup_fclose) FILE *f = procfs_fopen(name);
	char line[PATH_MAX], *best = NULL;

	while (f && fgets(line, sizeof(line), f)) {
		char *point = blocked_parse_fuse(line, strlen(line));

		if (point && (!*path || !strncmp(path, point, strlen(point))) &&
			(!best || strlen(point) > strlen(best))) {
			free(best);
			best = point;
		} else {
			free(point);
		}
	}
	return best;
}

static char *describe_fuse(const struct snapshot *s, const struct process *p,
	const struct thread *t, const struct symbols *y)
{
	size_t daemon = blocked_find_by_link(s, "/dev/fuse");
	cleanup(cleanup_free) char *path =
		is_open(t->syscall_nr) ? path_argument(t, y) : read_string(y, t->args[0]);
	cleanup(cleanup_free) char *mount = find_fuse_mount(p, *path == '/' ? path : "");
	cleanup(cleanup_free) char *who = daemon == SIZE_MAX
						  ? mem_strdup("a process outside this tree")
						  : blocked_name_process(s, daemon, t);

	return mem_printf("waits for the FUSE file system%s%s, which %s serves",
		mount ? " at " : "", mount ? mount : "", who);
}

/* --- stopped --- */

static pid_t read_tracer(const struct process *p, const struct thread *t)
{
	cleanup(cleanup_free) char *path =
		mem_printf("%d/task/%d/status", (int)p->pid, (int)t->tid);
	cleanup(cleanup_fclose) FILE *f = procfs_fopen(path);
	char line[256];
	int tracer = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "TracerPid: %d", &tracer) == 1)
			break;
	return tracer;
}

static char *describe_stop(const struct process *p, const struct thread *t)
{
	pid_t tracer = read_tracer(p, t);
	cleanup(cleanup_free) char *name = tracer > 0 ? program_read(tracer) : NULL;

	if (tracer > 0)
		return mem_printf("is stopped, traced by %s (pid %d), which has to let it go on",
			name ? name : "a process", (int)tracer);
	return mem_strdup("is stopped by a signal (SIGSTOP, or Ctrl-Z); SIGCONT lets it go on");
}

/* --- the whole --- */

char *blocked_read(const struct snapshot *snapshot, size_t thread, const struct symbols *s)
{
	const struct thread *t = &snapshot->threads[thread];
	const struct process *p = &snapshot->processes[t->process];
	char wchan[64], *signal;

	if (t->rest == REST_STOPPED)
		return describe_stop(p, t);
	read_wchan(p, t, wchan, sizeof(wchan));
	if (is_open(t->syscall_nr) && strstr(wchan, "break_lease"))
		return describe_lease(t, s);
	if (t->wait == WAIT_FIFO_OPEN)
		return describe_fifo(t, s);
	if (t->rest == REST_YES || t->rest == REST_TIMED || t->rest == REST_EXITING ||
		t->rest == REST_RUNNING)
		return NULL;
	if (is_open(t->syscall_nr) && (strstr(wchan, "wait_for_partner") || strstr(wchan, "fifo")))
		return describe_fifo(t, s);
	if (strstr(wchan, "fanotify"))
		return describe_fanotify(snapshot, t);
	if (strstr(wchan, "unix_wait_for_peer"))
		return blocked_describe_connect(snapshot, thread, s);
	if (strstr(wchan, "fuse") || !strcmp(wchan, "request_wait_answer"))
		return describe_fuse(snapshot, p, t, s);
	if (t->rest != REST_EXTERNAL)
		return NULL;
	if (t->wait == WAIT_SOCK_READ)
		return blocked_describe_backlog(snapshot, thread);
	signal = describe_signalfd(p, t);
	if (signal)
		return signal;
	return t->wait == WAIT_NONE ? describe_file(p, t) : describe_pidfd(snapshot, p, t);
}
