/* SPDX-License-Identifier: MIT */
/* getservbyname.c: a thread looks up a service at the fork, and the child does. */
#include "lib/scenario.h"

#include <arpa/inet.h>
#include <netdb.h>

static void need_database(void)
{
	if (!getservbyname("http", "tcp"))
		scenario_skip("no /etc/services here");
}

static void look_up(void)
{
	const struct servent *service = getservbyname("http", "tcp");

	CHECK(service && ntohs((uint16_t)service->s_port) == 80);
}

LIBC_SCENARIO(.summary = "getservbyname() in the child",
	.hazard = "the functions with a static result have a lock each", .setup = need_database,
	.stress = look_up, .child = look_up,
	.fork = { { "glibc", DEADLOCKS, "held all the while, and fork() leaves it alone" },
		{ "musl", COMPLETES, "no lock guards the result" } },
	.behind = { { "glibc", DEADLOCKS, "nobody takes it" },
		{ "musl", MAY, "it opens a FILE and allocates" } }, );
