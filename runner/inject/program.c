/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/inject/program.h"

#include "runner/base/util.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>

struct bytes {
	const char *data;
	size_t len;
};

static const void *bytes_at(const struct bytes *b, uint64_t offset, uint64_t size)
{
	if (offset > b->len || size > b->len - offset)
		return NULL;
	return b->data + offset;
}

/* Headers may lie at odd offsets in a hostile file: copy instead of pointing. */
static bool read_at(const struct bytes *b, uint64_t offset, void *ret, size_t size)
{
	const void *p = bytes_at(b, offset, size);

	if (p)
		memcpy(ret, p, size);
	return p;
}

static bool parse_header(const struct bytes *b, Elf64_Ehdr *ret_header)
{
	return read_at(b, 0, ret_header, sizeof(*ret_header)) &&
	       !memcmp(ret_header->e_ident, ELFMAG, SELFMAG) &&
	       ret_header->e_ident[EI_CLASS] == ELFCLASS64 &&
	       ret_header->e_ident[EI_DATA] == ELFDATA2LSB && ret_header->e_machine == EM_X86_64;
}

static bool parse_build_id(
	const struct bytes *b, const Elf64_Phdr *ph, char ret_id[INJECT_MAX_BUILD_ID + 1])
{
	uint64_t at = ph->p_offset, end = ph->p_offset + ph->p_filesz;
	Elf64_Nhdr note;

	while (at < end && read_at(b, at, &note, sizeof(note))) {
		uint64_t name = at + sizeof(note);
		uint64_t desc = name + ((note.n_namesz + UINT64_C(3)) & ~UINT64_C(3));
		const unsigned char *id = bytes_at(b, desc, note.n_descsz);
		const char *owner = bytes_at(b, name, note.n_namesz);

		if (id && owner && note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
			!memcmp(owner, "GNU", 4) && note.n_descsz <= INJECT_MAX_BUILD_ID / 2) {
			for (uint32_t i = 0; i < note.n_descsz; i++)
				snprintf(ret_id + 2 * i, 3, "%02x", id[i]);
			return true;
		}
		at = desc + ((note.n_descsz + UINT64_C(3)) & ~UINT64_C(3));
	}
	return false;
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

/* Where in the file the byte of that address is. */
static bool offset_of(const struct bytes *b, const Elf64_Ehdr *eh, uint64_t address, uint64_t *ret)
{
	Elf64_Phdr ph;

	for (unsigned int i = 0; i < eh->e_phnum; i++) {
		if (!read_at(b, eh->e_phoff + i * (uint64_t)eh->e_phentsize, &ph, sizeof(ph)))
			return false;
		if (ph.p_type != PT_LOAD || address < ph.p_vaddr ||
			address - ph.p_vaddr >= ph.p_filesz)
			continue;
		*ret = ph.p_offset + (address - ph.p_vaddr);
		return true;
	}
	return false;
}

/* The first needed library that is a sanitizer's. */
static char *parse_runtime(const struct bytes *b, const Elf64_Ehdr *eh, const Elf64_Phdr *dynamic)
{
	static const char *const runtimes[] = { "libasan.so.", "libtsan.so.", "liblsan.so." };
	uint64_t strings = 0;
	Elf64_Dyn d;

	for (uint64_t at = 0; at < dynamic->p_filesz; at += sizeof(d)) {
		if (!read_at(b, dynamic->p_offset + at, &d, sizeof(d)))
			return NULL;
		if (d.d_tag == DT_STRTAB && !offset_of(b, eh, d.d_un.d_ptr, &strings))
			return NULL;
	}
	for (uint64_t at = 0; strings && at < dynamic->p_filesz; at += sizeof(d)) {
		const char *name;

		if (!read_at(b, dynamic->p_offset + at, &d, sizeof(d)) || d.d_tag == DT_NULL)
			return NULL;
		if (d.d_tag != DT_NEEDED)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(runtimes); i++) {
			size_t n = strlen(runtimes[i]);

			name = bytes_at(b, strings + d.d_un.d_val, n);
			if (name && !memcmp(name, runtimes[i], n))
				return mem_strndup(
					name, b->len - (size_t)(name - b->data) < 32 ? n : 32);
		}
	}
	return NULL;
}

