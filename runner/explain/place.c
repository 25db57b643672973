/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/symbols.h"

#include "runner/base/util.h"

void symbols_place_done(struct symbols_place *p)
{
	free(p->function);
	free(p->file);
	free(p->module);
	*p = (struct symbols_place){ 0 };
}
