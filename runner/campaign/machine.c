/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/machine.h"

#include "runner/base/util.h"

#include <sys/utsname.h>

static void read_cpu(char **ret_cpu)
{
	cleanup(cleanup_fclose) FILE *f = fopen("/proc/cpuinfo", "re");
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		char *value = strstr(line, ": ");

		if (strncmp(line, "model name", 10) || !value)
			continue;
		*ret_cpu = mem_strndup(value + 2, strcspn(value + 2, "\n"));
		return;
	}
	*ret_cpu = mem_strdup("?");
}

void machine_describe(struct record_campaign *r)
{
	struct utsname u;

	uname(&u);
	r->host = mem_strdup(u.nodename);
	r->kernel = mem_printf("%s %s %s", u.sysname, u.release, u.machine);
	read_cpu(&r->cpu);
	r->cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
}
