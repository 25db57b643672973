# SPDX-License-Identifier: MIT
# Needs a Go toolchain: make/go.mk builds it, into the arm of that toolchain.
SKIP-glibc-go-shared-prefork := needs Go
SKIP-musl-go-shared-prefork := needs Go
