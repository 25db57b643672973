/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * detect: how long the runner's loop takes from the last progress of a trial to the proof.
 *
 *	detect TRIALS JOBS PROGRAM...
 *
 * The programs say themselves when they made their last steps ("last NS", CLOCK_MONOTONIC): the
 * greatest one is the truth, on whatever processor it was. One line a trial on standard output, in
 * milliseconds, and the program's name. Exits with 1 when a trial was not proven, or said nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/environ.h"
#include "runner/base/util.h"
#include "runner/trial/watch.h"

#define DEADLINE_NS (20 * NSEC_PER_SEC)

extern char **environ;

struct detect {
	struct target *targets;
	size_t n_targets;
	uint64_t trials, started;
	bool failed;
};

static bool next(void *arg, struct trial *ret_trial)
{
	struct detect *d = arg;

	if (d->started == d->trials * d->n_targets)
		return false;
	*ret_trial = (struct trial){
		.target = &d->targets[d->started++ % d->n_targets],
		.env = environ_merge(environ, NULL, 0),
		.deadline_ns = DEADLINE_NS,
	};
	return true;
}

static int64_t last_step(const struct trial_over *over)
{
	char *text = mem_alloc(over->output_len + 1), *at = text;
	int64_t last = 0;

	if (over->output_len)
		memcpy(text, over->output, over->output_len);
	while ((at = strstr(at, "last "))) {
		int64_t ns = strtoll(at += strlen("last "), NULL, 10);

		if (ns > last)
			last = ns;
	}
	free(text);
	return last;
}

static void over(void *arg, struct trial_over *over)
{
	struct detect *d = arg;
	int64_t last = last_step(over);

	if (over->end != TRIAL_PROVEN || !last) {
		fprintf(stderr, "detect: '%s' %s\n", over->trial.target->path,
			last ? "was not proven" : "did not say when it made its last step");
		d->failed = true;
		return;
	}
	printf("%.3f %s\n", (double)(over->proven_at_ns - last) / 1e6, over->trial.target->path);
}

static void tick(void *arg, int64_t now_ns)
{
	(void)arg;
	(void)now_ns;
}

static void interrupted(void *arg, const struct watch_signal *signal)
{
	struct detect *d = arg;

	(void)signal;
	d->started = d->trials * d->n_targets;
}

int main(int argc, char **argv)
{
	static const struct watch_ops ops = {
		.next = next, .over = over, .tick = tick, .interrupted = interrupted
	};
	struct detect d = { 0 };
	struct prober *prober;
	int jobs, r;

	if (argc < 4) {
		fprintf(stderr, "usage: detect TRIALS JOBS PROGRAM...\n");
		return 2;
	}
	d.trials = strtoull(argv[1], NULL, 10);
	jobs = (int)strtol(argv[2], NULL, 10);
	d.n_targets = (size_t)argc - 3;
	d.targets = mem_alloc(d.n_targets * sizeof(*d.targets));
	for (size_t i = 0; i < d.n_targets; i++) {
		d.targets[i].path = argv[3 + i];
		d.targets[i].argv = mem_alloc(2 * sizeof(char *));
		d.targets[i].argv[0] = argv[3 + i];
	}
	prober = prober_new(false);
	r = watch_run(jobs, NULL, prober, &ops, &d);
	prober_free(prober);
	if (r < 0)
		fprintf(stderr, "detect: %s\n", strerror(-r));
	return r < 0 || d.failed;
}
