/* SPDX-License-Identifier: MIT */
/*
 * musl_shim.c: what Debian's libfiu.a, built for glibc, needs and musl does not have. Nothing here
 * is on a delay point's way: libfiu uses it for stack-triggered points and for remote control,
 * which hangrate never asks for.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

int __snprintf_chk(char *s, size_t size, int flag, size_t room, const char *format, ...);
int __fprintf_chk(FILE *f, int flag, const char *format, ...);
int backtrace(void **buffer, int size);
int dladdr1(const void *addr, Dl_info *info, void **extra, int flags);

int __snprintf_chk(char *s, size_t size, int flag, size_t room, const char *format, ...)
{
	va_list ap;
	int n;

	(void)flag;
	(void)room;
	va_start(ap, format);
	n = vsnprintf(s, size, format, ap);
	va_end(ap);
	return n;
}

int __fprintf_chk(FILE *f, int flag, const char *format, ...)
{
	va_list ap;
	int n;

	(void)flag;
	va_start(ap, format);
	n = vfprintf(f, format, ap);
	va_end(ap);
	return n;
}

/* No frames: libfiu then says that it has no backtraces. */
int backtrace(void **buffer, int size)
{
	(void)buffer;
	(void)size;
	return 0;
}

int dladdr1(const void *addr, Dl_info *info, void **extra, int flags)
{
	(void)flags;
	*extra = NULL;
	return dladdr(addr, info);
}
