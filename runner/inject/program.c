/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/inject/program.h"

#include "runner/arch/arch.h"
#include "runner/base/hash.h"
#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>

struct bytes {
	const char *data;
	size_t len;
};

static void cleanup_elf(Elf **elf)
{
	elf_end(*elf);
}

/* An ELF file of this machine; NULL: it is none. The bytes must outlive it. */
static Elf *elf_of(const struct bytes *b)
{
	GElf_Ehdr header;
	Elf *elf;

	elf_version(EV_CURRENT);
	/* Not written to: it is opened for reading. */
	elf = elf_memory((char *)b->data, b->len);
	if (elf && elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &header) &&
		header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB &&
		header.e_machine == ARCH_ELF_MACHINE)
		return elf;
	elf_end(elf);
	return NULL;
}

static void parse_build_id(Elf *elf, const GElf_Phdr *ph, char ret_id[INJECT_MAX_BUILD_ID + 1])
{
	Elf_Data *notes = elf_getdata_rawchunk(elf, (int64_t)ph->p_offset, ph->p_filesz,
		ph->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
	size_t at = 0, next, name, desc;
	GElf_Nhdr note;

	while (notes && (next = gelf_getnote(notes, at, &note, &name, &desc)) > 0) {
		const unsigned char *id = (const unsigned char *)notes->d_buf + desc;

		at = next;
		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 ||
			memcmp((const char *)notes->d_buf + name, "GNU", 4) ||
			note.n_descsz > INJECT_MAX_BUILD_ID / 2)
			continue;
		for (uint32_t i = 0; i < note.n_descsz; i++)
			snprintf(ret_id + 2 * i, 3, "%02x", id[i]);
		return;
	}
}

static enum inject_libc libc_of_loader(const char *loader)
{
	const char *slash = strrchr(loader, '/');
	const char *base = slash ? slash + 1 : loader;

	if (!strncmp(base, "ld-musl-", 8))
		return INJECT_LIBC_MUSL;
	if (!strncmp(base, "ld-linux", 8))
		return INJECT_LIBC_GLIBC;
	return INJECT_LIBC_OTHER;
}

/* The offset in the file of what is loaded at that address; -1: it is not from the file. */
static int64_t offset_of(Elf *elf, uint64_t address)
{
	GElf_Phdr ph;

	for (int i = 0; gelf_getphdr(elf, i, &ph); i++)
		if (ph.p_type == PT_LOAD && address >= ph.p_vaddr &&
			address - ph.p_vaddr < ph.p_filesz)
			return (int64_t)(ph.p_offset + (address - ph.p_vaddr));
	return -1;
}

/* A string of the file; NULL: there is none at that offset that ends. */
static const char *string_at(const struct bytes *b, int64_t table, uint64_t offset)
{
	uint64_t at = (uint64_t)table + offset;

	if (table < 0 || at < offset || at >= b->len || !memchr(b->data + at, 0, b->len - at))
		return NULL;
	return b->data + at;
}

/* The first needed library that is a sanitizer's. */
static char *parse_runtime(Elf *elf, const struct bytes *b, const GElf_Phdr *dynamic)
{
	static const char *const runtimes[] = { "libasan.so.", "libtsan.so.", "liblsan.so." };
	Elf_Data *entries =
		elf_getdata_rawchunk(elf, (int64_t)dynamic->p_offset, dynamic->p_filesz, ELF_T_DYN);
	int64_t strings = -1;
	GElf_Dyn d;

	for (int i = 0; entries && gelf_getdyn(entries, i, &d) && d.d_tag != DT_NULL; i++)
		if (d.d_tag == DT_STRTAB)
			strings = offset_of(elf, d.d_un.d_ptr);
	for (int i = 0; entries && gelf_getdyn(entries, i, &d) && d.d_tag != DT_NULL; i++) {
		const char *name =
			d.d_tag == DT_NEEDED ? string_at(b, strings, d.d_un.d_val) : NULL;

		for (size_t k = 0; name && k < ARRAY_SIZE(runtimes); k++)
			if (!strncmp(name, runtimes[k], strlen(runtimes[k])))
				return mem_strndup(name, 32);
	}
	return NULL;
}

/* False: the file is cut off. */
static bool parse_loader(const struct bytes *b, const GElf_Phdr *ph, struct inject_program *program)
{
	if (ph->p_offset > b->len || ph->p_filesz > b->len - ph->p_offset)
		return false;
	program->loader = mem_strndup(b->data + ph->p_offset, ph->p_filesz);
	program->libc = libc_of_loader(program->loader);
	return true;
}

int inject_program_parse(const char *data, size_t len, struct inject_program *program)
{
	struct bytes b = { data, len };
	Elf *elf cleanup(cleanup_elf) = elf_of(&b);
	size_t n;

	if (!elf || elf_getphdrnum(elf, &n) < 0)
		return -ENOEXEC;
	program->libc = INJECT_LIBC_STATIC;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr ph;

		if (!gelf_getphdr(elf, (int)i, &ph))
			return -ENOEXEC;
		if (ph.p_type == PT_NOTE && !program->build_id[0])
			parse_build_id(elf, &ph, program->build_id);
		if (ph.p_type == PT_DYNAMIC && !program->runtime)
			program->runtime = parse_runtime(elf, &b, &ph);
		if (ph.p_type == PT_INTERP && !program->loader && !parse_loader(&b, &ph, program))
			return -ENOEXEC;
	}
	return 0;
}

