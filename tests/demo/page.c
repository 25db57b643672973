/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page.c: writes the HTML report of a made-up campaign: page demo|clean|large|broken >FILE */
#include "reports/html.h"
#include "runner/base/util.h"
#include "tests/demo/campaign.h"

#define NIGHTS 14

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "demo";
	struct record_campaign now = {}, history[NIGHTS] = {};
	struct report_input in = { .campaign = &now, .history = history };

	if (!strcmp(what, "large")) {
		demo_large(&now, 500, 20000);
	} else {
		demo_campaign(&now, 42, !strcmp(what, "clean") ? 0 : 2);
		for (; in.n_history < NIGHTS; in.n_history++)
			demo_campaign(&history[in.n_history], 100 + in.n_history, 1);
	}
	if (!strcmp(what, "broken"))
		now.broken = mem_strdup("the canary 'abba/locks' was judged pass, not deadlock");
	if (report_html(&in, stdout) < 0)
		return 1;
	record_campaign_done(&now);
	for (size_t i = 0; i < in.n_history; i++)
		record_campaign_done(&history[i]);
	return 0;
}
