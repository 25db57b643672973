/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Three threads that nobody waits for: a deposit, a withdrawal, and a check that is wrong when both
 * came before it. main has usually ended the process by then. "ok": the check is right.
 */
#include "tests/targets/race.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int balance = 1;
static bool deposited, withdrawn;

static void *check(void *arg)
{
	pthread_mutex_lock(&lock);
	if (deposited && withdrawn)
		race_check(balance == (race_is_ok ? 1 + 2 - 4 : 1 - 2 - 4));
	pthread_mutex_unlock(&lock);
	return arg;
}

static void *deposit(void *arg)
{
	pthread_mutex_lock(&lock);
	balance += 2;
	deposited = true;
	pthread_mutex_unlock(&lock);
	return arg;
}

static void *withdraw(void *arg)
{
	pthread_mutex_lock(&lock);
	balance -= 4;
	withdrawn = true;
	pthread_mutex_unlock(&lock);
	return arg;
}

int main(int argc, char **argv)
{
	race_start(argc, argv);
	target_thread(check, NULL);
	target_thread(deposit, NULL);
	target_thread(withdraw, NULL);
	return 0;
}
