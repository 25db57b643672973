# SPDX-License-Identifier: MIT
# musl has no libgomp.
CFLAGS-omp-fork = -fopenmp
SKIP-musl-omp-fork = yes
SKIP-glibc-omp-fork := $(if $(findstring clang,$(CC)),$(shell echo 'int main(void) { return 0; }' | \
	$(CC) -fopenmp -x c - -o /dev/null 2>/dev/null || echo this clang has no libomp))
