# SPDX-License-Identifier: GPL-3.0-or-later
# The thread that calls fork() holds the lock itself, and its copy wants it again.
# why: ^stuck: .* waits for a lock that it locked itself before fork\(\)
# why: in use\(\) fork_holding\.py:14 waits for Lock registry, which was locked by this thread before fork\(\)
# why: ^orphaned-lock
# why: ^typical fix: unlock it before fork\(\)
import os
import threading

registry = threading.Lock()


def use():
    with registry:
        pass


with registry:
    if os.fork() == 0:
        use()
    os.wait()
