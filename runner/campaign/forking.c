/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/forking.h"

#include "lib/protocol.h"
#include "runner/base/util.h"
#include "runner/inject/inject.h"
#include "stats/stats.h"

#include <errno.h>
#include <inttypes.h>

/* Of a false alarm in a campaign, whatever the number of its cells. */
#define FALSE_ALARM 0.001

static int start_one(const struct target *t, char ***ret_environ, char **ret_error)
{
	char **strings = mem_alloc(3 * sizeof(*strings));
	char *why cleanup(cleanup_free) = NULL, *preload cleanup(cleanup_free) = NULL;

	strings[0] = mem_printf("%s=%d", HANGRATE_ENV_ZYGOTE, HANGRATE_ZYGOTE_FD);
	*ret_environ = strings;
	/* A scenario stops there by itself. */
	if (t->broken_status >= 0)
		return 0;
	why = inject_zygote_for(t->path, &preload);
	if (why) {
		*ret_error = mem_printf("--spawn zygote: %s; use --spawn exec", why);
		return -EOPNOTSUPP;
	}
	strings[1] = mem_printf("LD_PRELOAD=%s", preload);
	return 0;
}

int forking_start(struct forking *f, const struct plan *plan, const struct target_list *targets,
	char **ret_error)
{
	int r = 0;

	*f = (struct forking){ .environ = mem_alloc(plan->n_cells * sizeof(*f->environ)),
		.n = plan->n_cells };
	for (size_t i = 0; i < f->n && !r; i++)
		if (plan->cells[i].zygote)
			r = start_one(&targets->targets[plan->cells[i].target], &f->environ[i],
				ret_error);
	return r;
}

void forking_done(struct forking *f)
{
	for (size_t i = 0; i < f->n; i++) {
		for (char **s = f->environ[i]; s && *s; s++)
			free(*s);
		free(f->environ[i]);
	}
	free(f->environ);
	*f = (struct forking){};
}

char *const *forking_environ(const struct forking *f, size_t cell)
{
	return f->environ[cell];
}

static struct stats_count count_of(const struct record_cell *c)
{
	return (struct stats_count){ record_cell_hangs(c), record_cell_trials(c) };
}

/* Two-sided, for either may hang more often. */
static double p_value(struct stats_count a, struct stats_count b)
{
	double more = stats_fisher_greater(a, b), less = stats_fisher_greater(b, a);

	return 2 * (more < less ? more : less);
}

char *forking_differs(const struct plan *plan, const struct record_campaign *record)
{
	size_t n = 0, at = 0;
	double least = 1;

	for (size_t i = 0; i < plan->n_cells; i++) {
		double p;

		if (!plan->cells[i].check)
			continue;
		n++;
		p = p_value(count_of(&record->cells[i]),
			count_of(&record->cells[plan->cells[i].check_of]));
		if (p < least) {
			least = p;
			at = i;
		}
	}
	if (!n || least * (double)n >= FALSE_ALARM)
		return NULL;
	return mem_printf(
		"--spawn zygote: '%s%s%s': being forked changes how often it hangs: by exec %" PRIu64
		" of %" PRIu64 ", by zygote %" PRIu64 " of %" PRIu64
		" (p = %.2g); use --spawn exec",
		record->cells[at].target, *record->cells[at].variant ? "/" : "",
		record->cells[at].variant, count_of(&record->cells[at]).k,
		count_of(&record->cells[at]).n,
		count_of(&record->cells[plan->cells[at].check_of]).k,
		count_of(&record->cells[plan->cells[at].check_of]).n, least * (double)n);
}