int inject_program_parse(const char *data, size_t len, struct inject_program *program)
{
	struct bytes b = { data, len };
	Elf64_Ehdr eh;

	if (!parse_header(&b, &eh))
		return -ENOEXEC;
	program->libc = INJECT_LIBC_STATIC;
	for (unsigned int i = 0; i < eh.e_phnum; i++) {
		Elf64_Phdr ph;
		const char *s;

		if (!read_at(&b, eh.e_phoff + i * (uint64_t)eh.e_phentsize, &ph, sizeof(ph)))
			return -ENOEXEC;
		if (ph.p_type == PT_NOTE && !program->build_id[0])
			parse_build_id(&b, &ph, program->build_id);
		if (ph.p_type == PT_DYNAMIC && !program->runtime)
			program->runtime = parse_runtime(&b, &eh, &ph);
		if (ph.p_type != PT_INTERP || program->loader)
			continue;
		s = bytes_at(&b, ph.p_offset, ph.p_filesz);
		if (!s)
			return -ENOEXEC;
		program->loader = mem_strndup(s, ph.p_filesz);
		program->libc = libc_of_loader(program->loader);
	}
	return 0;
}

static enum inject_interposed interposed_by(const struct bytes *b, const Elf64_Shdr *symbols,
	const Elf64_Shdr *strings, const char *function)
{
	size_t name_len = strlen(function) + 1;
	Elf64_Sym sym;

	for (uint64_t at = 0; at < symbols->sh_size; at += sizeof(sym)) {
		const char *name;

		if (!read_at(b, symbols->sh_offset + at, &sym, sizeof(sym)))
			break;
		name = bytes_at(b, strings->sh_offset + sym.st_name, name_len);
		if (sym.st_shndx == SHN_UNDEF || !name || memcmp(name, function, name_len))
			continue;
		if (ELF64_ST_TYPE(sym.st_info) == STT_FUNC)
			return INJECT_INTERPOSED_BOTH;
		if (ELF64_ST_TYPE(sym.st_info) == STT_NOTYPE)
			return INJECT_INTERPOSED_ENTER;
	}
	return INJECT_INTERPOSED_NOT;
}

enum inject_interposed inject_elf_find_function(const char *data, size_t len, const char *function)
{
	struct bytes b = { data, len };
	Elf64_Ehdr eh;
	Elf64_Shdr symbols, strings;

	if (!parse_header(&b, &eh))
		return INJECT_INTERPOSED_NOT;
	for (unsigned int i = 0; i < eh.e_shnum; i++) {
		if (!read_at(&b, eh.e_shoff + i * (uint64_t)eh.e_shentsize, &symbols,
			    sizeof(symbols)) ||
			symbols.sh_type != SHT_DYNSYM)
			continue;
		if (!read_at(&b, eh.e_shoff + symbols.sh_link * (uint64_t)eh.e_shentsize, &strings,
			    sizeof(strings)))
			break;
		return interposed_by(&b, &symbols, &strings, function);
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

/* FNV-1a, eight bytes a step. */
static void hash_id(const struct bytes *b, char ret_id[INJECT_MAX_BUILD_ID + 1])
{
	uint64_t h = UINT64_C(0xcbf29ce484222325), word = 0;

	for (size_t i = 0; i < b->len; i += sizeof(word)) {
		word = 0;
		memcpy(&word, b->data + i, b->len - i < sizeof(word) ? b->len - i : sizeof(word));
		h = (h ^ word) * UINT64_C(0x100000001b3);
	}
	snprintf(ret_id, INJECT_MAX_BUILD_ID + 1, "x%016" PRIx64, h);
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
				hash_id(&b, p.build_id);
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

int inject_preload_path(enum inject_libc libc, char **ret_path)
{
	static const char *const below[] = { "", "/../lib/hangrate" };
	const char *name = libc == INJECT_LIBC_MUSL ? "musl" : "glibc";
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n < 0)
		return -errno;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return -ENOENT;
	*slash = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(below); i++) {
		char *path = mem_printf("%s%s/%s/libhangrate-preload.so", self, below[i], name);

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
