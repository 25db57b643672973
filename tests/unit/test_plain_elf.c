/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/explain/plain_elf.h"
#include "runner/base/util.h"
#include "tests/unit/scratch.h"

static char packed[SCRATCH_MAX];

/* This program, as a distribution would ship its debug file. */
static void pack(void)
{
	char *command cleanup(cleanup_free) = NULL;

	close(scratch_file(packed));
	command = mem_printf(
		"objcopy --compress-debug-sections=zlib /proc/%d/exe %s", (int)getpid(), packed);
	cr_assert(eq(int, system(command), 0));
}

static void unpack(void)
{
	unlink(packed);
}

TestSuite(plain_elf, .init = pack, .fini = unpack);

static ino_t inode(int fd)
{
	struct stat st;

	cr_assert(eq(int, fstat(fd, &st), 0));
	return st.st_ino;
}

static size_t count_compressed(Elf *elf)
{
	GElf_Shdr h;
	size_t n = 0;

	for (Elf_Scn *s = NULL; (s = elf_nextscn(elf, s));)
		n += gelf_getshdr(s, &h) && h.sh_flags & SHF_COMPRESSED;
	return n;
}

static Elf *open_elf(int fd)
{
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	cr_assert(elf != NULL && elf_kind(elf) == ELF_K_ELF);
	return elf;
}

Test(plain_elf, every_section_is_as_before_it_was_compressed)
{
	int before = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int file = open(packed, O_RDONLY | O_CLOEXEC), copy;
	Elf *a, *b = open_elf(file);
	Elf_Scn *s = NULL, *t = NULL;
	size_t n = 0;

	cr_assert(count_compressed(b) > 0, "nothing is tested");
	elf_end(b);
	copy = plain_elf(file);
	a = open_elf(before);
	b = open_elf(copy);
	cr_assert(eq(sz, count_compressed(b), 0));
	while ((s = elf_nextscn(a, s)) && (t = elf_nextscn(b, t))) {
		Elf_Data *x = elf_rawdata(s, NULL), *y = elf_rawdata(t, NULL);
		GElf_Shdr h;

		gelf_getshdr(s, &h);
		if (h.sh_type != SHT_PROGBITS)
			continue;
		cr_assert(eq(sz, x->d_size, y->d_size));
		if (x->d_size)
			cr_assert(eq(int, memcmp(x->d_buf, y->d_buf, x->d_size), 0));
		n++;
	}
	cr_assert(n > 10);
	elf_end(a);
	elf_end(b);
	close(before);
	close(copy);
}

Test(plain_elf, a_copy_is_made_once)
{
	int first = plain_elf(open(packed, O_RDONLY | O_CLOEXEC)), again;
	ino_t copy = inode(first);

	close(first);
	again = plain_elf(open(packed, O_RDONLY | O_CLOEXEC));
	cr_assert(eq(ulong, inode(again), copy));
	close(again);
	cr_assert(eq(int, truncate(packed, 100), 0));
	again = plain_elf(open(packed, O_RDONLY | O_CLOEXEC));
	cr_assert(ne(ulong, inode(again), copy), "another file by now");
	close(again);
}

Test(plain_elf, only_the_last_few_are_kept)
{
	int next;

	for (int i = 0; i < 40; i++) {
		/* Each time another file. */
		int fd = open(packed, O_WRONLY | O_APPEND | O_CLOEXEC);

		cr_assert(eq(long, write(fd, "x", 1), 1));
		close(fd);
		fd = plain_elf(open(packed, O_RDONLY | O_CLOEXEC));
		cr_assert(fd >= 0);
		close(fd);
	}
	next = dup(0);
	close(next);
	cr_assert(lt(int, next, 40));
}

Test(plain_elf, what_needs_no_copy_comes_back)
{
	static const char *const files[] = { "/bin/true", "/etc/passwd", "/dev/null", "/" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);

		cr_assert(eq(int, plain_elf(fd), fd), "%s", files[i]);
		close(fd);
	}
	cr_assert(eq(int, plain_elf(-1), -1));
}

/* A section that says it is compressed, and is not. */
Test(plain_elf, damage_comes_back_as_it_is)
{
	int fd = open(packed, O_RDWR | O_CLOEXEC), copy;
	Elf *elf = open_elf(fd);
	GElf_Shdr h = { 0 };

	for (Elf_Scn *s = NULL; (s = elf_nextscn(elf, s));)
		if (gelf_getshdr(s, &h) && h.sh_flags & SHF_COMPRESSED)
			break;
	elf_end(elf);
	for (off_t at = (off_t)h.sh_offset + 24; at < (off_t)(h.sh_offset + h.sh_size); at++)
		cr_assert(eq(long, pwrite(fd, "\xff", 1, at), 1));
	copy = plain_elf(fd);
	cr_assert(eq(int, copy, fd));
	close(fd);
}

#ifndef __SANITIZE_ADDRESS__ /* which needs the whole address space */
Test(plain_elf, no_room_means_no_file)
{
	struct rlimit limit;
	int fd = open("/bin/true", O_RDONLY | O_CLOEXEC);

	cr_assert(eq(int, getrlimit(RLIMIT_AS, &limit), 0));
	limit.rlim_cur = (rlim_t)1
			 << 20; /* less than there is already: nothing more can be mapped */
	cr_assert(eq(int, setrlimit(RLIMIT_AS, &limit), 0));
	fd = plain_elf(fd);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_AS, &limit);
	cr_assert(eq(int, fd, -1));
}
#endif
