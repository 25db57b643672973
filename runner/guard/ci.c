/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GitHub: docs.github.com, "Workflow commands". GitLab: docs.gitlab.com, "Custom collapsible
 * sections". */
#include "runner/guard/guard.h"

#include "runner/base/util.h"

#include <fcntl.h>

/* GitHub drops a step summary above 1 MiB, and other steps write to the same file. */
#define SUMMARY_MAX ((size_t)256 * 1024)

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value && strcmp(value, "false") != 0;
}

char *guard_ci_annotation(const char *kind, const char *message)
{
	char *text = mem_alloc(strlen(kind) + 3 * strlen(message) + 64), *p;

	p = text + sprintf(text, "::%s title=hangrate guard::", kind);
	for (; *message; message++) {
		if (*message == '%' || *message == '\n' || *message == '\r')
			p += sprintf(p, "%%%02X", (unsigned)*message);
		else
			*p++ = *message;
	}
	strcpy(p, "\n");
	return text;
}

static char *gitlab_section(const struct guard_report *r, const char *text)
{
	long long now = (long long)time(NULL);

	return mem_printf("\033[0Ksection_start:%lld:hangrate_guard\r\033[0Khangrate guard: %s\n%s"
			  "\033[0Ksection_end:%lld:hangrate_guard\r\033[0K\n",
		now, guard_verdict_name(r->verdict), text, now);
}

char *guard_ci_text(const struct guard_report *r, const char *text)
{
	cleanup(cleanup_free) char *annotation = NULL, *message = NULL;

	if (is_set("GITHUB_ACTIONS")) {
		message = guard_report_chain(r) ? mem_printf("%s\n%s", r->headline, r->summary)
						: mem_strdup(r->headline);
		annotation = guard_ci_annotation(
			r->verdict == GUARD_STALLED ? "warning" : "error", message);
		return mem_printf("%s%s", text, annotation);
	}
	return is_set("GITLAB_CI") ? gitlab_section(r, text) : NULL;
}

void guard_ci_summary(const struct guard_report *r)
{
	const char *path = getenv("GITHUB_STEP_SUMMARY");
	cleanup(cleanup_close) int fd = -1;
	cleanup(cleanup_free) char *md = NULL;
	size_t n;

	if (!is_set("GITHUB_ACTIONS") || !path || !*path)
		return;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	md = guard_report_md(r);
	n = strlen(md) < SUMMARY_MAX ? strlen(md) : SUMMARY_MAX;
	/* A summary that can't be written is no reason to fail the command's job. */
	if (fd >= 0 && write(fd, md, n) < 0)
		return;
}
