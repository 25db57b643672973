/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text of a target as a mangled name, a command line, a line of /proc and words for a terminal: no
 * crash, no endless work, and nothing that acts on a terminal comes out. */
#include "runner/base/printable.h"
#include "runner/base/util.h"
#include "runner/explain/blocked.h"
#include "runner/explain/blocked_facts.h"
#include "runner/explain/demangle.h"
#include "runner/explain/explain.h"
#include "runner/explain/lock.h"
#include "runner/explain/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_harmless(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p < ' ' || *p == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(cleanup_free) char *text = mem_strndup((const char *)data, size);
	cleanup(cleanup_free) char *clean = printable_copy((const char *)data, size);
	cleanup(cleanup_free) char *again = printable_copy(clean, strlen(clean));
	cleanup(cleanup_free) char *plain = demangle(text);
	cleanup(cleanup_free) char *command = program_shorten((const char *)data, size);
	cleanup(cleanup_free) char *wrapped = explain_wrap(text, size % 120);
	cleanup(cleanup_free) char *mount = blocked_parse_fuse((const char *)data, size);
	struct explain_lock_function f;
	struct blocked_tcp tcp;

	(void)plain, (void)wrapped, (void)mount;
	/* Made for their own sake: that they end, and are freed. */
	(void)plain;
	(void)wrapped;
	(void)mount;
	expect_harmless(clean);
	if (strlen(clean) != strlen(again) || strcmp(clean, again) != 0)
		abort();
	if (command)
		expect_harmless(command);
	explain_lock_function_init(&f);
	explain_lock_function_see(&f, text);
	blocked_parse_tcp(text, &tcp);
	return 0;
}
