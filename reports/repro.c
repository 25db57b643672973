/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/repro.h"

#include "stats/stats.h"
#include "runner/base/shell.h"
#include "runner/base/util.h"

#include <inttypes.h>
#include <math.h>

struct words {
	char **at;
	size_t n, cap;
};

/* Takes ownership; NULL ends an argv. */
static void add(struct words *w, char *word)
{
	w->at = mem_grow(w->at, w->n, &w->cap, sizeof(*w->at));
	w->at[w->n++] = word;
}

/* One word of a line that a shell would read; only '...' and \x, which is all that we write. */
static const char *next_word(const char *s, char **ret_word)
{
	char *word = mem_alloc(strlen(s) + 1);
	size_t n = 0;

	s += strspn(s, " ");
	for (bool quoted = false; *s && (quoted || *s != ' '); s++) {
		if (*s == '\'')
			quoted = !quoted;
		else if (*s == '\\' && !quoted && s[1])
			word[n++] = *++s;
		else
			word[n++] = *s;
	}
	*ret_word = word;
	return s;
}

static void split_command(const char *line, struct words *w)
{
	while (line && line[strspn(line, " ")]) {
		char *word;

		line = next_word(line, &word);
		add(w, word);
	}
}

/* What decides how a trial runs is kept; what chose the trials is said anew. */
static void keep_options(const struct words *typed, struct words *w)
{
	static const char *const with_value[] = { "--timeout", "--scenarios", "--name" };

	for (size_t i = 0; i < typed->n && strcmp(typed->at[i], "--") != 0; i++) {
		if (!strcmp(typed->at[i], "--isolate"))
			add(w, mem_strdup("--isolate"));
		for (size_t j = 0; j < ARRAY_SIZE(with_value); j++) {
			size_t len = strlen(with_value[j]);

			if (strncmp(typed->at[i], with_value[j], len) != 0)
				continue;
			if (typed->at[i][len] == '=') {
				add(w, mem_strdup(typed->at[i]));
			} else if (!typed->at[i][len] && i + 1 < typed->n) {
				add(w, mem_strdup(typed->at[i]));
				add(w, mem_strdup(typed->at[i + 1]));
			}
		}
	}
}

/* The label of a cell: "knob=level knob=level rule rule spawn=zygote", the null arm's rules as
 * "null(rule)". */
static void add_label(const char *label, bool levels_only, struct words *w)
{
	while (*label) {
		size_t len = strcspn(label, " "), skip = 0;
		size_t end = len;
		bool level;
		char *word;

		if (!strncmp(label, "null(", 5))
			skip = 5;
		if (end > skip && label[end - 1] == ')' && (skip || !memchr(label, '(', end)))
			end--;
		word = mem_strndup(label + skip, end - skip);
		level = strchr(word, '=') && !strchr(word, ':');

		if (!strcmp(word, "spawn=zygote")) {
			add(w, mem_strdup("--spawn"));
			add(w, mem_strdup("zygote"));
			free(word);
		} else if (*word && (level || !levels_only)) {
			add(w, mem_strdup(level ? "--sweep" : "--inject"));
			add(w, word);
		} else {
			free(word);
		}
		label += len;
		label += strspn(label, " ");
	}
}

/* What stands behind the program in the command line is taken from the record; of an old record,
 * from what was typed. */
static void add_target(const struct record_cell *cell, const struct words *typed, struct words *w)
{
	size_t i = 0;

	if (cell->variant && *cell->variant) {
		add(w, mem_printf("%s/%s", cell->target, cell->variant));
		return;
	}
	add(w, mem_strdup("--"));
	if (cell->command && strcmp(cell->command, RECORD_UNKNOWN) != 0) {
		split_command(cell->command, w);
		return;
	}
	while (i < typed->n && strcmp(typed->at[i], "--") != 0)
		i++;
	if (i >= typed->n) {
		split_command(cell->target, w);
		return;
	}
	for (i++; i < typed->n; i++)
		add(w, mem_strdup(typed->at[i]));
}

static void text_done(struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->at[i]);
	free(w->at);
}

static bool is_outcome(const struct record_cause *cause)
{
	return cause->class && (!strcmp(cause->class, verdict_name(VERDICT_FAIL)) ||
				       !strcmp(cause->class, verdict_name(VERDICT_CRASH)));
}

/* The seed brings the same delays back, not the same scheduling: as many trials as show the cause
 * again with 95 %, or as it took the first time, whichever is more. */
#define REPLAY_TRIALS 10 /* of a schedule that was found: it seldom needs a second */

static uint64_t trials_for(const struct record_cell *cell, const struct record_cause *cause)
{
	uint64_t all = record_cell_trials(cell), needed = 0;

	if (!cause)
		return all ? all : 1;
	if (cause->replay)
		return REPLAY_TRIALS;
	if (all && cause->count)
		needed =
			stats_runs_for_bisect(fmin(1, (double)cause->count / (double)all), 1, 0.05);
	return needed > cause->first_index ? needed : cause->first_index + 1;
}

char **repro_argv(const struct record_campaign *c, const struct record_cell *cell,
	const struct record_cause *cause, const char *db)
{
	cleanup(text_done) struct words typed = {};
	struct words w = {};
	uint64_t trials = trials_for(cell, cause);

	split_command(c->command, &typed);
	add(&w, mem_strdup("hangrate"));
	add(&w, mem_strdup("run"));
	keep_options(&typed, &w);
	add(&w, mem_strdup("--seed"));
	add(&w, mem_printf("%" PRIu64, c->seed));
	add(&w, mem_strdup("-n"));
	add(&w, mem_printf("%" PRIu64, trials));
	if (cause && is_outcome(cause)) {
		add(&w, mem_strdup("--fail-on"));
		add(&w, mem_strdup(cause->class));
	}
	if (cause && trials > 1)
		add(&w, mem_strdup("--until-hang"));
	add(&w, mem_strdup("--db"));
	add(&w, mem_strdup(db));
	add_label(cell->inject ? cell->inject : "", cause && cause->replay, &w);
	if (cause && cause->replay) {
		add(&w, mem_strdup("--inject"));
		add(&w, mem_strdup(cause->replay));
	}
	add_target(cell, &typed, &w);
	add(&w, NULL);
	return w.at;
}

void repro_argv_free(char **argv)
{
	for (size_t i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}

char *repro_command(const struct record_campaign *c, const struct record_cell *cell,
	const struct record_cause *cause)
{
	char **argv = repro_argv(c, cell, cause, "none");
	char *line = shell_join(argv[0], argv + 1);

	repro_argv_free(argv);
	return line;
}
