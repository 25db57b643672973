# SPDX-License-Identifier: MIT
LDLIBS-libc-timer-create := -lrt
