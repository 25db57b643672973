/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/nightly/confirm.h"

#include "reports/repro.h"
#include "runner/base/exit_status.h"
#include "runner/store/store.h"
#include "runner/base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <sys/wait.h>

#define SELF "/proc/self/exe"

extern char **environ;

/* Standard output of the child goes to standard error: ours holds data only. */
static int run_child(char **argv, bool silent, char **ret_why)
{
	posix_spawn_file_actions_t actions;
	int status, r;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	if (silent) {
		posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
		posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
	} else {
		posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	}
	r = posix_spawn(&pid, SELF, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r) {
		*ret_why = mem_printf("cannot start it: %s", strerror(r));
		return -r;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFEXITED(status) &&
		(WEXITSTATUS(status) == EXIT_MET || WEXITSTATUS(status) == EXIT_NOT_MET))
		return 0;
	*ret_why = WIFEXITED(status) ? mem_printf("it ended with status %d", WEXITSTATUS(status))
				     : mem_printf("it was killed by signal %d", WTERMSIG(status));
	return -ECHILD;
}

int check_run(char **argv, bool silent, struct record_campaign *ret_campaign, char **ret_why)
{
	const char *tmp = getenv("TMPDIR");
	cleanup(cleanup_free) char *dir =
		mem_printf("%s/hangrate-check-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	cleanup(cleanup_free) char *db = NULL, *wal = NULL, *shm = NULL;
	int r;

	if (!mkdtemp(dir)) {
		r = -errno;
		*ret_why = mem_printf("'%s': %s", dir, strerror(-r));
		return r;
	}
	db = mem_printf("%s/again.db", dir);
	wal = mem_printf("%s-wal", db);
	shm = mem_printf("%s-shm", db);
	for (size_t i = 1; argv[i] && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i - 1], "--db") != 0)
			continue;
		free(argv[i]);
		argv[i] = mem_strdup(db);
	}
	r = run_child(argv, silent, ret_why);
	if (!r) {
		char *fault cleanup(cleanup_free) = store_read_newest(db, ret_campaign);

		if (fault) {
			*ret_why = mem_printf("its record can't be read: %s", fault);
			r = -EIO;
		}
	}
	unlink(db);
	unlink(wal);
	unlink(shm);
	rmdir(dir);
	return r;
}

static const struct record_cell *find_again(
	const struct record_campaign *c, const struct record_cell *cell)
{
	for (size_t i = 0; i < c->n_cells; i++)
		if (record_cell_same(&c->cells[i], cell) && record_cell_trials(&c->cells[i]))
			return &c->cells[i];
	return NULL;
}

int check_rerun(const struct record_campaign *c, const struct check_cell *cell, uint64_t seed,
	struct stats_count *ret_fresh, char **ret_why)
{
	struct record_campaign plan = *c, again;
	const struct record_cell *found;
	const char *unsound;
	char **argv;
	int r;

	plan.seed = seed;
	argv = repro_argv(&plan, cell->cell, NULL, "none");
	r = check_run(argv, false, &again, ret_why);
	repro_argv_free(argv);
	if (r < 0)
		return r;
	unsound = check_unsound(&again, true);
	found = find_again(&again, cell->cell);
	if (unsound) {
		*ret_why = mem_printf("the confirming run %s", unsound);
		r = -EBADMSG;
	} else if (!found) {
		*ret_why = mem_strdup("the confirming run does not have this cell");
		r = -ENOENT;
	} else {
		*ret_fresh =
			(struct stats_count){ record_cell_hangs(found), record_cell_trials(found) };
	}
	record_campaign_done(&again);
	return r;
}
