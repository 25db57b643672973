/* SPDX-License-Identifier: MIT */
/* describe.c: the --describe answer (protocol.h), and which libc this process really runs on. */
#include "lib/internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <gnu/libc-version.h>

/* "libjemalloc" where a preloaded library took malloc's place: then that is what is measured. */
static bool find_allocator(char *ret_name, size_t size)
{
	Dl_info own, found;
	const char *name, *end;

	if (!getenv("LD_PRELOAD") || !dladdr((void *)gnu_get_libc_version, &own) ||
		!dladdr((void *)malloc, &found) || own.dli_fbase == found.dli_fbase)
		return false;
	name = strrchr(found.dli_fname, '/');
	name = name ? name + 1 : found.dli_fname;
	end = strstr(name, ".so");
	snprintf(ret_name, size, "%.*s", end ? (int)(end - name) : (int)strlen(name), name);
	return true;
}

static bool libc_version(char *ret_text, size_t size)
{
	char allocator[32];
	bool other = find_allocator(allocator, sizeof(allocator));

	snprintf(ret_text, size, "glibc %s%s%s", gnu_get_libc_version(), other ? "+" : "",
		other ? allocator : "");
	return true;
}
#else
extern char **environ;
/* Hidden inside musl: there in a static program that links it (-u __libc_version), else NULL. */
extern const char __libc_version[] __attribute__((weak));

/* musl has no call that tells. Its loader and its libc are one file, and that file, when run, says
 * "Version 1.2.3" on stderr. The file is the one that our own spawn() was loaded from, so that the
 * answer holds as well when another loader than PT_INTERP's was called by hand. */
static bool read_loader(char *ret_text, size_t size)
{
	char *argv[] = { "libc", NULL };
	posix_spawn_file_actions_t actions;
	size_t n = 0;
	ssize_t got;
	Dl_info info;
	pid_t pid;
	int fds[2], err;

	if (!dladdr((void *)posix_spawn, &info) || pipe2(fds, O_CLOEXEC) < 0)
		return false;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDERR_FILENO);
	err = posix_spawn(&pid, info.dli_fname, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	while (!err && n < size - 1 && (got = read(fds[0], ret_text + n, size - 1 - n)) > 0)
		n += (size_t)got;
	ret_text[n] = '\0';
	close(fds[0]);
	if (!err)
		waitpid(pid, NULL, 0);
	return !err;
}

static bool libc_version(char *ret_text, size_t size)
{
	char said[512], version[32];
	const char *at;

	if (__libc_version) {
		snprintf(ret_text, size, "musl %s", __libc_version);
		return true;
	}
	if (!read_loader(said, sizeof(said)))
		return false;
	at = strstr(said, "Version ");
	if (!at || sscanf(at, "Version %31s", version) != 1)
		return false;
	snprintf(ret_text, size, "musl %s", version);
	return true;
}
#endif

static void put_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void put_member(const char *key, const char *value)
{
	printf("\"%s\": ", key);
	put_string(value ? value : "");
}

static const char *what_word(enum scenario_what what)
{
	static const char *const words[] = {
		[DEADLOCKS] = HANGRATE_EXPECT_DEADLOCKS,
		[COMPLETES] = HANGRATE_EXPECT_COMPLETES,
		[MAY] = HANGRATE_EXPECT_MAY,
		[TIMES_OUT] = HANGRATE_EXPECT_TIMEOUT,
		[HANGS] = HANGRATE_EXPECT_HANGS,
		[RECOVERS] = HANGRATE_EXPECT_RECOVERS,
		[FAILS] = HANGRATE_EXPECT_FAILS,
	};

	return words[what] ? words[what] : HANGRATE_EXPECT_MAY;
}

