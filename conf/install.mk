# make install: programs, manual pages, completion, documents, units of systemd.
#
#	make install PREFIX=/usr SYSCONFDIR=/etc DESTDIR=debian/headrace	as packages do it
#	make install			into /usr/local; then see docs/packages.md
#
# An installed configuration is never overwritten.  Only WEB_GROUP= may connect to the sockets
# that systemd keeps: www-data is the group of all web servers of Debian.
DESTDIR    ?=
PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
BINDIR     := $(PREFIX)/bin
MANDIR     := $(PREFIX)/share/man
DOCDIR     := $(PREFIX)/share/doc/headrace
WEB_GROUP  ?= www-data
UNITDIR    ?= $(PREFIX)/lib/systemd/system

# Ready files for web servers: conf/<server>/
WEB_SERVERS := apache caddy cgi lighttpd nginx

man: build/man/headrace.ini.5 build/man/headrace-notifier.8

# The text of conf/headrace.ini is the manual page's; a unit test holds it to the table of keys.
build/man/headrace.ini.5: man/ini.awk conf/headrace.ini VERSION
	@mkdir -p $(@D)
	awk -v version='$(VERSION)' -f man/ini.awk conf/headrace.ini > $@

build/man/headrace-notifier.8: man/headrace-notifier.8.in VERSION
	@mkdir -p $(@D)
	sed 's/@VERSION@/$(VERSION)/' $< > $@

install: all man			## into DESTDIR= and PREFIX=, as a package needs it
	install -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(UNITDIR)' '$(DESTDIR)$(DOCDIR)/examples' \
	    '$(DESTDIR)$(MANDIR)/man1' '$(DESTDIR)$(MANDIR)/man5' '$(DESTDIR)$(MANDIR)/man8'
	install $(PROGRAMS:%=$(B)/%) '$(DESTDIR)$(BINDIR)'
	install -m 644 build/man/headrace.1 '$(DESTDIR)$(MANDIR)/man1'
	install -m 644 build/man/headrace.ini.5 '$(DESTDIR)$(MANDIR)/man5'
	install -m 644 build/man/headrace-notifier.8 '$(DESTDIR)$(MANDIR)/man8'
	install -D -m 644 build/man/headrace.bash \
	    '$(DESTDIR)$(PREFIX)/share/bash-completion/completions/headrace'
	install -D -m 644 build/man/headrace.zsh '$(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_headrace'
	install -D -m 644 build/man/headrace.fish \
	    '$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/headrace.fish'
	sed 's|@BINDIR@|$(BINDIR)|' conf/systemd/headrace.service.in > '$(DESTDIR)$(UNITDIR)/headrace.service'
	sed 's|@WEB_GROUP@|$(WEB_GROUP)|' conf/systemd/headrace.socket.in > '$(DESTDIR)$(UNITDIR)/headrace.socket'
	chmod 644 '$(DESTDIR)$(UNITDIR)/headrace.service' \
	    '$(DESTDIR)$(UNITDIR)/headrace.socket'
	install -D -m 644 conf/systemd/headrace.sysusers '$(DESTDIR)$(PREFIX)/lib/sysusers.d/headrace.conf'
	install -D -m 644 conf/systemd/headrace.tmpfiles '$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/headrace.conf'
	[ -e '$(DESTDIR)$(SYSCONFDIR)/headrace/headrace.ini' ] || \
	    install -D -m 640 conf/headrace.ini '$(DESTDIR)$(SYSCONFDIR)/headrace/headrace.ini'
	install -m 644 README.md '$(DESTDIR)$(DOCDIR)'
	install -D -m 644 -t '$(DESTDIR)$(DOCDIR)/docs' $(wildcard docs/*.md)
	install -D -m 644 -t '$(DESTDIR)$(DOCDIR)/docs/servers' $(wildcard docs/servers/*.md)
	install -m 644 conf/headrace.ini conf/grafana-headrace.json '$(DESTDIR)$(DOCDIR)/examples'
	for d in $(wildcard $(WEB_SERVERS:%=conf/%)); do \
	    cp -R --no-preserve=mode,ownership $$d '$(DESTDIR)$(DOCDIR)/examples' || exit 1; done

# What install would put there goes, and folders that are headrace's alone.
uninstall:				## with the same variables; keeps the configuration and the data
	rm -rf build/uninstall
	@$(MAKE) -s install DESTDIR='$(CURDIR)/build/uninstall'
	(cd build/uninstall && find . -type f ! -path '.$(SYSCONFDIR)/*') | while read -r f; do rm -f '$(DESTDIR)'"$${f#.}"; done
	rm -rf '$(DESTDIR)$(DOCDIR)' build/uninstall

deb:					## headrace_VERSION_ARCH.deb in build/deb (VERSION=)
	@sh conf/packages.sh build deb
	@MAKE='$(MAKE)' sh debian/build.sh '$(VERSION)'

.PHONY: install uninstall deb
