# SPDX-License-Identifier: MIT
CFLAGS-libc-openmp := -fopenmp
SKIP-musl-libc-openmp := libgomp is built for glibc
SKIP-glibc-libc-openmp := $(if $(findstring clang,$(CC)),$(shell echo 'int main(void) { return 0; }' | \
	$(CC) -fopenmp -x c - -o /dev/null 2>/dev/null || echo this clang has no libomp))
