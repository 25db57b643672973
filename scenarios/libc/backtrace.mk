# SPDX-License-Identifier: MIT
SKIP-musl-libc-backtrace := musl has no backtrace()
