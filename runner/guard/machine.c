/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/guard/machine.h"

#include "runner/proc/open.h"
#include "runner/proc/procfs.h"
#include "runner/proc/usage.h"
#include "runner/base/util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#define NAME_SIZE 48
#define KTHREADD 2
#define CGROUP_ROOT "/sys/fs/cgroup/"
#define CGROUP_DEPTH 16

struct reading {
	struct machine *m;
	int proc;
};

static int read_process(void *data, int pid)
{
	struct reading *r = data;
	struct machine *m = r->m;
	struct machine_process p = { .pid = pid };
	struct procfs_usage usage;
	struct procfs_stat stat;
	char name[NAME_SIZE], text[1024];
	ssize_t n;

	procfs_name(name, sizeof(name), "", pid, "/stat");
	n = procfs_read_record(r->proc, name, text, sizeof(text));
	if (n < 0 || procfs_parse_usage(text, (size_t)n, &usage) < 0 ||
		procfs_parse_stat(text, (size_t)n, &stat) < 0 || usage.state == 'Z')
		return 0;
	/* Nor who watches over us (cmd/watchdog.h). */
	if (pid == getpid() || pid == getppid() || usage.ppid == KTHREADD ||
		(pid == KTHREADD && usage.ppid == 0))
		return 0;
	p.ppid = usage.ppid;
	p.session = usage.session;
	memcpy(p.comm, stat.comm, sizeof(p.comm));
	procfs_name(name, sizeof(name), "", pid, "/syscall");
	p.readable = procfs_read_record(r->proc, name, text, sizeof(text)) > 0;
	m->processes = mem_grow(m->processes, m->n, &m->cap, sizeof(*m->processes));
	m->processes[m->n++] = p;
	return 0;
}

/* The kernel lists them in this order; nothing promises it. */
static int compare_pid(const void *a, const void *b)
{
	const struct machine_process *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

int machine_read(struct machine *ret_machine)
{
	struct machine m = { 0 };
	struct reading r = { &m, procfs_open(".", O_RDONLY | O_DIRECTORY) };
	int error;

	if (r.proc < 0)
		return -errno;
	error = procfs_each_number(r.proc, read_process, &r);
	close(r.proc);
	if (error < 0) {
		machine_done(&m);
		return error;
	}
	qsort(m.processes, m.n, sizeof(*m.processes), compare_pid);
	*ret_machine = m;
	return 0;
}

void machine_done(struct machine *m)
{
	free(m->processes);
	*m = (struct machine){ 0 };
}

static struct machine_process *find(const struct machine *m, pid_t pid)
{
	struct machine_process key = { .pid = pid };

	return m->n ? bsearch(&key, m->processes, m->n, sizeof(key), compare_pid) : NULL;
}

size_t machine_select_pid(struct machine *m, pid_t pid)
{
	struct machine_process *p = find(m, pid);

	if (p)
		p->selected = true;
	return p ? 1 : 0;
}

/* The kernel keeps 15 bytes of a name. */
size_t machine_select_name(struct machine *m, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		if (!strncmp(m->processes[i].comm, name, sizeof(m->processes[i].comm) - 1)) {
			m->processes[i].selected = true;
			n++;
		}
	return n;
}

size_t machine_select_all(struct machine *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++) {
		m->processes[i].selected = m->processes[i].readable;
		n += m->processes[i].readable;
	}
	return n;
}

static size_t select_listed(struct machine *m, const char *path)
{
	cleanup(cleanup_free) char *name = mem_printf("%s/cgroup.procs", path);
	cleanup(cleanup_fclose) FILE *f = fopen(name, "re");
	size_t n = 0;
	int pid;

	while (f && fscanf(f, "%d", &pid) == 1)
		n += machine_select_pid(m, pid);
	return n;
}

static ssize_t select_below(struct machine *m, const char *path, int depth)
{
	DIR *dir = opendir(path);
	ssize_t n, below;

	if (!dir)
		return -errno;
	n = (ssize_t)select_listed(m, path);
	for (struct dirent *d; depth < CGROUP_DEPTH && (d = readdir(dir));) {
		cleanup(cleanup_free) char *child = mem_printf("%s/%s", path, d->d_name);

		if (d->d_type != DT_DIR || d->d_name[0] == '.')
			continue;
		below = select_below(m, child, depth + 1);
		n += below > 0 ? below : 0;
	}
	closedir(dir);
	return n;
}

ssize_t machine_select_cgroup(struct machine *m, const char *path)
{
	cleanup(cleanup_free) char *below = mem_printf("%s%s", CGROUP_ROOT, path);
	ssize_t n = select_below(m, path, 0);

	return n == -ENOENT ? select_below(m, below, 0) : n;
}

void machine_widen(struct machine *m)
{
	for (size_t i = 0; i < m->n; i++) {
		struct machine_process *p = &m->processes[i], *parent;

		if (!p->selected)
			continue;
		p->selected = false;
		for (size_t climbed = 0; climbed < m->n;
			climbed++) { /* see has_selected_ancestor() */
			parent = find(m, p->ppid);
			if (!parent || parent->session != p->session || parent->pid == 1)
				break;
			p = parent;
		}
		p->selected = true;
	}
}

/* Programs that stand at the top of a machine or container for others. */
static bool is_init(const struct machine_process *p)
{
	static const char *const names[] = { "systemd", "init", "tini", "dumb-init", "docker-init",
		"catatonit", "s6-svscan", "runit", "openrc-init", "pause" };

	for (size_t i = 0; p->pid == 1 && i < ARRAY_SIZE(names); i++)
		if (!strcmp(p->comm, names[i]))
			return true;
	return false;
}

static bool has_selected_ancestor(const struct machine *m, const struct machine_process *p)
{
	/* Bounded: ids may be reused while they are read, so that parents run in a circle. */
	for (size_t i = 0; i < m->n && (p = find(m, p->ppid)); i++)
		if (p->selected && !is_init(p))
			return true;
	return false;
}

size_t machine_roots(const struct machine *m, pid_t **ret_roots)
{
	pid_t *roots = mem_alloc(m->n * sizeof(*roots));
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct machine_process *p = &m->processes[i];

		if (p->selected && !(is_init(p) && m->n > 1) && !has_selected_ancestor(m, p))
			roots[n++] = p->pid;
	}
	*ret_roots = roots;
	return n;
}
