/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory of the processes: its bytes, its mappings, and who shares it with whom. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "runner/snapshot/internal.h"

/* 0 the same memory, 1 and 2 an order, or -errno. */
static int mm_compare(pid_t a, pid_t b)
{
	long r = syscall(SYS_kcmp, a, b, KCMP_VM, 0, 0);

	return r < 0 ? -errno : (int)r;
}

static ssize_t statm_read(struct collect *c, pid_t pid, char *buffer, size_t size)
{
	char name[48];

	procfs_name(name, sizeof(name), "", pid, "/statm");
	return procfs_read(c->proc, name, buffer, size);
}

/*
 * Where kcmp is refused (some containers; another user's process): memory whose sizes differ at one
 * time is not the same. They did at one time if the first one's are equal before and after reading
 * the second's.
 */
static bool mm_differs(struct collect *c, pid_t a, pid_t b)
{
	char first[128], other[128], again[128];
	ssize_t n = statm_read(c, a, first, sizeof(first));
	ssize_t m = statm_read(c, b, other, sizeof(other));

	if (n <= 0 || m <= 0 || statm_read(c, a, again, sizeof(again)) != n ||
		memcmp(first, again, (size_t)n) != 0)
		return false;
	return n != m || memcmp(first, other, (size_t)n) != 0;
}

static int mm_insert(struct collect *c, size_t *sorted, size_t *n, size_t process)
{
	struct process *p = &c->s->processes[process];
	size_t low = 0, high = *n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int r = mm_compare(c->aux[process].live_tid, c->aux[sorted[middle]].live_tid);

		if (r < 0)
			return r;
		if (r == 0) {
			p->mm = c->s->processes[sorted[middle]].mm;
			return 0;
		}
		if (r == 1)
			high = middle;
		else
			low = middle + 1;
	}
	memmove(sorted + low + 1, sorted + low, (*n - low) * sizeof(*sorted));
	sorted[low] = process;
	++*n;
	return 0;
}

/* Pair by pair; what can't be told apart counts as the same, which only adds wakers. */
static void mm_assign_slowly(struct collect *c)
{
	struct snapshot *s = c->s;

	for (size_t i = 0; i < s->n_processes; i++) {
		s->processes[i].mm = i;
		for (size_t j = 0; j < i && s->processes[i].mm == i; j++)
			if (process_alive(s, i) && process_alive(s, j) &&
				!mm_differs(c, c->aux[j].live_tid, c->aux[i].live_tid))
				s->processes[i].mm = s->processes[j].mm;
	}
}

void mm_assign(struct collect *c)
{
	size_t n_processes = c->s->n_processes;
	cleanup(cleanup_free) size_t *sorted = NULL;
	size_t n = 0;

	if (n_processes < 2)
		return;
	sorted = mem_alloc((n_processes + 1) * sizeof(*sorted));
	for (size_t i = 0; i < n_processes; i++)
		if (process_alive(c->s, i) && c->s->processes[i].readable &&
			mm_insert(c, sorted, &n, i) < 0) {
			mm_assign_slowly(c);
			return;
		}
}

/* True also if they cannot be told apart. */
bool mm_is_same(struct collect *c, size_t process, pid_t stranger)
{
	int r = mm_compare(c->aux[process].live_tid, stranger);

	return r == 0 ||
	       (r < 0 && r != -ESRCH && !mm_differs(c, c->aux[process].live_tid, stranger));
}

/* A program that was started by vfork or CLONE_VM and has not executed yet has its parent's
 * memory, and the parent may be beyond the tree. */
bool mm_is_external(struct collect *c, size_t process)
{
	const struct process *p = &c->s->processes[process];

	return p->parent == SIZE_MAX && p->ppid > 0 && mm_is_same(c, process, p->ppid);
}

int maps_read(struct collect *c, size_t process)
{
	struct process_aux *a = &c->aux[process];
	ssize_t n;

	if (a->maps)
		return 0;
	n = procfs_read_all(a->live, "maps", &a->maps);
	if (n < 0)
		return (int)n;
	a->maps_n = (size_t)n;
	return 0;
}

