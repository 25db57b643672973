# SPDX-License-Identifier: GPL-3.0-or-later
# A lock that the thread has taken further out, through a context manager of the program.
# why: ^stuck: self-lock
# why: waits for Lock state in save \(itself\.py:18\), which it holds itself
import contextlib
import threading

state = threading.Lock()


@contextlib.contextmanager
def locked():
    with state:
        yield


def save():
    with state:
        pass


def close():
    with locked():
        save()


close()
