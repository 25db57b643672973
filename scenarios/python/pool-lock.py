# SPDX-License-Identifier: MIT
"""A thread holds a lock at the instant a worker process is forked, and the worker wants it."""
import multiprocessing
import threading

import scenario

registry = threading.Lock()


def use_registry():
    with registry:
        pass


def start_worker(method):
    """A thread of this process is inside the lock while the worker is made."""
    holds, done = threading.Event(), threading.Event()

    def hold():
        with registry:
            holds.set()
            done.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    holds.wait()
    worker = multiprocessing.get_context(method).Process(target=use_registry)
    worker.start()
    done.set()
    thread.join()
    worker.join()
    scenario.check(worker.exitcode == 0, "the worker exits with 0")


if __name__ == "__main__":
    scenario.main(
        summary="a worker process locks what a thread held when it was forked",
        hazard="fork() copies a locked lock without the thread that would release it",
        symptom="futex",
        cause="orphaned-lock: lock python",
        variants=[
            scenario.variant("fork", "multiprocessing with the fork method",
                             lambda: start_worker("fork"), "hangs",
                             "the worker has the lock and not its holder", timeout_ms=500),
            scenario.variant("spawn", "the spawn method", lambda: start_worker("spawn"), "completes",
                             "a new interpreter has a lock of its own"),
        ],
        refs=["https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods",
              "https://bugs.python.org/issue6721"])
