/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/cmd/shards.h"

#include "runner/base/util.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static void expect_command(const char *typed, const char *want)
{
	char *got cleanup(cleanup_free) = shards_command_for(typed, 2, 30, 77, "$i");

	cr_expect(eq(int, !got, !want), "%s", typed);
	if (got && want)
		cr_expect(eq(str, got, (char *)want));
}

Test(shards, missing_ones_as_a_list)
{
	cleanup(shards_done) struct shards s = {};
	char *list cleanup(cleanup_free) = NULL;

	shards_new(9, &s);
	s.there[1] = s.there[3] = s.there[7] = true;
	list = shards_list_missing(&s);
	cr_expect(eq(str, list, "2,4-6,8-9"));
	cr_expect(eq(uint, shards_missing(&s), 6));
}

Test(shards, the_command_of_another)
{
	expect_command("hangrate run --seed 5 --shard 2/30 --db a.db -- ./prog",
		"hangrate run --resume --seed 5 --shard $i/30 --db a.db -- ./prog");
	expect_command("hangrate run --shard=2/30 --db s-2.db mutex-held",
		"hangrate run --resume --seed 77 --shard $i/30 --db s-$i.db mutex-held");
	expect_command("hangrate run --resume --seed=5 --shard 2/30 -- ./prog --seed 3",
		"hangrate run --resume --seed=5 --shard $i/30 -- ./prog --seed 3");
	/* the seed of the program is not ours */
	expect_command("hangrate run --shard 2/30 -- ./prog --seed 3",
		"hangrate run --resume --seed 77 --shard $i/30 -- ./prog --seed 3");
	expect_command("hangrate run -- ./prog --shard 2/30", NULL);
	expect_command("something else --shard 2/30", NULL);
}

Test(shards, a_loop_for_several)
{
	cleanup(shards_done) struct shards s = {};
	char *several cleanup(cleanup_free) = NULL, *one cleanup(cleanup_free) = NULL;

	shards_new(3, &s);
	s.there[2] = true;
	several = shards_command(&s, "hangrate run --shard 2/3 x", 2, 1);
	cr_expect(eq(str, several,
		"for i in 1 3; do hangrate run --resume --seed 1 --shard $i/3 x; done"));
	s.there[1] = true;
	one = shards_command(&s, "hangrate run --shard 2/3 x", 2, 1);
	cr_expect(eq(str, one, "hangrate run --resume --seed 1 --shard 3/3 x"));
}
