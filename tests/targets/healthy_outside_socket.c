/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A read of a connection to a server that is not in the trial.
 *
 * needs: answerer
 */
#include "tests/targets/target.h"
#include "tests/targets/answerer.h"

int main(int argc, char **argv)
{
	target_read_byte(answerer_ask(argc, argv, target_duration_ms(argc, argv)));
	return 0;
}
