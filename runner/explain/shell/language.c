/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bash: the script and the line that it is at, from variables that the program exports (bash keeps
 * them for its loadable builtins). Pure functions of the memory but for finding the program.
 */
#include "runner/explain/languages.h"
#include "runner/explain/symbols.h"

#include "runner/base/util.h"

struct shell {
	struct peek m;
	uint64_t line; /* int line_number */
	/* int line_number_for_err_trap: of the command that was started last. While bash waits for
	 * it, line_number is already the end of the loop, or the head of the function, that it
	 * stands in. 0: an older bash (before 5.1). */
	uint64_t started;
	uint64_t parameters; /* char *dollar_vars[10]: $0, $1, ... */
};

static void *open_shell(struct symbols *s)
{
	struct peek m = symbols_peek(s);
	const struct symbols_map *map;

	for (size_t i = 0; (map = symbols_map_at(s, i)); i++) {
		const char *name = strrchr(map->name, '/');
		struct shell *shell;

		if (!map->is_start || !name || strcmp(name, "/bash"))
			continue;
		shell = mem_alloc(sizeof(*shell));
		shell->m = m;
		shell->line = peek_find_symbol(&m, map->begin, "line_number");
		shell->started = peek_find_symbol(&m, map->begin, "line_number_for_err_trap");
		shell->parameters = peek_find_symbol(&m, map->begin, "dollar_vars");
		if (shell->line && shell->parameters)
			return shell;
		free(shell);
		return NULL;
	}
	return NULL;
}

static void close_shell(void *process)
{
	free(process);
}

/* $0 of a script is its path; of an interactive shell and of `bash -c` it is "bash" or "-bash". */
static bool is_script(const char *zero)
{
	const char *name = strrchr(zero, '/');

	name = name ? name + 1 : zero;
	return *name && *name != '-' && strcmp(name, "bash") && strcmp(name, "sh");
}

static uint32_t read_line(const struct shell *shell, const struct language_thread *t)
{
	uint32_t line = 0;

	if (t->for_child && shell->started && peek_u32(&shell->m, shell->started, &line) && line)
		return line;
	return peek_u32(&shell->m, shell->line, &line) ? line : 0;
}

static void read_thread(
	void *process, const struct language_thread *t, struct language_stack *stack)
{
	enum { MAX_PATH = 1024, MAX_LINE = 1 << 24 };
	const struct shell *shell = process;
	char *zero = peek_text(&shell->m, peek_pointer(&shell->m, shell->parameters), MAX_PATH);
	uint32_t line = read_line(shell, t);

	if (zero && is_script(zero) && line && line < MAX_LINE) {
		language_add_frame(stack, mem_strdup("<module>"), zero, (int)line, false);
		return;
	}
	free(zero);
}

const struct language language_shell = {
	.name = "shell",
	.interpreter = "bash",
	.open = open_shell,
	.close = close_shell,
	.read_thread = read_thread,
};