static const char *symptom_word(enum scenario_symptom symptom)
{
	static const char *const words[] = {
		[IN_FUTEX] = HANGRATE_SYMPTOM_FUTEX,
		[IN_READ] = HANGRATE_SYMPTOM_READ,
		[IN_WRITE] = HANGRATE_SYMPTOM_WRITE,
		[IN_WAIT] = HANGRATE_SYMPTOM_WAIT,
		[IN_POLL] = HANGRATE_SYMPTOM_POLL,
		[IN_OPEN] = HANGRATE_SYMPTOM_OPEN,
		[IN_CONNECT] = HANGRATE_SYMPTOM_CONNECT,
		[IN_LOCK] = HANGRATE_SYMPTOM_LOCK,
		[IN_SIGNAL] = HANGRATE_SYMPTOM_SIGNAL,
	};

	return words[symptom];
}

/* "a,b" as a JSON list. */
static void put_list(const char *names)
{
	const char *sep = "";
	char name[POINTS_NAME_MAX];

	putchar('[');
	while (*names) {
		size_t len = strcspn(names, ",");

		snprintf(name, sizeof(name), "%.*s", (int)len, names);
		printf("%s", sep);
		put_string(name);
		sep = ", ";
		names += len + (names[len] == ',');
	}
	putchar(']');
}

static void put_variant(const struct scenario_variant *variant)
{
	printf("{ ");
	put_member("name", variant->name);
	printf(", ");
	put_member("summary", variant->summary);
	printf(", \"timeout_ms\": %u", variant->timeout_ms);
	if (variant->knobs) {
		printf(", \"knobs\": ");
		put_list(variant->knobs);
	}
	printf(",\n\t  \"expect\": [");
	for (int i = 0; i < SCENARIO_MAX_EXPECTS && variant->expect[i].libc; i++) {
		printf("%s\n\t\t{ ", i ? "," : "");
		put_member("libc", variant->expect[i].libc);
		printf(", ");
		put_member("what", what_word(variant->expect[i].what));
		printf(", ");
		put_member("why", variant->expect[i].why);
		printf(" }");
	}
	printf(" ] }");
}

static void put_knob(const struct scenario_knob *knob)
{
	printf("{ ");
	put_member("name", knob->name);
	printf(", ");
	put_member("kind", knob->kind == DELAY ? "delay" : "size");
	printf(", ");
	put_member("levels", knob->levels);
	printf(", ");
	put_member("help", knob->help);
	printf(" }");
}

static void put_scenario(const struct scenario *self, const char *libc)
{
	printf("{ \"schema\": %d, ", HANGRATE_DESCRIBE_SCHEMA);
	put_member("name", self->name);
	printf(",\n  ");
	put_member("summary", self->summary);
	printf(",\n  ");
	put_member("hazard", self->hazard);
	printf(",\n  ");
	put_member("libc", libc);
	if (self->symptom) {
		printf(",\n  ");
		put_member("symptom", symptom_word(self->symptom));
	}
	if (self->cause) {
		printf(",\n  ");
		put_member("cause", self->cause);
	}
	printf(",\n  \"after_fork\": %s", self->after_fork ? "true" : "false");
	printf(",\n  \"knobs\": [");
	for (int i = 0; i < SCENARIO_MAX_KNOBS && self->knobs[i].name; i++) {
		printf("%s\n\t", i ? "," : "");
		put_knob(&self->knobs[i]);
	}
	printf(" ],\n  \"variants\": [");
	for (int i = 0; i < SCENARIO_MAX_VARIANTS && self->variants[i].name; i++) {
		printf("%s\n\t", i ? "," : "");
		put_variant(&self->variants[i]);
	}
	printf(" ],\n  \"refs\": [");
	for (int i = 0; i < SCENARIO_MAX_REFS && self->refs[i]; i++) {
		printf("%s", i ? ", " : " ");
		put_string(self->refs[i]);
	}
	printf(" ] }\n");
}

int scenario_describe(const struct scenario *self)
{
	char libc[64];

	if (!self->arm && !libc_version(libc, sizeof(libc))) {
		SAY("cannot tell which libc this is");
		return HANGRATE_EXIT_BROKEN;
	}
	put_scenario(self, self->arm ? self->arm : libc);
	if (fflush(stdout) || ferror(stdout)) {
		SAY("cannot write the description");
		return HANGRATE_EXIT_BROKEN;
	}
	return HANGRATE_EXIT_PASS;
}
