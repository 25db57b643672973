/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts a report together from a proof and from /proc. */
#include "runner/guard/report.h"

#include "runner/proc/open.h"
#include "runner/base/printable.h"
#include "runner/base/shell.h"
#include "runner/base/units.h"
#include "runner/base/util.h"

#include <fcntl.h>
#include <sys/stat.h>

#define COMMAND_MAX 300
#define OUTPUT_LINES 10
#define OUTPUT_BYTES 4096

/* In place, and never longer. Lines stay. */
static void make_printable(char *text)
{
	char *to = text;

	for (char *p = text;; p++) {
		size_t n = strcspn(p, "\n");
		cleanup(cleanup_free) char *line = printable_copy(p, n);

		p += n;
		n = strlen(line);
		memcpy(to, line, n);
		to += n;
		if (!*p)
			break;
		*to++ = '\n';
	}
	*to = '\0';
}

static void cut(char *text, size_t max)
{
	if (strlen(text) > max)
		strcpy(text + max - 3, "...");
}

char *guard_command_line(pid_t pid, const char *comm)
{
	cleanup(cleanup_free) char *path = mem_printf("%d/cmdline", (int)pid);
	cleanup(cleanup_close) int fd = procfs_open(path, O_RDONLY);
	char words[4096];
	ssize_t n = fd < 0 ? -1 : read(fd, words, sizeof(words) - 1);
	char *line = NULL;

	if (n <= 0)
		return mem_printf("[%s]", comm);
	words[n] = '\0';
	for (char *w = words; w < words + n; w += strlen(w) + 1) {
		cleanup(cleanup_free) char *word = shell_quote(w), *before = line;

		line = before ? mem_printf("%s %s", before, word) : mem_strdup(word);
	}
	for (char *c = line; *c; c++)
		if (*c == '\n')
			*c = ' ';
	cut(line, COMMAND_MAX); /* perhaps within a character */
	make_printable(line);
	return line;
}

static bool is_process_stuck(const struct prove_result *r, size_t process)
{
	const struct process *p = &r->s.processes[process];

	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		if (r->p.stuck[i])
			return true;
	return false;
}

static void add_process(
	struct guard_report *ret, const struct prove_result *r, size_t process, size_t depth)
{
	const struct process *p = &r->s.processes[process];

	ret->processes = mem_grow(
		ret->processes, ret->n_processes, &ret->cap_processes, sizeof(*ret->processes));
	ret->processes[ret->n_processes++] = (struct guard_report_process){
		.pid = p->pid,
		.depth = depth,
		.stuck = is_process_stuck(r, process),
		.command = guard_command_line(p->pid, p->comm),
	};
	for (size_t i = 0; i < r->s.n_processes; i++)
		if (r->s.processes[i].parent == process)
			add_process(ret, r, i, depth + 1);
}

/* The deepest stuck process, and those above it. */
static void find_chain(struct guard_report *r)
{
	size_t culprit = SIZE_MAX;

	for (size_t i = 0; i < r->n_processes; i++)
		if (r->processes[i].stuck &&
			(culprit == SIZE_MAX ||
				r->processes[i].depth > r->processes[culprit].depth))
			culprit = i;
	if (culprit == SIZE_MAX)
		return;
	r->n_chain = r->processes[culprit].depth + 1;
	r->chain = mem_alloc(r->n_chain * sizeof(*r->chain));
	for (size_t i = culprit + 1, depth = r->n_chain; i-- > 0;)
		if (r->processes[i].depth + 1 == depth)
			r->chain[--depth] = i;
}

/* The last lines of a text, in place. */
static char *last_lines(char *text, size_t lines)
{
	char *p = text + strlen(text);

	while (p > text && p[-1] == '\n')
		*--p = '\0';
	while (p > text) {
		if (p[-1] == '\n' && --lines == 0)
			break;
		p--;
	}
	return p;
}

