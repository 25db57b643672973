/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/blocked.h"

#include "runner/explain/program.h"
#include "runner/proc/open.h"
#include "runner/proc/procfs.h"
#include "runner/base/util.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

/* --- facts --- */

/* The function of the kernel that it sleeps in; "" where the kernel does not say. */
static void read_wchan(const struct process *p, const struct thread *t, char *ret_name, size_t size)
{
	cleanup(cleanup_free) char *path = mem_printf("%d/task/%d/wchan", (int)p->pid, (int)t->tid);
	cleanup(cleanup_close) int fd = procfs_open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, ret_name, size - 1);

	ret_name[n > 0 ? n : 0] = 0;
}

/* The target of /proc/PID/fd/N; "" unknown. */
static void read_fd_link(const struct process *p, int fd, char *ret_name, size_t size)
{
	cleanup(cleanup_free) char *path = mem_printf("%d/fd/%d", (int)p->pid, fd);
	ssize_t n = procfs_readlink(path, ret_name, size - 1);

	ret_name[n > 0 ? n : 0] = 0;
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

/* The first process of the tree that has a descriptor of this name; SIZE_MAX none. */
static size_t find_by_link(const struct snapshot *s, const char *wanted)
{
	for (size_t i = 0; i < s->n_processes; i++) {
		cleanup(cleanup_free) char *path = mem_printf("%d/fd", (int)s->processes[i].pid);
		int dir = procfs_open(path, O_RDONLY | O_DIRECTORY);
		DIR *d = dir < 0 ? NULL : fdopendir(dir);
		char link[64];
		bool found = false;

		for (struct dirent *e; d && !found && (e = readdir(d));) {
			ssize_t n = readlinkat(dirfd(d), e->d_name, link, sizeof(link) - 1);

			link[n > 0 ? n : 0] = 0;
			found = n > 0 && !strcmp(link, wanted);
		}
		if (d)
			closedir(d);
		if (found)
			return i;
	}
	return SIZE_MAX;
}

/* "server (pid 12)", or "this very process". */
static char *name_process(const struct snapshot *s, size_t process, const struct thread *t)
{
	cleanup(cleanup_free) char *command = NULL;

	if (process == t->process)
		return mem_strdup("this very process");
	command = program_read(s->processes[process].pid);
	return mem_printf("%s (pid %d)", command ? command : s->processes[process].comm,
		(int)s->processes[process].pid);
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
	read_fd_link(p, (int)t->args[0], name, sizeof(name));
	if (is_terminal(name))
		return reads ? mem_printf(
				       "reads from the terminal %s, where nothing is typed", name)
			     : mem_printf(
				       "writes to the terminal %s (tty), whose output is stopped "
				       "by Ctrl-S (XOFF), or which nobody reads at its other end",
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
			name = name_process(s, i, t);
	if (!name)
		name = mem_printf("process %d, outside this tree", pid);
	return mem_printf("waits for the end of %s, by a pidfd", name);
}

/* --- sockets --- */

/* The inode of the socket that listens under this name, of /proc/PID/net/unix; 0 none. */
static unsigned long find_listener(const struct process *p, const char *name)
{
	enum { LISTENS = 0x10000 }; /* __SO_ACCEPTCON */
	cleanup(cleanup_free) char *path = mem_printf("%d/net/unix", (int)p->pid);
	cleanup(cleanup_fclose) FILE *f = procfs_fopen(path);
	char line[512], found[256];
	unsigned long inode, flags;

	/* "Num: RefCount Protocol Flags Type St Inode Path" */
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %*s %*s %lx %*s %*s %lu %255s", &flags, &inode, found) == 3 &&
			flags & LISTENS && !strcmp(found, name))
			return inode;
	return 0;
}

/* connect(fd, address, length) to a Unix socket whose queue of connections is full. */
static char *describe_connect(const struct snapshot *s, const struct process *p,
	const struct thread *t, const struct symbols *y)
{
	struct sockaddr_un a = { 0 };
	size_t n = t->args[2] < sizeof(a) ? t->args[2] : sizeof(a);
	cleanup(cleanup_free) char *name = NULL, *link = NULL, *who = NULL;
	size_t owner = SIZE_MAX;
	unsigned long inode;

	if (t->syscall_nr != SYS_connect || !y || symbols_read(y, t->args[1], &a, n) < 0 ||
		a.sun_family != AF_UNIX || n <= offsetof(struct sockaddr_un, sun_path))
		return NULL;
	n -= offsetof(struct sockaddr_un, sun_path);
	name = a.sun_path[0] ? mem_strndup(a.sun_path, n)
			     : mem_printf("@%.*s", (int)n - 1, a.sun_path + 1);
	inode = find_listener(p, name);
	if (inode) {
		link = mem_printf("socket:[%lu]", inode);
		owner = find_by_link(s, link);
	}
	who = owner == SIZE_MAX ? mem_strdup("its owner") : name_process(s, owner, t);
	return mem_printf(
		"connects to the Unix socket %s, whose backlog is full: %s does not accept", name,
		who);
}

/* --- file systems that ask a process --- */

static char *describe_fanotify(const struct snapshot *s, const struct thread *t)
{
	size_t listener = find_by_link(s, "anon_inode:[fanotify]");
	cleanup(cleanup_free) char *who =
		listener == SIZE_MAX ? mem_strdup("a fanotify listener outside this tree")
				     : name_process(s, listener, t);

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
	size_t daemon = find_by_link(s, "/dev/fuse");
	cleanup(cleanup_free) char *path =
		is_open(t->syscall_nr) ? path_argument(t, y) : read_string(y, t->args[0]);
	cleanup(cleanup_free) char *mount = find_fuse_mount(p, *path == '/' ? path : "");
	cleanup(cleanup_free) char *who = daemon == SIZE_MAX
						  ? mem_strdup("a process outside this tree")
						  : name_process(s, daemon, t);

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
	char wchan[64];

	if (t->rest == REST_STOPPED)
		return describe_stop(p, t);
	if (t->rest == REST_YES || t->rest == REST_TIMED || t->rest == REST_EXITING ||
		t->rest == REST_RUNNING)
		return NULL;
	read_wchan(p, t, wchan, sizeof(wchan));
	if (is_open(t->syscall_nr) && (strstr(wchan, "wait_for_partner") || strstr(wchan, "fifo")))
		return describe_fifo(t, s);
	if (strstr(wchan, "fanotify"))
		return describe_fanotify(snapshot, t);
	if (strstr(wchan, "unix_wait_for_peer"))
		return describe_connect(snapshot, p, t, s);
	if (strstr(wchan, "fuse") || !strcmp(wchan, "request_wait_answer"))
		return describe_fuse(snapshot, p, t, s);
	if (t->rest != REST_EXTERNAL)
		return NULL;
	return t->wait == WAIT_NONE ? describe_file(p, t) : describe_pidfd(snapshot, p, t);
}
