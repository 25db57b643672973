/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Texts that an injector reads: rules (what parses has a canonical text that parses to the same),
 * remembered sites, ELF files.
 */
#include "runner/inject/inject.h"
#include "runner/inject/program.h"
#include "runner/inject/sites.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_rules(const char *text, size_t len)
{
	struct inject_spec spec = { 0 }, again = { 0 };
	char *error = NULL, *first, *second;

	if (inject_parse(text, len, &spec, &error) < 0) {
		if (!error || strchr(error, '\n') || spec.n_rules)
			abort();
		free(error);
		inject_spec_done(&spec);
		return;
	}
	first = inject_spec_format(&spec);
	if (inject_parse(first, strlen(first), &again, &error) < 0)
		abort();
	second = inject_spec_format(&again);
	if (strcmp(first, second))
		abort();
	free(first);
	free(second);
	inject_spec_done(&spec);
	inject_spec_done(&again);
}

static void fuzz_sites(const char *text, size_t len)
{
	struct sites s = { 0 };

	sites_parse(&s, text, len);
	sites_choose(&s);
	free(sites_format(&s));
	sites_done(&s);
}

static void fuzz_elf(const char *data, size_t len)
{
	struct inject_program p = { 0 };

	inject_program_parse(data, len, &p);
	inject_elf_find_function(data, len, "malloc");
	inject_program_done(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;

	if (size > 4 && !memcmp(data, "\177ELF", 4))
		fuzz_elf(text, size);
	else
		fuzz_rules(text, size);
	fuzz_sites(text, size);
	return 0;
}
