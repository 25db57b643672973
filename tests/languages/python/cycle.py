# SPDX-License-Identifier: GPL-3.0-or-later
# Two locks in opposite order: both sides by name, with holder and line.
# why: ^lock-cycle: 3 of 3 threads
# why: transfer\(\) cycle\.py:15 .*holds RLock accounts and wants Lock journal, held by transfer\(\) cycle\.py:15
# why: transfer\(\) cycle\.py:15 .*holds Lock journal and wants RLock accounts, held by transfer\(\) cycle\.py:15
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
