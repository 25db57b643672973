/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/unpack.c: the preload comes inside this program, so that one file is enough. A target's
 * loader needs a name for it, one that LD_PRELOAD can hold and that lasts as long as the target, so
 * it is written once to a private folder under a name made of its contents, and used again.
 */
#include "runner/inject/program.h"

#include "runner/base/hash.h"
#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* make/inject.mk: the libraries as they stand; empty where that libc was not at hand. */
extern const char preload_glibc[], preload_glibc_end[];
extern const char preload_musl[], preload_musl_end[];
extern const char zygote_glibc[], zygote_glibc_end[];
extern const char zygote_musl[], zygote_musl_end[];

struct library {
	const char *name, *data, *end;
};

static struct library library_of(enum inject_library which, enum inject_libc libc)
{
	const struct library all[][2] = {
		[INJECT_LIBRARY_PRELOAD] = {
			{ "preload-glibc", preload_glibc, preload_glibc_end },
			{ "preload-musl", preload_musl, preload_musl_end },
		},
		[INJECT_LIBRARY_ZYGOTE] = {
			{ "zygote-glibc", zygote_glibc, zygote_glibc_end },
			{ "zygote-musl", zygote_musl, zygote_musl_end },
		},
	};

	return all[which][libc == INJECT_LIBC_MUSL];
}

/* Characters that separate the libraries of LD_PRELOAD. */
static bool fits_ld_preload(const char *path)
{
	return path[0] == '/' && !strpbrk(path, ": \t\n");
}

/* Owned and writable by us alone: else another user could replace what is loaded. */
static bool make_private(const char *dir)
{
	char *parent cleanup(cleanup_free) = mem_strdup(dir);
	struct stat st;

	*strrchr(parent, '/') = '\0'; /* a cache that was never used has no folder yet */
	mkdir(parent, 0700);
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return false;
	return !lstat(dir, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* Whether the file holds the library, and may be executed where it lies (no noexec). */
static bool is_usable(const char *path, const char *data, size_t len)
{
	int fd cleanup(cleanup_close) = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	bool good;
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid() || st.st_size != (off_t)len)
		return false;
	p = mmap(NULL, len, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return false;
	good = !memcmp(p, data, len);
	munmap(p, len);
	return good;
}

static bool write_file(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			return false;
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* Renamed into place: another campaign may unpack at this moment. */
static bool unpack_to(const char *path, const char *data, size_t len)
{
	char *part cleanup(cleanup_free) = mem_printf("%s.XXXXXX", path);
	int fd;
	bool good;

	if (is_usable(path, data, len))
		return true;
	fd = mkostemp(part, O_CLOEXEC);
	if (fd < 0)
		return false;
	good = write_file(fd, data, len) && !fchmod(fd, 0755);
	good &= !close(fd) && good && !rename(part, path);
	if (!good)
		unlink(part);
	return good && is_usable(path, data, len);
}

/* NULL: not set, or of no use. */
static char *folder_in(const char *variable, const char *below)
{
	const char *dir = getenv(variable);

	return dir && dir[0] == '/' ? mem_printf("%s%s/hangrate", dir, below) : NULL;
}

int inject_unpack(enum inject_library which, enum inject_libc libc, char **ret_path)
{
	const struct library l = library_of(which, libc);
	size_t len = (size_t)(l.end - l.data);
	char *folders[] = { folder_in("XDG_CACHE_HOME", ""), folder_in("HOME", "/.cache"),
		folder_in("XDG_RUNTIME_DIR", ""),
		mem_printf("/tmp/hangrate-%u", (unsigned int)geteuid()),
		mem_printf("/dev/shm/hangrate-%u", (unsigned int)geteuid()) };
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char *path cleanup(cleanup_free) = NULL;

		if (r < 0 && len && folders[i] && fits_ld_preload(folders[i])) {
			path = mem_printf("%s/hangrate-%s-%016" PRIx64 ".so", folders[i], l.name,
				hash_words(HASH_START, l.data, len));
			if (make_private(folders[i]) && unpack_to(path, l.data, len)) {
				*ret_path = path;
				path = NULL;
				r = 0;
			}
		}
		free(folders[i]);
	}
	return r;
}
