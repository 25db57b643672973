/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What only root can set up, or a namespace of one's own; passes at once where that is not allowed:
 *   overlay	a futex in a file of an overlay, which an outsider maps by its upper folder
 *   loop_device	a flock whose open file only a loop device has any more
 *   automount	a pipe that the kernel writes to when somebody walks into an automount
 *   memory_group	an eventfd that a control group of version 1 signals
 * modes: overlay|loop_device|automount|memory_group
 *
 * libc: glibc
 * needs: outsider
 */
#include "tests/targets/futex.h"
#include "tests/targets/modes.h"
#include "tests/targets/outsider.h"

#include <linux/loop.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

static char dir[TARGET_PATH_MAX];

static const char *below(const char *name)
{
	static char paths[8][TARGET_PATH_MAX + 16];
	static int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

/* Leaves nothing of an overlay's folders behind. */
static void remove_overlay(void)
{
	rmdir(below("work/work"));
	rmdir(below("work"));
	rmdir(below("upper"));
	rmdir(below("lower"));
	rmdir(below("merged"));
	rmdir(dir);
}

static void overlay(long ms)
{
	char options[4 * TARGET_PATH_MAX];
	uint32_t *word;
	int fd;

	MUST(mkdtemp(target_path(dir, "hangrate-target-XXXXXX")));
	mkdir(below("lower"), 0755);
	mkdir(below("upper"), 0777);
	mkdir(below("work"), 0755);
	mkdir(below("merged"), 0777);
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", below("lower"),
		below("upper"), below("work"));
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("overlay", below("merged"), "overlay", 0, options) < 0) {
		remove_overlay();
		return;
	}
	fd = open(below("merged/word"), O_RDWR | O_CREAT, 0666);
	MUST(fd >= 0 && ftruncate(fd, 4096) == 0);
	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	MUST(word != MAP_FAILED && close(fd) == 0);
	outsider_ask("map_gate", ms, -1, below("upper/word"));
	MUST(unlink(below("merged/word")) == 0);
	futex_gate_wait(word, FUTEX_WAIT_SHARED);
	munmap(word, 4096);
	umount2(below("merged"), MNT_DETACH);
	remove_overlay();
}

static int free_loop_device(void)
{
	int control = open("/dev/loop-control", O_RDWR), n = -1;
	char path[32];

	if (control >= 0)
		n = ioctl(control, LOOP_CTL_GET_FREE);
	close(control);
	snprintf(path, sizeof(path), "/dev/loop%d", n);
	return n < 0 ? -1 : open(path, O_RDWR);
}

static void loop_device(long ms)
{
	char path[TARGET_PATH_MAX];
	int locked = mkostemp(target_path(path, "hangrate-target-XXXXXX"), O_CLOEXEC),
	    other = open(path, O_RDWR), loop;

	MUST(locked >= 0 && other >= 0 && unlink(path) == 0 && ftruncate(locked, 65536) == 0);
	MUST(flock(locked, LOCK_EX) == 0);
	do
		loop = free_loop_device();
	while (loop >= 0 && ioctl(loop, LOOP_SET_FD, locked) < 0 && errno == EBUSY);
	if (loop < 0)
		return;
	outsider_ask("clear_loop", ms, loop, "");
	close(loop);
	close(locked);
	MUST(flock(other, LOCK_EX) == 0);
}

static void automount(long ms)
{
	char options[128], packet[512];
	int p[2];

	MUST(mkdtemp(target_path(dir, "hangrate-target-XXXXXX")) && pipe(p) == 0);
	snprintf(options, sizeof(options), "fd=%d,pgrp=%d,minproto=5,maxproto=5,indirect", p[1],
		(int)getpgrp());
	if (mount("hangrate", dir, "autofs", 0, options) == 0) {
		outsider_ask("look", ms, -1, below("x"));
		MUST(read(p[0], packet, sizeof(packet)) > 0);
		umount2(dir, MNT_DETACH);
	}
	rmdir(dir);
}

/* The kernel keeps the eventfd for itself. */
static void tell_of_group(const char *group, int event)
{
	char order[64], path[TARGET_PATH_MAX + 64];
	int control, usage, n;

	snprintf(path, sizeof(path), "%s/cgroup.event_control", group);
	control = open(path, O_WRONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "%s/memory.usage_in_bytes", group);
	usage = open(path, O_RDONLY | O_CLOEXEC);
	n = snprintf(order, sizeof(order), "%d %d 1000000000", event, usage);
	MUST(control >= 0 && usage >= 0 && write(control, order, (size_t)n) == n);
	close(control);
	close(usage);
}

static void memory_group(long ms)
{
	char name[64], path[TARGET_PATH_MAX + 64];
	int event = eventfd(0, EFD_CLOEXEC);
	uint64_t count;

	MUST(mkdtemp(target_path(dir, "hangrate-target-XXXXXX")) && event >= 0);
	/* Of all who use that hierarchy, in whatever pid namespace. */
	snprintf(name, sizeof(name), "%s", strrchr(dir, '/') + 1);
	if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		mount("none", dir, "cgroup", 0, "memory") == 0) {
		MUST(mkdir(below(name), 0755) == 0);
		tell_of_group(below(name), event);
		snprintf(path, sizeof(path), "/proc/%d/root%s", (int)getpid(), below(name));
		outsider_ask("remove_group", ms, -1, path);
		MUST(read(event, &count, sizeof(count)) == sizeof(count));
		umount2(dir, MNT_DETACH);
	}
	rmdir(dir);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "overlay", overlay },
		{ "loop_device", loop_device },
		{ "automount", automount },
		{ "memory_group", memory_group },
		{ NULL, NULL },
	};

	outsider_path = argc > 2 ? argv[2] : NULL;
	return modes_main(argc, argv, modes);
}
