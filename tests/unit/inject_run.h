/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inject_run.h: one trial under an injector, for tests; a small loop stands for the runner's. */
#ifndef TESTS_INJECT_RUN_H
#define TESTS_INJECT_RUN_H

#include "runner/inject/inject.h"

struct inject_run {
	struct inject *inject;
	struct inject_trial *trial;
	int fd;
	pid_t pid;
};

/* The two halves of inject_run_start(): for several trials of one cell. */
struct inject *inject_run_prepare(const char *rules, enum arm arm, const char *exe);
void inject_run_spawn(struct inject_run *r, char *const argv[]); /* a process group of its own */
/* Fails the test when anything goes wrong. */
void inject_run_start(struct inject_run *r, const char *rules, enum arm arm, char *const argv[]);
/* Serves the trial until its process is gone; returns its wait status. */
int inject_run_serve(struct inject_run *r);
/* The caller frees the note. */
struct record_counters inject_run_stop(struct inject_run *r);
/* All three: argv must exit with 0. */
struct record_counters inject_run_argv(const char *rules, enum arm arm, char *const argv[]);
/* A path below the folder of this executable; "LIBC/targets/NAME". The caller frees it. */
char *inject_run_path(const char *below);

#endif
