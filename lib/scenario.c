/* SPDX-License-Identifier: MIT */
/* scenario.c: main() of every scenario executable: options and environment. */
#include "lib/internal.h"
#include "lib/zygote.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The whole environment is read before any thread exists. The counters' descriptor number is
 * removed from it: it means nothing in a program that is exec'd from here. */
static void read_environment(void)
{
	self_read_seed(getenv(HANGRATE_ENV_SEED));
	self_read_knobs(getenv(HANGRATE_ENV_KNOBS));
	points_init(scenario_self(), getenv(HANGRATE_ENV_POINTS), getenv(HANGRATE_ENV_COUNTERS),
		scenario_seed());
	unsetenv(HANGRATE_ENV_POINTS);
	unsetenv(HANGRATE_ENV_COUNTERS);
}

static int run_variant(const char *name)
{
	const struct scenario *self = scenario_self();

	for (int i = 0; i < SCENARIO_MAX_VARIANTS && self->variants[i].name; i++) {
		if (strcmp(self->variants[i].name, name))
			continue;
		read_environment();
		self->variants[i].run();
		/* Not exit(): a hang in it must count only where a variant tests exit(). */
		_exit(HANGRATE_EXIT_PASS);
	}
	scenario_die("no such variant", name);
	return HANGRATE_EXIT_BROKEN;
}

int main(int argc, char *argv[])
{
	static struct scenario full_form;

	zygote_serve(environ);
	if (scenario.libc) {
		libc_scenario_expand(&scenario, &full_form);
		self_set(&full_form);
	}
	if (argc == 2 && !strcmp(argv[1], "--describe"))
		return scenario_describe(scenario_self());
	if (argc == 3 && !strcmp(argv[1], "--run"))
		return run_variant(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "--child")) {
		if (scenario_self()->child)
			scenario_self()->child();
		_exit(HANGRATE_EXIT_PASS);
	}
	SAY("usage: --describe | --run VARIANT");
	return HANGRATE_EXIT_BROKEN;
}
