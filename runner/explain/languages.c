/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of languages, and what is asked of the one that a process runs. */
#include "runner/explain/languages.h"

#include "runner/base/util.h"

/* In the order in which they are tried. */
static const struct language *const languages[] = {
	&language_python,
	&language_go,
	&language_shell,
	&language_php,
	&language_perl,
};

struct language_process {
	const struct language *language;
	void *process;
};

struct language_process *language_open(struct symbols *s)
{
	for (size_t i = 0; s && i < ARRAY_SIZE(languages); i++) {
		void *process = languages[i]->open(s);
		struct language_process *p;

		if (!process)
			continue;
		p = mem_alloc(sizeof(*p));
		*p = (struct language_process){ languages[i], process };
		return p;
	}
	return NULL;
}

void language_close(struct language_process *p)
{
	if (p)
		p->language->close(p->process);
	free(p);
}

const char *language_name(const struct language_process *p)
{
	return p ? p->language->name : NULL;
}

void language_read_thread(struct language_process *p, const struct language_thread *t,
	struct language_stack *ret_stack)
{
	*ret_stack = (struct language_stack){ 0 };
	if (p)
		p->language->read_thread(p->process, t, ret_stack);
	if (ret_stack->n)
		ret_stack->language = p->language->name;
}

pid_t language_find_holder(struct language_process *p, uint64_t address)
{
	if (!p || !address || !p->language->find_holder)
		return 0;
	return p->language->find_holder(p->process, address);
}

pid_t language_find_thread(struct language_process *p, uint64_t token)
{
	if (!p || !token || !p->language->find_thread)
		return 0;
	return p->language->find_thread(p->process, token);
}

void language_read_tasks(
	struct language_process *p, struct language_task **ret_tasks, size_t *ret_n)
{
	*ret_tasks = NULL;
	*ret_n = 0;
	if (p && p->language->read_tasks)
		p->language->read_tasks(p->process, ret_tasks, ret_n);
}

bool language_is_interpreter(const struct language_stack *stack, const char *module)
{
	for (size_t i = 0; stack->language && i < ARRAY_SIZE(languages); i++)
		if (languages[i]->name == stack->language && languages[i]->interpreter)
			return strstr(module, languages[i]->interpreter) != NULL;
	return false;
}
