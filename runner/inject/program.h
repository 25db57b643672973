/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/program.h: what an executable is, as far as an injector must know, and where the preload
 * for it lies. Reads ELF files; runs nothing.
 */
#ifndef RUNNER_INJECT_PROGRAM_H
#define RUNNER_INJECT_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum inject_libc {
	INJECT_LIBC_STATIC, /* no loader that would read LD_PRELOAD */
	INJECT_LIBC_GLIBC,
	INJECT_LIBC_MUSL,
	INJECT_LIBC_OTHER,
};

#define INJECT_MAX_BUILD_ID 64

struct inject_program {
	char *exe; /* what the kernel loads: of a script its interpreter */
	enum inject_libc libc;
	char *loader; /* PT_INTERP; NULL: none */
	/* The runtime of a sanitizer that wants to be the first library ("libasan.so.8"); NULL:
	 * none or linked in. */
	char *runtime;
	bool privileged; /* set-user-ID, set-group-ID or file capabilities: the loader ignores us */
	/* Lower-case hexadecimal; of a file without one "x" and a hash of its bytes. */
	char build_id[INJECT_MAX_BUILD_ID + 1];
	/* Under which a trap remembers what it has learned; "": nowhere. */
	char memory[INJECT_MAX_BUILD_ID + 20];
};

/* Follows "#!" up to four times. 0 or -errno; -ENOEXEC: not a 64-bit ELF file of this machine. */
int inject_program_read(const char *exe, struct inject_program *ret_program);
void inject_program_done(struct inject_program *p);
/* The pure part: fills libc, loader, runtime and build_id from the bytes of an ELF file. 0 or
 * -ENOEXEC. */
int inject_program_parse(const char *data, size_t len, struct inject_program *program);

enum inject_library { INJECT_LIBRARY_PRELOAD, INJECT_LIBRARY_ZYGOTE };
/* A path of the library for that libc that LD_PRELOAD can hold: the library inside this program,
 * unpacked to a private folder; where no folder serves, a file beside this executable, or below
 * ../lib/hangrate. 0 or -ENOENT. The caller frees it. */
int inject_preload_path(enum inject_library which, enum inject_libc libc, char **ret_path);
/* unpack.c: the first half of it. */
int inject_unpack(enum inject_library which, enum inject_libc libc, char **ret_path);
/* What can be delayed about a function. The stubs of preload.c are STT_NOTYPE symbols. */
enum inject_interposed {
	INJECT_INTERPOSED_NOT,
	INJECT_INTERPOSED_ENTER,
	INJECT_INTERPOSED_BOTH,
};
/* Of the library at path; NOT where it can't be read. */
enum inject_interposed inject_preload_has(const char *path, const char *function);
/* The pure part: the bytes of an ELF file with section headers. */
enum inject_interposed inject_elf_find_function(const char *data, size_t len, const char *function);

#endif
