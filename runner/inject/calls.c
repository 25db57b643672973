/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/calls.c: names, numbers and classes of system calls. The classes follow strace's, less
 * what must never be held: rt_sigreturn and restart_syscall, whose arguments are not their own.
 */
#include "runner/inject/engine.h"
#include "runner/base/util.h"

#include <seccomp.h>

static const char *const file_calls[] = { "access", "acct", "chdir", "chmod", "chown", "chroot",
	"creat", "execve", "execveat", "faccessat", "faccessat2", "fchmodat", "fchownat",
	"futimesat", "getcwd", "getxattr", "inotify_add_watch", "lchown", "lgetxattr", "link",
	"linkat", "listxattr", "llistxattr", "lremovexattr", "lsetxattr", "lstat", "mkdir",
	"mkdirat", "mknod", "mknodat", "mount", "newfstatat", "name_to_handle_at", "open", "openat",
	"openat2", "pivot_root", "quotactl", "readlink", "readlinkat", "removexattr", "rename",
	"renameat", "renameat2", "rmdir", "setxattr", "stat", "statfs", "statx", "swapoff",
	"swapon", "symlink", "symlinkat", "truncate", "umount2", "unlink", "unlinkat", "uselib",
	"utime", "utimensat", "utimes", NULL };

static const char *const desc_calls[] = { "accept", "accept4", "bind", "close", "connect",
	"copy_file_range", "dup", "dup2", "dup3", "epoll_create", "epoll_create1", "epoll_ctl",
	"epoll_pwait", "epoll_wait", "eventfd", "eventfd2", "fadvise64", "fallocate", "fchdir",
	"fchmod", "fchown", "fcntl", "fdatasync", "flock", "fstat", "fstatfs", "fsync", "ftruncate",
	"getdents", "getdents64", "ioctl", "listen", "lseek", "memfd_create", "open", "openat",
	"pipe", "pipe2", "poll", "ppoll", "pread64", "preadv", "pselect6", "pwrite64", "pwritev",
	"read", "readv", "recvfrom", "recvmmsg", "recvmsg", "select", "sendfile", "sendmmsg",
	"sendmsg", "sendto", "shutdown", "signalfd", "signalfd4", "socket", "socketpair", "splice",
	"tee", "timerfd_create", "timerfd_settime", "vmsplice", "write", "writev", NULL };

static const char *const network_calls[] = { "accept", "accept4", "bind", "connect", "getpeername",
	"getsockname", "getsockopt", "listen", "recvfrom", "recvmmsg", "recvmsg", "sendmmsg",
	"sendmsg", "sendto", "setsockopt", "shutdown", "socket", "socketpair", NULL };

static const char *const process_calls[] = { "clone", "clone3", "execve", "execveat", "exit",
	"exit_group", "fork", "kill", "pidfd_open", "pidfd_send_signal", "rt_sigqueueinfo",
	"rt_tgsigqueueinfo", "tgkill", "tkill", "unshare", "vfork", "wait4", "waitid", NULL };

static const char *const memory_calls[] = { "brk", "madvise", "mbind", "mincore", "mlock", "mlock2",
	"mlockall", "mmap", "mprotect", "mremap", "msync", "munlock", "munlockall", "munmap",
	"pkey_mprotect", "remap_file_pages", NULL };

static const struct {
	const char *name;
	const char *const *calls;
} classes[] = {
	{ "file", file_calls },
	{ "desc", desc_calls },
	{ "network", network_calls },
	{ "process", process_calls },
	{ "memory", memory_calls },
};

const char *const *inject_class_calls(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (!strcmp(classes[i].name, name))
			return classes[i].calls;
	return NULL;
}

int inject_call_number(const char *name)
{
	int nr = seccomp_syscall_resolve_name(name);

	/* Negative: unknown, or one that other machines have. */
	if (nr < 0 || !strcmp(name, "rt_sigreturn") || !strcmp(name, "restart_syscall"))
		return -1;
	return nr;
}
