# SPDX-License-Identifier: GPL-3.0-or-later
# A lock that the thread has taken further out, through a context manager of the program.
# why: ^self-lock
# why: in save\(\) itself\.py:18 waits for Lock state, which it holds itself
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