/* Output that goes to a file can be read again; that of a pipe or a terminal is gone. */
static char *output_of(pid_t pid, int number)
{
	cleanup(cleanup_free) char *path = mem_printf("%d/fd/%d", (int)pid, number);
	cleanup(cleanup_close) int fd = -1;
	char text[OUTPUT_BYTES + 1];
	struct stat st;
	off_t at;
	ssize_t n;

	cleanup(cleanup_close) int name = procfs_open(path, O_PATH);

	if (name < 0 || fstat(name, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return NULL;
	fd = procfs_open(path, O_RDONLY | O_NONBLOCK);
	at = st.st_size > OUTPUT_BYTES ? st.st_size - OUTPUT_BYTES : 0;
	n = fd < 0 ? -1 : pread(fd, text, OUTPUT_BYTES, at);
	if (n <= 0)
		return NULL;
	text[n] = '\0';
	make_printable(text);
	return mem_strdup(last_lines(text, OUTPUT_LINES));
}

/* "3 s", "10 min": rounded for people. */
static char *rounded(int64_t ns)
{
	int64_t s = (ns + NSEC_PER_SEC / 2) / NSEC_PER_SEC;

	if (s < 120)
		return mem_printf("%d s", (int)s);
	return s < 7200 ? mem_printf("%d min", (int)(s / 60)) : mem_printf("%d h", (int)(s / 3600));
}

/* What `why` says first: one sentence for people, without its verdict. */
static char *first_sentence(const char *details)
{
	static const char verdict[] = "stuck: ";

	if (!strncmp(details, verdict, strlen(verdict)))
		details += strlen(verdict);
	return mem_strndup(details, strcspn(details, "\n"));
}

static char *make_headline(const struct guard_judge *j, const struct guard_report *r)
{
	cleanup(cleanup_free) char *first = first_sentence(r->details);
	cleanup(cleanup_free) char *ran = rounded(r->ran_ns), *quiet = rounded(r->quiet_ns);
	cleanup(cleanup_free) char *stuck = rounded(j->started_ns + r->ran_ns - j->main_ns);

	switch (r->verdict) {
	case GUARD_PROVEN:
		return mem_printf("stuck for ever: %s: %s", r->class, first);
	case GUARD_PART_STUCK:
		if (j->main_ns && r->quiet_ns < j->limits.grace_ns)
			return mem_printf("main thread stuck for %s, although others run: %s: %s",
				stuck, r->class, first);
		return mem_printf("partly stuck, and the rest only waits in rounds for %s: %s: %s",
			quiet, r->class, first);
	case GUARD_STALLED:
		return mem_printf("stalled: has done nothing for %s: %s", quiet, r->summary);
	default:
		return mem_printf("late: has run for %s: %s", ran, r->summary);
	}
}

int guard_report_make(const struct guard_judge *j, enum guard_verdict verdict, char *const *argv,
	const struct prove_result *r, enum explain_stacks stacks, struct guard_report *ret_report)
{
	struct guard_report report = { .verdict = verdict };
	int64_t now_ns = time_now_ns();
	cleanup(cleanup_free) char *first = NULL;
	struct explanation *e;
	int error = explain_tree(&r->s, &r->p, stacks, &e);

	if (error < 0)
		return error;
	first = shell_quote(argv[0]);
	report.command = shell_join(first, argv + 1);
	make_printable(report.command);
	report.summary = explain_summary(e);
	report.class = mem_strdup(explain_class(e));
	report.remedy = mem_strdup(explain_remedy(e));
	report.see = explain_outcome(e) == EXPLAIN_ASLEEP ? NULL : explain_see(e);
	report.details = explain_text(e);
	report.json = explain_json(e);
	report.ran_ns = now_ns - j->started_ns;
	report.quiet_ns = now_ns - j->progress_ns;
	report.headline = make_headline(j, &report);
	for (size_t i = 0; i < r->s.n_processes; i++)
		if (r->s.processes[i].parent == SIZE_MAX)
			add_process(&report, r, i, 0);
	find_chain(&report);
	report.output = output_of(r->s.root, STDOUT_FILENO);
	if (!report.output)
		report.output = output_of(r->s.root, STDERR_FILENO);
	explanation_free(e);
	*ret_report = report;
	return 0;
}

void guard_report_done(struct guard_report *r)
{
	char *const owned[] = { r->command, r->headline, r->summary, r->class, r->remedy, r->see,
		r->details, r->json, r->output };

	for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
		free(owned[i]);
	for (size_t i = 0; i < r->n_processes; i++)
		free(r->processes[i].command);
	free(r->processes);
	free(r->chain);
	*r = (struct guard_report){ 0 };
}
