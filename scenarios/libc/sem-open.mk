# SPDX-License-Identifier: MIT
LDLIBS-libc-sem-open := -lrt
