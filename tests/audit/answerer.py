# SPDX-License-Identifier: GPL-3.0-or-later
"""A server outside every trial: see tests/targets/answerer.h for what it is asked."""
import os
import select
import socket
import threading
import time


def _serve(conn):
    with conn:
        text, fd = b"", None
        deadline = None
        while deadline is None or time.monotonic() < deadline:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([conn], [], [], left)[0]:
                break
            data, fds, _, _ = socket.recv_fds(conn, 64, 1)
            if not data:
                return  # the target is gone
            fd = fds[0] if fds else fd
            text += data
            if deadline is None and b"\n" in text:
                deadline = time.monotonic() + int(text.split(b"\n")[0]) / 1000
        try:
            if fd is None:
                conn.send(b"a")
                # A starved target hands its descriptor over later than it was to be answered; to
                # close before would kill it by SIGPIPE.
                _, fds, _, _ = socket.recv_fds(conn, 64, 1)
                fd = fds[0] if fds else None
            if fd is not None:
                os.write(fd, b"a")
        except OSError:
            pass  # the runner ended the trial first
        finally:
            if fd is not None:
                os.close(fd)


class Answerer:
    """Listens at path until the process ends."""

    def __init__(self, path):
        self.path = path
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(path)
        self.listener.listen(256)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            conn, _ = self.listener.accept()
            threading.Thread(target=_serve, args=(conn,), daemon=True).start()
