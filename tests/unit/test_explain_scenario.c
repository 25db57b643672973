/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which scenario fits a cause: the most that a scenario asks for and the cause has. */
#include "runner/explain/scenario.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char causes[] = "abba\tlock-cycle: lock + lock\n"
			     "abba-three\tlock-cycle: lock + lock + lock\n"
			     "join\tlock-cycle: lock + join; self-lock: lock joined\n"
			     "loader\tlock-cycle: lock @_rtld|dl_load + join\n"
			     "other\t= abba\n"
			     "pipe-one\tpipe: pipe-read + pipe-read\n"
			     "pipe-two\tpipe: pipe-read + pipe-read\n"
			     "recursion\tself-lock: lock\n"
			     "trial\ttrial: signal\n";

static char lock_words[] = " lock shared ", join_words[] = " join ", read_words[] = " pipe-read ",
	    joined_words[] = " lock joined ", long_words[] = " lockstep ",
	    unlock_words[] = " unlock ";
static char no_names[] = "\n\n", loader_names[] = "\n_rtld_global+2568\n";

#define LOCK                         \
	{                            \
		lock_words, no_names \
	}
#define LOADER                           \
	{                                \
		lock_words, loader_names \
	}
#define JOIN                         \
	{                            \
		join_words, no_names \
	}
#define READ                         \
	{                            \
		read_words, no_names \
	}

static void check_found(
	const char *class, const struct scenario_side *sides, size_t n_sides, const char *expected)
{
	const char *names[4];
	char text[128] = "";
	size_t n = scenario_find(causes, class, sides, n_sides, names, 4);

	for (size_t i = 0; i < n; i++) {
		strncat(text, i ? " " : "", 2);
		strncat(text, names[i], strcspn(names[i], "\t"));
	}
	cr_assert_str_eq(text, expected);
}

#define FOUND(class, expected, ...)                                                  \
	do {                                                                         \
		const struct scenario_side sides[] = { __VA_ARGS__ };                \
		check_found(class, sides, sizeof(sides) / sizeof(*sides), expected); \
	} while (0)

Test(explain_scenario, the_most_that_fits_is_named)
{
	FOUND(" lock-cycle ", "abba", LOCK, LOCK);
	FOUND(" lock-cycle ", "abba-three", LOCK, LOCK, LOCK);
	FOUND(" lock-cycle ", "join", JOIN, LOCK);
	FOUND(" lock-cycle ", "loader", JOIN, LOADER);
}

Test(explain_scenario, what_looks_the_same_is_named_together)
{
	FOUND(" pipe ", "pipe-one pipe-two", READ, READ);
}

Test(explain_scenario, each_side_needs_a_thread_of_its_own)
{
	FOUND(" lock-cycle ", "", LOCK);
	FOUND(" pipe ", "", READ, JOIN);
}

Test(explain_scenario, the_class_decides)
{
	FOUND(" self-lock ", "recursion", LOCK);
	FOUND(" orphaned-lock ", "", LOCK, LOCK);
	FOUND(" ", "", LOCK, LOCK);
	FOUND(" unproven ", "", { join_words, no_names });
}

Test(explain_scenario, one_of_several_classes_and_of_several_causes)
{
	static char signal_words[] = " signal ";

	FOUND(" self-lock ", "join", { joined_words, no_names });
	FOUND(" unproven trial ", "trial", { signal_words, no_names });
}

Test(explain_scenario, a_word_is_whole)
{
	FOUND(" self-lock ", "", { long_words, no_names });
	FOUND(" self-lock ", "", { unlock_words, no_names });
}

Test(explain_scenario, no_more_than_there_is_room_for)
{
	const struct scenario_side sides[] = { READ, READ };
	const char *names[1];

	cr_assert_eq(scenario_find(causes, " pipe ", sides, 2, names, 1), 1);
	cr_assert(strncmp(names[0], "pipe-one\t", 9) == 0);
}

Test(explain_scenario, nonsense_fits_nothing)
{
	const struct scenario_side sides[] = { LOCK };
	static const char *const nonsense[] = { "", ";", ":", "self-lock", "self-lock:", ": lock",
		"self-lock: +", "self-lock: @", "= abba", "none: no" };

	for (size_t i = 0; i < sizeof(nonsense) / sizeof(*nonsense); i++)
		cr_assert_eq(
			scenario_fit(nonsense[i], " self-lock ", sides, 1), 0, "'%s'", nonsense[i]);
}

/* The list that is linked in: NAME, a tab, a cause; each fits something that can be told. */
Test(explain_scenario, the_scenarios_say_something)
{
	size_t n = 0;

	for (const char *line = scenario_causes; *line; line += strcspn(line, "\n") + 1, n++) {
		size_t name = strcspn(line, "\t\n");

		cr_assert(name > 0 && line[name] == '\t', "line %zu", n + 1);
		cr_assert(memchr(line, ':', strcspn(line, "\n")), "line %zu", n + 1);
		cr_assert(line[strcspn(line, "\n")] == '\n', "line %zu", n + 1);
	}
	cr_assert_gt(n, 40);
}
