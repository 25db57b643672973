/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/base/util.h"

#include <stdarg.h>
#include <sys/mman.h>

static void *mem_check(void *p)
{
	if (p)
		return p;
	fputs("hangrate: out of memory\n", stderr);
	exit(3);
}

void *mem_alloc(size_t size)
{
	return mem_check(calloc(1, size ? size : 1));
}

void *mem_realloc(void *p, size_t size)
{
	return mem_check(realloc(p, size ? size : 1));
}

char *mem_strdup(const char *s)
{
	return s ? mem_check(strdup(s)) : NULL;
}

char *mem_strndup(const char *s, size_t n)
{
	return mem_check(strndup(s, n));
}

char *mem_printf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	va_end(ap);
	return mem_check(s);
}

void *mem_grow(void *array, size_t n, size_t *cap, size_t element_size)
{
	if (n == *cap) {
		*cap = *cap ? *cap * 2 : 8;
		array = mem_realloc(array, *cap * element_size);
	}
	memset((char *)array + n * element_size, 0, element_size);
	return array;
}

/* No page is touched, and none is reserved: only the limits are asked. */
bool mem_is_left(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return false;
	munmap(p, size);
	return true;
}
