# SPDX-License-Identifier: GPL-3.0-or-later
# A pool whose worker was killed: nothing is proven, and the program's line is told all the same.
# why: in pool\.py:[0-9]+ waits for result of a Pool's job
import multiprocessing
import os
import signal


def job(n):
    if n == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return n


if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print(pool.map(job, range(6), chunksize=1))
