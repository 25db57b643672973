/* SPDX-License-Identifier: MIT */
/* loader-lock.c: a plug-in's constructor or destructor joins a thread that needs the loader. The
 * plug-in is made from the part under PLUG_IN (loader-lock.mk). */
#include <dlfcn.h>
#include <pthread.h>

#ifdef PLUG_IN
#include <stdlib.h>
#include <string.h>

static void *work(void *arg)
{
	dlsym(RTLD_DEFAULT, "puts"); /* iconv_open() and getaddrinfo() need the loader, too */
	return arg;
}

void plug_in_work(void); /* for the fixes: called by the program */
void plug_in_work(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, work, NULL) == 0)
		pthread_join(thread, NULL);
}

static void work_if(const char *now)
{
	const char *when = getenv("PLUG_IN_WORKS");

	if (when && !strcmp(when, now))
		plug_in_work();
}

__attribute__((constructor)) static void load(void)
{
	work_if("load");
}

__attribute__((destructor)) static void unload(void)
{
	work_if("unload");
}
#else
#include "lib/scenario.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* lib/loader-lock.so, beside the folder that this program is in. */
static void *load_plug_in(const char *works)
{
	char self[PATH_MAX] = "", path[PATH_MAX + 32];
	void *library;

	MUST(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	for (int i = 0; i < 2; i++)
		if (strrchr(self, '/'))
			*strrchr(self, '/') = '\0';
	snprintf(path, sizeof(path), "%s/lib/loader-lock.so", self);
	if (access(path, R_OK) < 0)
		scenario_skip("the plug-in was not built beside this program");
	MUST(setenv("PLUG_IN_WORKS", works, 1) == 0);
	library = dlopen(path, RTLD_NOW);
	CHECK(library != NULL);
	return library;
}

static void call_plug_in(void *library)
{
	void (*work)(void);

	*(void **)&work = dlsym(library, "plug_in_work");
	CHECK(work != NULL);
	work();
}

/* The hazard: dlopen() holds the loader's lock while it runs constructors. */
static void in_constructor(void)
{
	load_plug_in("load");
}

/* The hazard: so does dlclose() while it runs destructors. */
static void in_destructor(void)
{
	CHECK(dlclose(load_plug_in("unload")) == 0);
}

/* Fix: a function that the program calls after dlopen(), and one before dlclose(). */
static void by_call(void)
{
	void *library = load_plug_in("when called");

	call_plug_in(library);
	CHECK(dlclose(library) == 0);
}

SCENARIO(
	.summary = "a library's constructor or destructor joins a thread",
	.hazard = "the loader's lock is held, and the joined thread needs the loader to end",
	.symptom = IN_FUTEX,
	.cause = "lock-cycle: lock @_rtld_global|dl_load + join",
	.variants = {
		{ "constructor", "joined in a constructor", in_constructor,
		  { { "glibc", DEADLOCKS, "dlopen() and the thread wait for each other" },
		    { "musl", COMPLETES, "it gives its lock back before constructors run" } } },
		{ "destructor", "joined in a destructor", in_destructor,
		  { { "glibc", DEADLOCKS, "dlclose() and the thread wait for each other" },
		    { "musl", COMPLETES, "its dlclose() unloads nothing" } } },
		{ "call", "joined in a function that the program calls", by_call,
		  { { "*", COMPLETES, "the loader is not busy then" } } },
	},
	.refs = { "https://github.com/apache/trafficserver/issues/10129",
		"https://github.com/cmuparlay/parlaylib/issues/100" },
);
#endif
