# SPDX-License-Identifier: GPL-3.0-or-later
# What must be green before anything lands: tests, lint, sanitizers, coverage.

# A suite is a name here and a script tests/NAME/run.sh that prints TAP lines ("ok ...",
# "not ok ..."), or as for the unit tests a program that tests/run.sh knows how to count. The longest
# come first, for some run beside each other.
TEST_LONG := integration scenarios guard cli
TEST_SUITES := unit $(TEST_LONG) $(filter-out $(TEST_LONG),$(patsubst tests/%/run.sh,%,$(wildcard tests/*/run.sh)))

.PHONY: test
test: all $(B)/unit ## Build everything, run every test suite; the last line is the total
	@BUILD=$(B) ./tests/run.sh $(TEST_SUITES)

.PHONY: lint
lint: $(B)/hangrate $(B)/glibc/libscenario.a $(B)/glibc/libhangrate-preload.so ## Format, licences, rooms by include and by symbol, headers alone, clang, shellcheck, gofmt, file lengths, strings
	@CC='$(CC)' BUILD=$(B) ./make/lint.sh '$(filter-out -MMD -MP,$(BASE)) -Werror'

CLANG_FORMAT ?= $(firstword $(shell command -v clang-format-14 clang-format))

.PHONY: format
format: ## Write all C as .clang-format wants it
	git ls-files -z --cached --others --exclude-standard -- '*.c' '*.h' | xargs -0 -r $(CLANG_FORMAT) -i

.PHONY: asan
asan: ## The test suites under AddressSanitizer and UBSan
	+$(MAKE) B=build/asan SAN=address,undefined CFLAGS='-O1 -g' test

COV_MIN ?= 90
COV_DIRS := runner stats reports lib
ifneq ($(COV),)
$(B)/hangrate $(B)/unit: $(B)/obj/tests/coverage/exit.o
$(B)/glibc/libscenario.a: $(B)/glibc/lib/coverage_exit.o
$(B)/glibc/lib/coverage_exit.o: tests/coverage/exit.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(BASE) $(CFLAGS) $(CHECKS) -DFORKED_WRITE=0 -fPIC -c $< -o $@
endif

# A limit on the size of files is one for the counts too; said on standard error, that would stand amid
# what the tests compare.
.PHONY: cov
cov: ## The test suites with coverage: build/cov/html/index.html; fails under 90 % of the lines
	@find build/cov -name '*.gcda' -delete 2>/dev/null || true
	+GCOV_ERROR_FILE=/dev/null $(MAKE) B=build/cov COV=1 test
	@mkdir -p build/cov/html
	gcovr --root . $(foreach d,$(COV_DIRS),--filter '$(d)/') --object-directory build/cov \
		--exclude-unreachable-branches --html-details build/cov/html/index.html \
		--txt build/cov/summary.txt --print-summary --fail-under-line $(COV_MIN) build/cov
