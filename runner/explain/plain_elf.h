/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plain_elf.h: ELF files whose compressed sections (SHF_COMPRESSED: Debian's debug files, whatever
 * Go links) are inflated once and not for each process that has them mapped: for libc's debug file
 * that is 50 ms, in the event loop.
 *
 * The copies are kept for as long as this process lives, and only the last few of them.
 *
 * elfutils ends the process where malloc() fails (libdw/libdw_alloc.c), or crashes: a file that
 * there is no room for is not handed to it.
 */
#ifndef RUNNER_EXPLAIN_PLAIN_ELF_H
#define RUNNER_EXPLAIN_PLAIN_ELF_H

/* Takes a file that is open for reading and gives one back, which the caller closes: the same, or a
 * copy in memory without compressed sections. What can't be inflated, or is no ELF file at all,
 * comes back as it is. -1 comes back as -1, and so does a file that is too large for the memory
 * left. */
int plain_elf(int fd);

/* Memory for what elfutils makes of a process, beside its files. */
#define PLAIN_ELF_ROOM ((size_t)24 << 20)

#endif
