/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/inject/filter.h"

#include "runner/base/passfd.h"
#include "runner/arch/arch.h"
#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* Linux 5.19 */
#endif

#define API_WITH_NOTIFY 5 /* of seccomp_api_set(3) */

struct filter {
	int handover_fd;
	struct sock_fprog program;
};

static int add_forks(scmp_filter_ctx ctx)
{
	int r = ARCH_FORK_CALL < 0 ? 0 : seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, ARCH_FORK_CALL, 0);

	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, SYS_clone, 1,
			SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_VM, 0));
	return r;
}

static int add_call(scmp_filter_ctx ctx, int nr, int handover_fd)
{
	if (nr == FILTER_FORKS)
		return add_forks(ctx);
	if (nr == SYS_sendmsg)
		return seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, nr, 1,
			SCMP_A0_32(SCMP_CMP_NE, (uint32_t)handover_fd));
	return seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, nr, 0);
}

/* libseccomp only writes programs to files. */
static int export_program(scmp_filter_ctx ctx, struct sock_fprog *ret_program)
{
	int fd cleanup(cleanup_close) = memfd_create("hangrate-filter", MFD_CLOEXEC);
	struct stat st;
	void *filter;
	int r;

	if (fd < 0)
		return -errno;
	r = seccomp_export_bpf(ctx, fd);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	filter = mem_alloc((size_t)st.st_size);
	if (pread(fd, filter, (size_t)st.st_size, 0) != st.st_size) {
		free(filter);
		return -EIO;
	}
	ret_program->filter = filter;
	ret_program->len = (unsigned short)((size_t)st.st_size / sizeof(struct sock_filter));
	return 0;
}

static int build(const int *calls, size_t n_calls, int handover_fd, struct sock_fprog *ret_program)
{
	scmp_filter_ctx ctx;
	int r;

	/* Or libseccomp asks the kernel, and where that forbids seccomp() it refuses to make a
	 * filter at all, with a reason that is none. The kernel is to speak for itself. */
	seccomp_api_set(API_WITH_NOTIFY);
	ctx = seccomp_init(SCMP_ACT_ALLOW);

	if (!ctx)
		return -ENOMEM;
	/* Calls of another architecture (a 32-bit program) are none of ours. */
	r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW);
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (size_t i = 0; i < n_calls && r == 0; i++)
		r = add_call(ctx, calls[i], handover_fd);
	if (r == 0)
		r = export_program(ctx, ret_program);
	seccomp_release(ctx);
	return r;
}

void filter_cache_ask(struct filter_cache *c, int call)
{
	c->calls = mem_grow(c->calls, c->n_calls, &c->cap_calls, sizeof(*c->calls));
	c->calls[c->n_calls++] = call;
}

int filter_cache_get(struct filter_cache *c, int handover_fd, struct sock_fprog *ret_program)
{
	struct filter *f;
	int r;

	for (size_t i = 0; i < c->n_filters; i++) {
		if (c->filters[i].handover_fd != handover_fd)
			continue;
		*ret_program = c->filters[i].program;
		return 0;
	}
	c->filters = mem_grow(c->filters, c->n_filters, &c->cap_filters, sizeof(*c->filters));
	f = &c->filters[c->n_filters];
	r = build(c->calls, c->n_calls, handover_fd, &f->program);
	if (r < 0)
		return r;
	f->handover_fd = handover_fd;
	c->n_filters++;
	*ret_program = f->program;
	return 0;
}

void filter_cache_done(struct filter_cache *c)
{
	for (size_t i = 0; i < c->n_filters; i++)
		free(c->filters[i].program.filter);
	free(c->filters);
	free(c->calls);
	*c = (struct filter_cache){ 0 };
}

int inject_filter_install(const struct sock_fprog *program, int handover_fd)
{
	/* Once we have taken a notification, only death interrupts the call: without that every
	 * signal would begin its delay again.
	 * Older kernels also turn off speculation in whatever has a filter; ours is no sandbox. */
	const unsigned long base =
		SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	unsigned long flags = base | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	long listener;

	listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program);
	if (listener < 0 && errno == EINVAL) {
		flags = base;
		listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program);
	}
	if (listener < 0 && errno == EACCES) {
		if (syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			return -errno;
		listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program);
	}
	if (listener < 0)
		return -errno;
	return passfd_send(handover_fd, (int)listener);
}

/* Each call that it notifies of is compared with in the end, however the tree is ordered. */
bool inject_filter_names(const struct sock_fprog *program, long call)
{
	for (size_t i = 0; i < program->len; i++)
		if (program->filter[i].code == (BPF_JMP | BPF_JEQ | BPF_K) &&
			program->filter[i].k == (uint32_t)call)
			return true;
	return false;
}

int inject_filter_receive(int fd)
{
	return passfd_receive(fd, MSG_DONTWAIT);
}

/* The child's exit status is the errno. */
static void probe_child(const struct sock_fprog *program, int fd)
{
	_exit(-inject_filter_install(program, fd));
}

int inject_filter_probe(void)
{
	struct filter_cache filters cleanup(filter_cache_done) = { 0 };
	struct sock_fprog program;
	int pair[2], status, r, listener = -1;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	filter_cache_ask(&filters, SYS_getppid);
	r = filter_cache_get(&filters, pair[1], &program);
	if (r == 0) {
		pid = fork();
		if (pid == 0)
			probe_child(&program, pair[1]);
		r = pid < 0 || waitpid(pid, &status, 0) < 0 ? -errno : 0;
		if (r == 0)
			r = WIFEXITED(status) ? -WEXITSTATUS(status) : -EPERM;
	}
	close(pair[1]);
	if (r == 0)
		r = listener = inject_filter_receive(pair[0]);
	if (listener >= 0)
		close(listener);
	close(pair[0]);
	return r < 0 ? r : 0;
}
