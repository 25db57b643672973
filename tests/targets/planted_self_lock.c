/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread locks a mutex that it already holds.
 *
 * class: self-lock
 * lock: config_lock
 * holder: glibc
 */
#include "tests/targets/target.h"

static pthread_mutex_t config_lock = PTHREAD_MUTEX_INITIALIZER;

static void config_reload(void)
{
	pthread_mutex_lock(&config_lock);
	pthread_mutex_unlock(&config_lock);
}

int main(void)
{
	pthread_mutex_lock(&config_lock);
	target_say_holder();
	target_say_last();
	config_reload();
	pthread_mutex_unlock(&config_lock);
	return 0;
}
