# SPDX-License-Identifier: GPL-3.0-or-later
"""tests/targets/outsider.c, which acts outside of every trial."""
import subprocess


class Outsider:
    """Listens at path until stop()."""

    def __init__(self, build, path):
        self.path = path
        self.process = subprocess.Popen([str(build / "glibc" / "targets" / "outsider"), path],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.process.stdout.readline()  # it listens

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
