# SPDX-License-Identifier: MIT
CFLAGS-libc-openmp := -fopenmp
SKIP-musl-libc-openmp := libgomp is built for glibc
