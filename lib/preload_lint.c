/* SPDX-License-Identifier: MIT */
/*
 * preload_lint.c: what `hangrate lint` wants to know. Which thread holds which lock is kept in one
 * table, so that a forked child has a copy of how it was at the fork. The child then tells of each
 * call that POSIX does not allow it, and waits to be looked at.
 *
 * A lock is judged by what is known about it: one that other threads take is a hazard in the child,
 * unless a fork handler took or made it anew, which is what handlers are for. Under such a lock, or
 * on an object that is one (a FILE), any call is the program's own well-considered business; and so
 * is a function that threads were only ever in under such a lock.
 *
 * A child made behind the libc's back (raw clone) is known by a page that the kernel wipes in every
 * new memory; a child of vfork() has the old memory and is none.
 */
#include "lib/hash.h"
#include "lib/preload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define LOCKS 1024     /* a power of two */
#define MAX_REPORTS 64 /* of one child */
#define HELD_MAX 16

struct lock {
	long object;    /* 0: free */
	int holder;     /* tid; 0: nobody, or a reader too many */
	int first;      /* the first thread that took it */
	int other;      /* a later one */
	void *taken_at; /* last */
	bool handled;   /* by a fork handler, which knows what it does */
	const char *function;
};

static struct lock locks[LOCKS];
static char socket_name[64]; /* a copy: programs overwrite their environment */

/* Socket to the runner; -1 if this process is not observed. */
static int line = -1;
static ino_t line_inode; /* so that a descriptor of the program's is never taken for it */
static int forker;       /* tid in the parent */
static void *reported[MAX_REPORTS];
static unsigned int n_reported;

/* Threads that ever called a function of ours; a raw child has no better count of those that were
 * alive when it was made, for by now the parent may have ended them. */
static int seen_threads;
static __thread bool seen;

/* False in the memory of a child that no wrapper made. */
static bool *same_memory;

static __thread unsigned int in_custody; /* locks held that a fork handler takes care of */
static __thread long mine[HELD_MAX];     /* locks of this thread; deeper ones are not seen */
static __thread unsigned int n_mine;
static __thread bool in_fork; /* so handlers are at work */
static __thread bool busy;    /* in here already */
static __thread int threads;  /* as counted before the fork */
static __thread int own_tid;  /* before the fork: the child's own is another */

static struct lock *find(long object, bool add)
{
	size_t at = ((uint64_t)object * HASH_GOLDEN) >> 54;

	for (size_t i = 0; i < LOCKS; i++) {
		struct lock *l = &locks[(at + i) % LOCKS];
		long there = __atomic_load_n(&l->object, __ATOMIC_ACQUIRE);

		if (there == object)
			return l;
		if (there)
			continue;
		if (!add)
			return NULL;
		if (__atomic_compare_exchange_n(&l->object, &there, object, false, __ATOMIC_ACQ_REL,
			    __ATOMIC_ACQUIRE) ||
			there == object)
			return l;
	}
	return NULL;
}

