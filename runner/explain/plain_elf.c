/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/plain_elf.h"

#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#define KEPT 16

struct kept {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
	int copy; /* -1: as it is will do */
};

static struct kept kept[KEPT];
static size_t n_kept; /* ever; the oldest go first */

static bool is_of(const struct kept *k, const struct stat *st)
{
	return k->device == st->st_dev && k->inode == st->st_ino && k->size == st->st_size &&
	       k->changed.tv_sec == st->st_ctim.tv_sec && k->changed.tv_nsec == st->st_ctim.tv_nsec;
}

static bool has_compressed(Elf *elf)
{
	GElf_Shdr h;

	for (Elf_Scn *s = NULL; (s = elf_nextscn(elf, s));)
		if (gelf_getshdr(s, &h) && h.sh_flags & SHF_COMPRESSED)
			return true;
	return false;
}

static GElf_Off align(GElf_Off offset, GElf_Xword to)
{
	return to > 1 ? (offset + to - 1) / to * to : offset;
}

/* Everything stays where it is, for the segments say so; what has been inflated goes to the end,
 * and the section headers behind it. */
static bool inflate_sections(Elf *elf, GElf_Off end)
{
	GElf_Ehdr ehdr;
	GElf_Shdr h;

	elf_flagelf(elf, ELF_C_SET, ELF_F_LAYOUT);
	for (Elf_Scn *s = NULL; (s = elf_nextscn(elf, s));) {
		if (!gelf_getshdr(s, &h))
			return false;
		if (!(h.sh_flags & SHF_COMPRESSED))
			continue;
		if (elf_compress(s, 0, 0) < 0 || !gelf_getshdr(s, &h))
			return false;
		h.sh_offset = align(end, h.sh_addralign);
		end = h.sh_offset + h.sh_size;
		if (!gelf_update_shdr(s, &h))
			return false;
		/* Or its old bytes are left where it was, and none are written where it is. */
		elf_flagdata(elf_getdata(s, NULL), ELF_C_SET, ELF_F_DIRTY);
	}
	if (!gelf_getehdr(elf, &ehdr))
		return false;
	ehdr.e_shoff = align(end, 8);
	return gelf_update_ehdr(elf, &ehdr) && elf_update(elf, ELF_C_WRITE) >= 0;
}

static int copy_file(int fd, off_t size)
{
	int copy = memfd_create("hangrate-elf", MFD_CLOEXEC);
	off_t at = 0;

	while (copy >= 0 && at < size)
		if (sendfile(copy, fd, &at, (size_t)(size - at)) <= 0) {
			close(copy);
			return -1;
		}
	return copy;
}

static int inflate_copy(int fd, off_t size)
{
	int copy = copy_file(fd, size);
	Elf *elf = copy < 0 ? NULL : elf_begin(copy, ELF_C_RDWR, NULL);
	bool done = elf && inflate_sections(elf, (GElf_Off)size);

	elf_end(elf);
	if (!done)
		cleanup_close(&copy);
	return done ? copy : -1;
}

/* -1: none is needed, or none can be made. */
static int make_copy(int fd, off_t size)
{
	Elf *elf;
	bool wanted;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	wanted = elf && elf_kind(elf) == ELF_K_ELF && has_compressed(elf);
	elf_end(elf);
	return wanted ? inflate_copy(fd, size) : -1;
}

static const struct kept *find(int fd, const struct stat *st)
{
	struct kept *k;

	for (size_t i = 0; i < n_kept && i < KEPT; i++)
		if (is_of(&kept[i], st))
			return &kept[i];
	k = &kept[n_kept % KEPT];
	if (n_kept++ >= KEPT)
		cleanup_close(&k->copy);
	*k = (struct kept){ st->st_dev, st->st_ino, st->st_size, st->st_ctim,
		make_copy(fd, st->st_size) };
	return k;
}

/* Mapped once; sections and tables of it are read into memory as well. */
enum { OF_A_FILE = 4 };

int plain_elf(int fd)
{
	struct stat st;
	int copy;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return fd;
	if (!mem_is_left(PLAIN_ELF_ROOM + (size_t)st.st_size * OF_A_FILE)) {
		close(fd);
		return -1;
	}
	copy = find(fd, &st)->copy;
	if (copy >= 0)
		copy = fcntl(copy, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		return fd;
	close(fd);
	return copy;
}
