/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * canary.h: a known hang and a known clean program inside the runner's own executable. They are
 * part of every campaign; if one is misjudged, nothing in that campaign is to be believed.
 */
#ifndef RUNNER_CAMPAIGN_CANARY_H
#define RUNNER_CAMPAIGN_CANARY_H

#include "runner/record/record.h"

/* Does not return when arg names a canary. */
void canary_main(const char *arg);

/* Why the campaign may not be believed, or NULL: a static sentence. */
const char *canary_fault(const struct record_campaign *c);
/* True: the wait for a pipe was seen, and could not be proven, for other users' processes may not
 * be read. So it is with the waits of any trial. */
bool canary_lacks_sight(const struct record_campaign *c);
/* What of this process explains such a fault; NULL: nothing that is known. The caller frees it. */
char *canary_excuse(int jobs);

#endif