/* A folder such as /proc/self/task has one entry a thread, and two more. */
static int count_threads(const char *folder)
{
	char buf[4096];
	int fd = (int)syscall(SYS_openat, AT_FDCWD, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int n = 0;
	long len;

	while (fd >= 0 && (len = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0)
		for (long at = 0; at < len; n++) {
			unsigned short record;

			memcpy(&record, buf + at + 16, sizeof(record));
			at += record;
		}
	if (fd >= 0)
		syscall(SYS_close, fd);
	return n > 2 ? n - 2 : 1;
}

/* --- the line --- */

static bool line_is_ours(void)
{
	struct stat st;

	return line >= 0 && !syscall(SYS_fstat, line, &st) && st.st_ino == line_inode;
}

static void send_message(const struct hangrate_lint *m)
{
	char byte;

	if (syscall(SYS_sendto, line, m, sizeof(*m), MSG_NOSIGNAL, NULL, 0) == (long)sizeof(*m))
		while (syscall(SYS_recvfrom, line, &byte, 1, 0, NULL, NULL) < 0 && errno == EINTR)
			;
}

static void connect_line(void)
{
	struct stat st;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	size_t n = strlen(socket_name);
	int fd;

	memcpy(a.sun_path + 1, socket_name, n);
	fd = (int)syscall(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (syscall(SYS_connect, fd, &a, offsetof(struct sockaddr_un, sun_path) + 1 + n) < 0) {
		syscall(SYS_close, fd);
		return;
	}
	/* Out of the way of those that the child will open. */
	line = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 900);
	if (line < 0)
		line = fd;
	else
		syscall(SYS_close, fd);
	if (!syscall(SYS_fstat, line, &st))
		line_inode = st.st_ino;
}

static void tell_fork(void);

/* A daemon closes all descriptors first, this one too. */
static void tell(const struct hangrate_lint *m)
{
	if (line < 0)
		return;
	if (!line_is_ours()) {
		connect_line();
		if (!line_is_ours())
			return;
		tell_fork();
	}
	send_message(m);
}

static void tell_fork(void)
{
	struct hangrate_lint m = {
		.kind = HANGRATE_LINT_FORKED,
		.tid = forker,
		.count = (uint32_t)threads,
	};

	tell(&m);
	m.kind = HANGRATE_LINT_HELD;
	for (size_t i = 0; i < LOCKS; i++) {
		const struct lock *l = &locks[i];

		if (!l->object || !l->holder || l->holder == forker)
			continue;
		m.tid = l->holder;
		m.address = (uint64_t)l->taken_at;
		m.object = (uint64_t)l->object;
		strncpy(m.function, l->function, sizeof(m.function) - 1);
		tell(&m);
	}
}

/* --- calls of the child --- */

/* Once for each place. */
static bool is_new(void *site)
{
	for (unsigned int i = 0; i < n_reported; i++)
		if (reported[i] == site)
			return false;
	if (n_reported == MAX_REPORTS)
		return false;
	reported[n_reported++] = site;
	return true;
}

static bool is_hazard(const struct lock *l)
{
	return l && !l->handled && l->first &&
	       ((l->first != forker && l->first != preload_tid()) || l->other);
}

/* A recursive mutex is no exception: its owner is known by its thread id, and the child's is new.
 */
static bool is_own(const struct preload_row *row, const struct lock *l)
{
	return l->holder == forker && (!strcmp(row->name, "pthread_mutex_lock") ||
					      !strcmp(row->name, "pthread_rwlock_wrlock") ||
					      !strcmp(row->name, "pthread_spin_lock"));
}

static bool in_good_hands(const struct preload_row *row, const long args[6])
{
	const struct lock *guard = row->guard && !row->unguarded ? find(row->guard, false) : NULL;

	if (guard && guard->handled)
		return true;
	for (int i = 0; i < 4 && !in_custody; i++) {
		const struct lock *l = args[i] ? find(args[i], false) : NULL;

		if (l && l->handled)
			return true;
	}
	return in_custody;
}

static void child_calls(const struct preload_row *row, void *site, const long args[6])
{
	long object = args[row->argument];
	struct hangrate_lint m = { .kind = HANGRATE_LINT_CALLED, .address = (uint64_t)site };
	const struct lock *l = NULL;

	if (row->safety == SAFE || preload_site_is_libc(site))
		return;
	if (row->safety == OBJECT) {
		if (row->effect != TAKES && row->effect != TAKES_ALWAYS)
			return;
		l = find(object, false);
		if (!l || !(is_hazard(l) || is_own(row, l)))
			return;
		m.kind = HANGRATE_LINT_LOCKED;
		m.object = (uint64_t)object;
		m.tid = l->holder;
		m.taken = (uint64_t)l->taken_at;
	} else if (threads < 2 || in_good_hands(row, args)) {
		return;
	}
	if (!is_new(site))
		return;
	strncpy(m.function, row->name, sizeof(m.function) - 1);
	tell(&m);
}

/* --- the wrappers' side --- */

static void took(const struct preload_row *row, void *site, long object)
{
	struct lock *l = find(object, true);
	int me = preload_tid(), first = 0;

	if (!l)
		return;
	if (!__atomic_compare_exchange_n(
		    &l->first, &first, me, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED) &&
		first != me)
		l->other = me;
	l->holder = me;
	l->taken_at = site;
	l->function = row->name;
	if (n_mine < HELD_MAX)
		mine[n_mine++] = object;
	if (in_fork)
		l->handled = true;
	else if (l->handled)
		in_custody++;
}

static void left(long object)
{
	struct lock *l = find(object, false);

	for (unsigned int i = n_mine; i-- > 0;)
		if (mine[i] == object) {
			mine[i] = mine[--n_mine];
			break;
		}
	if (!l)
		return;
	if (l->handled && !in_fork && in_custody)
		in_custody--;
	/* What the forking thread held, the child holds. */
	if (l->holder == preload_tid() || (line >= 0 && l->holder == forker))
		l->holder = 0;
}

/* Under which lock threads are in this function. The outermost: it covers the most. */
static void note_guard(struct preload_row *row)
{
	if (!n_mine || (row->guard && row->guard != mine[0]))
		row->unguarded = true;
	else
		row->guard = mine[0];
}

static void made_anew(long object)
{
	struct lock *l = find(object, false);

	if (!l)
		return;
	l->holder = l->other = 0;
	l->first = in_fork ? l->first : 0;
	l->handled = in_fork;
}

/* In the child nothing but its calls is of interest; in the parent all goes on. */
static void forked(long pid)
{
	in_fork = false;
	if ((int)pid != 0)
		return;
	*same_memory = true;
	if (line_is_ours())
		syscall(SYS_close, line); /* a child of the child */
	line = -1;
	n_reported = in_custody = 0;
	seen_threads = seen = 1;
	forker = own_tid;
	preload_sites_forget();
	/* Without other threads every call is allowed, but not to take one's own lock again. */
	if (threads < 2 && !n_mine)
		return;
	connect_line();
	tell_fork();
}

/* A child of raw clone: nothing was prepared, and whoever was alive is to be asked of the parent.
 */
static void made_by_others(void)
{
	char folder[32] = "/proc/", digits[12];
	unsigned int pid = (unsigned int)syscall(SYS_getppid), n = 0;
	size_t at = strlen(folder);

	do {
		digits[n++] = (char)('0' + pid % 10);
		pid /= 10;
	} while (pid);
	while (n)
		folder[at++] = digits[--n];
	memcpy(folder + at, "/task", sizeof("/task"));
	own_tid = preload_tid(); /* as it was in the parent, if it was ever asked for */
	threads = count_threads(folder);
	if (threads < seen_threads)
		threads = seen_threads;
	forked(0);
}

void preload_lint_before(struct preload_row *row, void *site, const long args[6])
{
	int saved = errno;

	if (busy)
		return;
	busy = true;
	if (!seen)
		__atomic_add_fetch(&seen_threads, 1, __ATOMIC_RELAXED);
	seen = true;
	if (!in_fork && !*same_memory && row->effect != FORKS)
		made_by_others();
	if (line >= 0)
		child_calls(row, site, args);
	else if (row->safety == UNSAFE && !preload_site_is_libc(site))
		note_guard(row);
	if (row->effect == LEAVES || row->effect == WAITS)
		left(args[row->argument]);
	if (row->effect == FORKS) {
		threads = count_threads("/proc/self/task");
		own_tid = preload_tid();
		in_fork = true;
	}
	busy = false;
	errno = saved;
}

void preload_lint_after(const struct preload_row *row, void *site, const long args[6], long result)
{
	int saved = errno;

	if (busy)
		return;
	busy = true;
	if ((row->effect == TAKES && !(int)result) || row->effect == TAKES_ALWAYS ||
		row->effect == WAITS)
		took(row, site, args[row->argument]);
	if (row->effect == INITS)
		made_anew(args[row->argument]);
	if (row->effect == FORKS)
		forked(result);
	busy = false;
	errno = saved;
}

bool preload_lint_start(void)
{
	const char *name = preload_env(HANGRATE_ENV_LINT);

	if (!name || !*name || strlen(name) >= sizeof(socket_name))
		return false;
	strcpy(socket_name, name);
	same_memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (same_memory == MAP_FAILED)
		return false;
	*same_memory = true;
	madvise(same_memory, 4096, MADV_WIPEONFORK); /* refused: raw children are not noticed */
	return true;
}
