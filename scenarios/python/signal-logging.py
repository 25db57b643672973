# SPDX-License-Identifier: MIT
"""A signal handler takes the lock that the interrupted code holds, as a logger with a plain lock does."""
import os
import signal
import threading

import scenario

log_lock = threading.Lock()
wanted = []


def write_log():
    with log_lock:
        pass


def write_log_and_be_interrupted():
    with log_lock:
        os.kill(os.getpid(), signal.SIGUSR1)
        for _ in range(1000):  # the interpreter runs handlers between two instructions
            pass


def in_handler():
    signal.signal(signal.SIGUSR1, lambda *_: write_log())
    write_log_and_be_interrupted()


def note_only():
    signal.signal(signal.SIGUSR1, lambda *_: wanted.append(True))
    write_log_and_be_interrupted()
    scenario.check(wanted, "the handler ran")
    write_log()


if __name__ == "__main__":
    scenario.main(
        summary="a Python signal handler locks what the interrupted code holds",
        hazard="handlers run in the main thread between two of its instructions, also inside a with block",
        symptom="futex",
        cause="self-lock: lock python",
        variants=[
            scenario.variant("handler", "the handler logs", in_handler, "hangs",
                             "the thread waits for itself", timeout_ms=500),
            scenario.variant("note", "the handler leaves a note", note_only, "completes",
                             "a list needs no lock"),
        ],
        refs=["https://docs.python.org/3/library/logging.html#thread-safety",
              "https://bugs.python.org/issue13697"])
