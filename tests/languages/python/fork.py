# SPDX-License-Identifier: GPL-3.0-or-later
# A child alone with a lock that a thread of its parent held at fork().
# why: ^orphaned-lock
# why: in (Log\.)?write\(\) fork\.py:15 waits for Lock Log\._lock, held at fork\(\) by thread
# why: is now in (Log\.)?hold\(\) fork\.py:[0-9]+
import os
import threading


class Log:
    def __init__(self):
        self._lock = threading.Lock()

    def write(self):
        with self._lock:
            pass

    def hold(self):
        with self._lock:
            held.set()
            threading.Event().wait()


log, held = Log(), threading.Event()
threading.Thread(target=log.hold, daemon=True).start()
held.wait()
if os.fork() == 0:
    log.write()
os.wait()