int map_find(struct collect *c, size_t process, uint64_t address, struct procfs_map *ret_map)
{
	struct procfs_map map;
	struct scan s;
	int r = maps_read(c, process);

	if (r < 0)
		return r;
	s = scan_text(c->aux[process].maps, c->aux[process].maps_n);
	while (procfs_next_map(&s, &map))
		if (map.begin <= address && address < map.end) {
			*ret_map = map;
			return 0;
		}
	return -ENOENT;
}

bool memory_is_own(struct collect *c, size_t thread, uint64_t address)
{
	enum { STACK_PART = 16384 }; /* above the stack pointer, still of the calls it is in */
	const struct thread *t = &c->s->threads[thread];
	const struct process *p = &c->s->processes[t->process];
	struct procfs_map map;
	size_t n = 0;

	if (address >= t->sp && address - t->sp < STACK_PART)
		return true;
	for (size_t i = 0; i < c->s->n_threads; i++)
		n += thread_alive(&c->s->threads[i]) &&
		     c->s->processes[c->s->threads[i].process].mm == p->mm;
	return n == 1 && map_find(c, t->process, address, &map) == 0 && !map.shared;
}

bool maps_file(struct collect *c, size_t process, uint64_t dev, uint64_t inode)
{
	struct procfs_map map;
	struct scan s = scan_text(c->aux[process].maps, c->aux[process].maps_n);

	while (procfs_next_map(&s, &map))
		if (map.dev == dev && map.inode == inode)
			return true;
	return false;
}

static bool maps_share(struct collect *c, size_t process)
{
	struct procfs_map map;
	struct scan s;

	if (maps_read(c, process) < 0)
		return true;
	s = scan_text(c->aux[process].maps, c->aux[process].maps_n);
	while (procfs_next_map(&s, &map))
		if (map.shared && map.write)
			return true;
	return false;
}

bool tree_shares_memory(struct collect *c)
{
	for (size_t i = 0; i < c->s->n_processes; i++)
		if (process_alive(c->s, i) && maps_share(c, i))
			return true;
	return false;
}

bool maps_have(struct collect *c, size_t process, const char *name)
{
	return maps_read(c, process) < 0 ||
	       memmem(c->aux[process].maps, c->aux[process].maps_n, name, strlen(name));
}

bool maps_have_aio(struct collect *c, size_t process)
{
	return maps_have(c, process, "/[aio]") || maps_have(c, process, "[io_uring]");
}

static int memory_read_file(const struct process_aux *a, uint64_t address, void *bytes, size_t n)
{
	cleanup(cleanup_close) int fd = openat(a->live, "mem", O_RDONLY | O_CLOEXEC);
	ssize_t r;

	if (fd < 0)
		return -errno;
	r = pread(fd, bytes, n, (off_t)address);
	if (r < 0)
		return -errno;
	return (size_t)r == n ? 0 : -EFAULT;
}

/* Each page is in memory or in swap (Documentation/admin-guide/mm/pagemap.rst). One that is not may
 * be for another process to bring (userfaultfd, FUSE), and to read it would wait for that. */
static bool memory_is_there(const struct collect *c, size_t process, uint64_t address, size_t n)
{
	cleanup(cleanup_close) int fd =
		openat(c->aux[process].live, "pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t size = (uint64_t)sysconf(_SC_PAGESIZE), entry;

	if (fd < 0)
		return true; /* this kernel has none: the read is as safe as it was */
	for (uint64_t page = address / size; page <= (address + n - 1) / size; page++)
		if (pread(fd, &entry, sizeof(entry), (off_t)(page * sizeof(entry))) !=
				sizeof(entry) ||
			!(entry >> 62))
			return false;
	return true;
}

int memory_read(
	const struct collect *c, size_t process, uint64_t address, void *ret_bytes, size_t n)
{
	struct iovec local = { ret_bytes, n };
	struct iovec remote = { (void *)(uintptr_t)address, n };
	ssize_t r;

	if (!memory_is_there(c, process, address, n))
		return -EFAULT;
	r = process_vm_readv(c->aux[process].live_tid, &local, 1, &remote, 1, 0);
	if (r >= 0)
		return (size_t)r == n ? 0 : -EFAULT;
	/* Refused in some containers where the file is not. */
	if (errno == EPERM || errno == ENOSYS)
		return memory_read_file(&c->aux[process], address, ret_bytes, n);
	return -errno;
}
