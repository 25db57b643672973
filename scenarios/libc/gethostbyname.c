/* SPDX-License-Identifier: MIT */
/* gethostbyname.c: a thread resolves a name the old way at the fork, and the child does. */
#include "lib/scenario.h"

#include <netdb.h>
#include <sys/socket.h>

static void resolve(void)
{
	struct hostent *host = gethostbyname("localhost");

	CHECK(host && host->h_addrtype == AF_INET && host->h_length == 4);
}

static void look_for_it(void)
{
	if (!gethostbyname("localhost"))
		scenario_skip("no 'localhost' in /etc/hosts");
}

LIBC_SCENARIO(.summary = "gethostbyname() in the child",
	.hazard = "the functions with a static result have a lock each", .setup = look_for_it,
	.stress = resolve, .child = resolve,
	.fork = { { "glibc", DEADLOCKS, "held all the while, and fork() leaves it alone" },
		{ "musl", MAY, "no lock guards the result: what is there may be freed already" } },
	.behind = { { "glibc", DEADLOCKS, "nobody takes it" },
		{ "musl", MAY, "it opens FILEs and allocates" } }, );
