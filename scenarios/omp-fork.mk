# SPDX-License-Identifier: MIT
# musl has no libgomp.
CFLAGS-omp-fork = -fopenmp
SKIP-musl-omp-fork = yes
