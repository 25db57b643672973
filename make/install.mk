# SPDX-License-Identifier: GPL-3.0-or-later
# Installing, and what is released: a source tarball, a tarball with the static program, a package.
PREFIX ?= /usr/local
DESTDIR ?=
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
COMPLETIONS ?= $(PREFIX)/share/bash-completion/completions
INSTALL ?= install

.PHONY: install
install: $(B)/hangrate $(B)/hangrate.1 ## Install program, man page and completion (PREFIX=/usr/local, DESTDIR=)
	$(INSTALL) -D -m 755 $(B)/hangrate $(DESTDIR)$(BINDIR)/hangrate
	$(INSTALL) -D -m 644 $(B)/hangrate.1 $(DESTDIR)$(MANDIR)/man1/hangrate.1
	$(INSTALL) -D -m 644 completions/hangrate.bash $(DESTDIR)$(COMPLETIONS)/hangrate

# To write scenarios outside of this tree: the header under its own path, the library, hangrate.pc.
.PHONY: install-dev
install-dev: $(B)/glibc/libscenario.a ## Install what scenarios of your own are built with (pkg-config hangrate)
	$(INSTALL) -D -m 644 lib/scenario.h $(DESTDIR)$(PREFIX)/include/hangrate/scenario.h
	$(INSTALL) -D -m 644 lib/scenario.h $(DESTDIR)$(PREFIX)/include/hangrate/lib/scenario.h
	$(INSTALL) -D -m 644 lib/protocol.h $(DESTDIR)$(PREFIX)/include/hangrate/lib/protocol.h
	$(INSTALL) -D -m 644 $(B)/glibc/libscenario.a $(DESTDIR)$(PREFIX)/lib/hangrate/libscenario.a
	$(INSTALL) -d $(DESTDIR)$(PREFIX)/lib/pkgconfig
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(RELEASE)|' make/hangrate.pc.in \
		>$(DESTDIR)$(PREFIX)/lib/pkgconfig/hangrate.pc

.PHONY: install-scenarios
install-scenarios: c-scenarios ## Install the C scenarios, for hangrate run --scenarios PREFIX/lib/hangrate
	cd $(B) && find $(BUILT_FOR:%=%/scenarios) -type f -perm -u+x -exec \
		$(INSTALL) -D -m 755 '{}' '$(DESTDIR)$(PREFIX)/lib/hangrate/{}' ';'

.PHONY: uninstall
uninstall: ## Remove what the install targets wrote
	rm -f $(DESTDIR)$(BINDIR)/hangrate $(DESTDIR)$(MANDIR)/man1/hangrate.1 $(DESTDIR)$(COMPLETIONS)/hangrate
	rm -rf $(DESTDIR)$(PREFIX)/lib/hangrate $(DESTDIR)$(PREFIX)/include/hangrate
	rm -f $(DESTDIR)$(PREFIX)/lib/pkgconfig/hangrate.pc

DIST := hangrate-$(RELEASE)

.PHONY: dist
dist: ## The source tarball of this commit: out/hangrate-VERSION.tar.gz, the same bytes each time
	@mkdir -p out
	git archive --format=tar --prefix=$(DIST)/ HEAD | gzip -n9 >out/$(DIST).tar.gz
	@echo out/$(DIST).tar.gz

# One program for every libc and distribution of this processor.
RELEASE_DIR := $(DIST)-linux-$(shell uname -m)
.PHONY: release
release: $(B)/hangrate $(B)/hangrate.1 ## The static program, man page and completion as a tarball with its checksum
	@! file -L $(B)/hangrate 2>/dev/null | grep -q 'dynamically linked' || { echo "release: not static" >&2; exit 1; }
	rm -rf out/$(RELEASE_DIR) && mkdir -p out/$(RELEASE_DIR)
	$(MAKE) --no-print-directory install DESTDIR=$(CURDIR)/out/$(RELEASE_DIR) PREFIX=
	strip -o out/$(RELEASE_DIR)/bin/hangrate $(B)/hangrate
	cp -R README.md CHANGELOG.md LICENSES out/$(RELEASE_DIR)/
	tar -C out --sort=name --owner=0 --group=0 --numeric-owner --mtime=@$$(git log -1 --format=%ct) \
		-cf - $(RELEASE_DIR) | gzip -n9 >out/$(RELEASE_DIR).tar.gz
	cd out && sha256sum $(RELEASE_DIR).tar.gz >$(RELEASE_DIR).tar.gz.sha256
	@echo out/$(RELEASE_DIR).tar.gz

.PHONY: deb
deb: ## The Debian package, in out/ (wants debhelper)
	@mkdir -p out
	rm -rf out/deb && mkdir -p out/deb/$(DIST)
	git archive HEAD | tar -C out/deb/$(DIST) -xf -
	cd out/deb/$(DIST) && dpkg-buildpackage -us -uc -b -j2
	cp out/deb/*.deb out/
