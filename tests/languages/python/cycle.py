# SPDX-License-Identifier: GPL-3.0-or-later
# Two locks in opposite order: both sides by name, with holder and line.
# why: ^stuck: lock-cycle
# why: waits for Lock journal in transfer \(cycle\.py:15\), held by thread
# why: waits for RLock accounts in transfer \(cycle\.py:15\), held by thread
import threading

accounts, journal = threading.RLock(), threading.Lock()
both = threading.Barrier(2)


def transfer(mine, other):
    with mine:
        both.wait()
        with other:
            pass


for order in ((accounts, journal), (journal, accounts)):
    threading.Thread(target=transfer, args=order).start()