static enum inject_interposed interposed_by(
	Elf *elf, Elf_Data *symbols, size_t strings, const char *function)
{
	GElf_Sym sym;

	for (int i = 0; gelf_getsym(symbols, i, &sym); i++) {
		const char *name = elf_strptr(elf, strings, sym.st_name);

		if (sym.st_shndx == SHN_UNDEF || !name || strcmp(name, function) != 0)
			continue;
		if (GELF_ST_TYPE(sym.st_info) == STT_FUNC)
			return INJECT_INTERPOSED_BOTH;
		if (GELF_ST_TYPE(sym.st_info) == STT_NOTYPE)
			return INJECT_INTERPOSED_ENTER;
	}
	return INJECT_INTERPOSED_NOT;
}

enum inject_interposed inject_elf_find_function(const char *data, size_t len, const char *function)
{
	struct bytes b = { data, len };
	Elf *elf cleanup(cleanup_elf) = elf_of(&b);
	GElf_Shdr h;

	if (!elf)
		return INJECT_INTERPOSED_NOT;
	for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
		Elf_Data *symbols;

		if (!gelf_getshdr(section, &h) || h.sh_type != SHT_DYNSYM)
			continue;
		symbols = elf_getdata(section, NULL);
		return symbols ? interposed_by(elf, symbols, h.sh_link, function)
			       : INJECT_INTERPOSED_NOT;
	}
	return INJECT_INTERPOSED_NOT;
}

static int map_file(const char *path, struct bytes *ret_bytes, struct stat *ret_st)
{
	int fd cleanup(cleanup_close) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	void *p;

	if (fd < 0 || fstat(fd, ret_st) < 0)
		return -errno;
	if (!S_ISREG(ret_st->st_mode))
		return -EACCES;
	if (ret_st->st_size == 0)
		return -ENOEXEC;
	p = mmap(NULL, (size_t)ret_st->st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	*ret_bytes = (struct bytes){ p, (size_t)ret_st->st_size };
	return 0;
}

/* "#!/path arg\n": the path; NULL: no script. */
static char *script_interpreter(const struct bytes *b)
{
	size_t at = 2, n = 0;

	if (b->len < 3 || memcmp(b->data, "#!", 2))
		return NULL;
	while (at < b->len && (b->data[at] == ' ' || b->data[at] == '\t'))
		at++;
	while (at + n < b->len && !strchr(" \t\n", b->data[at + n]))
		n++;
	return mem_strndup(b->data + at, n);
}

int inject_program_read(const char *exe, struct inject_program *ret_program)
{
	struct inject_program p = { .exe = mem_strdup(exe) };
	int r = -ELOOP;

	for (int depth = 0; depth < 5; depth++) {
		struct bytes b;
		struct stat st;
		char *next;

		r = map_file(p.exe, &b, &st);
		if (r < 0)
			break;
		next = script_interpreter(&b);
		if (next) {
			free(p.exe);
			p.exe = next;
			r = -ELOOP;
		} else {
			r = inject_program_parse(b.data, b.len, &p);
			if (!p.build_id[0])
				snprintf(p.build_id, sizeof(p.build_id), "x%016" PRIx64,
					hash_words(HASH_START, b.data, b.len));
			p.privileged = (st.st_mode & (S_ISUID | S_ISGID)) ||
				       getxattr(p.exe, "security.capability", NULL, 0) > 0;
		}
		munmap((void *)b.data, b.len);
		if (!next)
			break;
	}
	if (r < 0) {
		inject_program_done(&p);
		return r;
	}
	*ret_program = p;
	return 0;
}

void inject_program_done(struct inject_program *p)
{
	free(p->exe);
	free(p->loader);
	free(p->runtime);
}

int inject_preload_path(enum inject_library which, enum inject_libc libc, char **ret_path)
{
	static const char *const below[] = { "", "/../lib/hangrate" };
	const char *name = libc == INJECT_LIBC_MUSL ? "musl" : "glibc";
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (!inject_unpack(which, libc, ret_path))
		return 0;
	if (n < 0)
		return -errno;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return -ENOENT;
	*slash = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(below); i++) {
		char *path = mem_printf("%s%s/%s/libhangrate-%s.so", self, below[i], name,
			which == INJECT_LIBRARY_ZYGOTE ? "zygote" : "preload");

		if (access(path, R_OK) == 0) {
			*ret_path = path;
			return 0;
		}
		free(path);
	}
	return -ENOENT;
}

enum inject_interposed inject_preload_has(const char *path, const char *function)
{
	enum inject_interposed found;
	struct bytes b;
	struct stat st;

	if (map_file(path, &b, &st) < 0)
		return INJECT_INTERPOSED_NOT;
	found = inject_elf_find_function(b.data, b.len, function);
	munmap((void *)b.data, b.len);
	return found;
}
