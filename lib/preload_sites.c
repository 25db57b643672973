/* SPDX-License-Identifier: MIT */
/* preload_sites.c: the places where locks are taken. Found by address, named by module and offset.
 */
#include "lib/hash.h"
#include "lib/preload.h"

#include <link.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MODULES 128 /* two of each file: its code and its data */

struct preload_site preload_sites[PRELOAD_SITES];

/* Of the start only: asking later would take the loader's lock, which glibc's fork() leaves alone.
 */
static struct preload_module modules[MODULES];
static size_t n_modules;

static __thread int own_tid;

int preload_tid(void)
{
	if (!own_tid)
		own_tid = (int)syscall(SYS_gettid);
	return own_tid;
}

/* A name is part of a rule's text: nothing that could end it there. */
static void name_module(struct preload_module *m, const char *name)
{
	strncpy(m->name, name, sizeof(m->name) - 1);
	for (char *c = m->name; *c; c++)
		if (*c <= ' ' || *c > '~' || strchr("/:;,=@'\"\\()", *c))
			*c = '_';
}

static int add_module(struct dl_phdr_info *info, size_t size, void *arg)
{
	const char *slash = strrchr(info->dlpi_name, '/');
	const char *name = slash ? slash + 1 : info->dlpi_name;

	(void)size;
	(void)arg;
	for (int i = 0; i < info->dlpi_phnum && n_modules < MODULES; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		struct preload_module *m = &modules[n_modules];

		if (ph->p_type != PT_LOAD || !(ph->p_flags & (PF_X | PF_W)))
			continue;
		m->base = info->dlpi_addr;
		m->begin = m->base + ph->p_vaddr;
		m->end = m->begin + ph->p_memsz;
		m->code = (ph->p_flags & (PF_X | PF_R)) == (PF_X | PF_R);
		m->writable = ph->p_flags & PF_W;
		name_module(m, *name ? name : "main");
		n_modules++;
	}
	return 0;
}

void preload_sites_start(void)
{
	dl_iterate_phdr(add_module, NULL);
}

const struct preload_module *preload_module_of(uintptr_t address)
{
	for (size_t i = 0; i < n_modules; i++)
		if (address >= modules[i].begin && address < modules[i].end)
			return &modules[i];
	return NULL;
}

const struct preload_module *preload_module_at(size_t i)
{
	return i < n_modules ? &modules[i] : NULL;
}

void preload_site_name(void *address, char *buf, size_t size)
{
	uintptr_t a = (uintptr_t)address, digits;
	const struct preload_module *m = preload_module_of(a);
	size_t n = 0;
	int shift = 60;

	for (const char *s = m ? m->name : "?"; *s && n + 1 < size; s++)
		buf[n++] = *s;
	for (const char *s = "+0x"; *s && n + 1 < size; s++)
		buf[n++] = *s;
	digits = m ? a - m->base : a;
	while (shift && !(digits >> shift))
		shift -= 4;
	for (; shift >= 0 && n + 1 < size; shift -= 4)
		buf[n++] = "0123456789abcdef"[digits >> shift & 15];
	buf[n] = '\0';
}

bool preload_site_is_libc(void *address)
{
	/* Not "libc-" alone: musl names the program itself, and that may be called anything. */
	static const char *const names[] = { "libc.so", "libc-2.", "ld-linux", "ld-musl", "ld-2.",
		"libpthread.so", "libpthread-2.", "libhangrate-preload" };
	const struct preload_module *m = preload_module_of((uintptr_t)address);

	for (size_t i = 0; m && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(m->name, names[i], strlen(names[i])))
			return true;
	return false;
}

uint64_t preload_site_id(void *address)
{
	char name[48];
	uint64_t h;

	preload_site_name(address, name, sizeof(name));
	h = hash_bytes(HASH_START, name, strlen(name));
	return h ? h : 1;
}

struct preload_site *preload_site_at(void *address)
{
	size_t at = ((uintptr_t)address * HASH_GOLDEN) >> 55;

	for (size_t i = 0; i < PRELOAD_SITES; i++) {
		struct preload_site *s = &preload_sites[(at + i) % PRELOAD_SITES];
		void *there = __atomic_load_n(&s->address, __ATOMIC_ACQUIRE);

		if (there == address)
			return s;
		if (there)
			continue;
		if (__atomic_compare_exchange_n(&s->address, &there, address, false,
			    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
			__atomic_store_n(&s->id, preload_site_id(address), __ATOMIC_RELEASE);
			return s;
		}
		if (there == address)
			return s;
	}
	return NULL;
}

void preload_sites_forget(void)
{
	own_tid = 0;
	for (size_t i = 0; i < PRELOAD_SITES; i++) {
		preload_sites[i].tid = 0;
		preload_sites[i].many = false;
		preload_sites[i].held = 0;
	}
}
