# SPDX-License-Identifier: MIT
LDLIBS-libc-aio := -lrt
