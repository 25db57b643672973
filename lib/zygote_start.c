/* SPDX-License-Identifier: MIT */
/* zygote_start.c: libhangrate-zygote.so. Between the libc and main() of a dynamic program. */
#include "lib/zygote.h"

#include <dlfcn.h>
#include <stddef.h>

typedef int (*main_function)(int, char **, char **);
typedef int (*start_function)(
	main_function, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);

static main_function program_main;

static int stopped_main(int argc, char **argv, char **envp)
{
	zygote_serve(envp);
	return program_main(argc, argv, envp);
}

/* The libc's own; the name is given to the assembler only, for headers differ. */
int zygote_libc_start_main(main_function main, int argc, char **argv, void (*init)(void),
	void (*fini)(void), void (*rtld_fini)(void), void *stack_end) __asm__("__libc_start_main")
	__attribute__((visibility("default")));

int zygote_libc_start_main(main_function main, int argc, char **argv, void (*init)(void),
	void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	start_function real = (start_function)dlsym(RTLD_NEXT, "__libc_start_main");

	program_main = main;
	return real(stopped_main, argc, argv, init, fini, rtld_fini, stack_end);
}
