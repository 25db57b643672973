# SPDX-License-Identifier: GPL-3.0-or-later
# A child alone with a lock that a thread of its parent held at fork().
# why: ^stuck: orphaned-lock
# why: waits for Lock Log\._lock in Log\.write|waits for Lock log\._lock in write|waits for Lock Log\._lock in write
# why: in (Log\.)?write \(fork\.py:16\), held at fork\(\) by thread
# why: is now in (hold|Log\.hold) \(fork\.py:[0-9]+\)
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
