# SPDX-License-Identifier: MIT
# Needs a Go toolchain: make/go.mk builds it, into the arm of that toolchain.
SKIP-glibc-go-shared-host := needs Go
SKIP-musl-go-shared-host := needs Go
