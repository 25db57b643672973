/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A token goes from thread to thread, if they run in their order; a fourth expects that all three
 * agree. Nobody waits for them. "ok": it expects nothing.
 */
#include "tests/targets/race.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int x1 = 1, x2 = 2, x3 = 1;
static bool passed1, passed2, passed3;

static void *pass1(void *arg)
{
	pthread_mutex_lock(&lock);
	x1 = (x3 + 1) % 4;
	passed1 = true;
	pthread_mutex_unlock(&lock);
	return arg;
}

static void *pass2(void *arg)
{
	pthread_mutex_lock(&lock);
	x2 = x1;
	passed2 = true;
	pthread_mutex_unlock(&lock);
	return arg;
}

static void *pass3(void *arg)
{
	pthread_mutex_lock(&lock);
	x3 = x2;
	passed3 = true;
	pthread_mutex_unlock(&lock);
	return arg;
}

static void *check(void *arg)
{
	pthread_mutex_lock(&lock);
	if (passed1 && passed2 && passed3 && !race_is_ok)
		race_check(x1 == x2 && x2 == x3);
	pthread_mutex_unlock(&lock);
	return arg;
}

int main(int argc, char **argv)
{
	race_start(argc, argv);
	target_thread(pass1, NULL);
	target_thread(pass2, NULL);
	target_thread(pass3, NULL);
	target_thread(check, NULL);
	return 0;
}
