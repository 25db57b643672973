/* SPDX-License-Identifier: MIT */
/* getaddrinfo.c: a thread resolves a name at the fork, and the child does. */
#include "lib/scenario.h"

#include <netdb.h>
#include <sys/socket.h>

static void resolve(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;

	CHECK(getaddrinfo("localhost", "80", &hints, &found) == 0);
	CHECK(found && found->ai_addr);
	freeaddrinfo(found);
}

static void look_for_it(void)
{
	struct addrinfo *found;

	if (getaddrinfo("localhost", NULL, NULL, &found))
		scenario_skip("no 'localhost' in /etc/hosts");
	freeaddrinfo(found);
}

LIBC_SCENARIO(.summary = "getaddrinfo() in the child",
	.hazard = "name services and the machine's addresses have locks", .setup = look_for_it,
	.stress = resolve, .child = resolve,
	.fork = { { "glibc", MAY, "fork() leaves several of the locks alone, each held shortly" },
		{ "musl", COMPLETES, "it takes no lock that fork() leaves alone" } },
	.behind = { { "*", MAY, "nobody takes them" } }, );
