# headrace: one Makefile, no recursion.  `make help` lists the targets.

MODE    ?= release
B       := build/$(MODE)
ifeq ($(origin CC),default)
CC      := gcc
endif
VERSION := $(shell cat VERSION)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
        -Wpointer-arith -Wwrite-strings -Wformat=2 -Werror
CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong
CFLAGS_asan    := -O1 -g -fsanitize=address -fno-omit-frame-pointer
CFLAGS_ubsan   := -O1 -g -fsanitize=undefined -fno-sanitize-recover=all
LDFLAGS_asan   := -fsanitize=address
LDFLAGS_ubsan  := -fsanitize=undefined
# (Files and times of 64 bits on 32-bit machines, too.)
ALL_CFLAGS := -std=gnu17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -I. -MMD -MP $(WARN) $(CFLAGS_$(MODE)) \
              -DHEADRACE_VERSION='"$(VERSION)"' $(CFLAGS)

# What each program is made of.  Everything below lib/ and handlers/ goes into
# one archive, from which a program takes only what it calls: a program that
# links without -lsqlite3 cannot reach the store.
LIB_SRC  := $(wildcard lib/*/*.c handlers/*.c handlers/*/*.c)
PROGRAMS := headrace headrace-notifier
headrace_SRC           := $(wildcard fcgi/*.c cli/*.c)
headrace_LIBS          := -lfcgi -lsqlite3 -lsodium -lcrypto -ljson-c -linih -lzstd -lcurl -lnghttp2
headrace-notifier_SRC  := $(wildcard notifier/*.c)
headrace-notifier_LIBS := -luv -lnghttp2 -lsodium -lcrypto -linih -lzstd -lwslay -lhttp_parser

# (A static pattern rule would take the % of a substitution for its own.)
headrace_OBJ           := $(headrace_SRC:%.c=$(B)/%.o)
headrace-notifier_OBJ  := $(headrace-notifier_SRC:%.c=$(B)/%.o)

LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o) $(B)/schema/migrations.o

all: $(PROGRAMS:%=$(B)/%)		## builds the programs into build/$(MODE)

.SECONDEXPANSION:
$(PROGRAMS:%=$(B)/%): $(B)/%: $$($$*_OBJ) $(B)/lib.a
	$(CC) $(LDFLAGS_$(MODE)) $(LDFLAGS) -o $@ $^ $($*_LIBS)

$(B)/lib.a: $(LIB_OBJ)
	rm -f $@
	ar rcs $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# The schema is part of the programs.
$(B)/schema/migrations.c: schema/embed.sh $(sort $(wildcard schema/*.sql))
	@mkdir -p $(@D)
	sh $^ > $@.new
	mv $@.new $@

$(B)/schema/migrations.o: $(B)/schema/migrations.c
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# So are the pages, taken in by the assembler.
$(B)/handlers/web/asset.o: $(wildcard web/*)

# And the ready files, which headrace setup puts in place.
$(B)/cli/setup_text.o: conf/headrace.ini $(wildcard conf/*/*)

# One machine, one command: a web server, headrace behind it, and a key to join.
DATA ?= run
PORT ?= 8080
HOST ?= 127.0.0.1
run:					## a working tailnet on this machine (PORT=, DATA=, HOST=)
	@+PORT='$(PORT)' DATA='$(DATA)' HOST='$(HOST)' MAKE='$(MAKE)' \
	    exec setpriv --pdeathsig TERM sh conf/run.sh

# Everything CI runs; installs what the tests need.
check:					## every test there is; the last line counts them
	@sh conf/packages.sh build run deb test
	@+sh tests/check.sh

bench: all				## the table in docs/performance.md (FLEET=driver's folder, SIZES=)
	python3 tests/bench/fleet.py

# What a package installs beside the programs: the page, and completion for the shells.
SHELLS := bash zsh fish
man: $(B)/headrace			## the manual page and completion for shells, into build/man
	@mkdir -p build/man
	$(B)/headrace man > build/man/headrace.1
	for s in $(SHELLS); do $(B)/headrace completion $$s > build/man/headrace.$$s || exit 1; done

api-bench: all				## what the web API costs (FLEET=driver's folder)
	python3 tests/bench/api.py

server-bench: all			## what each web server spends on 1,000 devices (FLEET=driver's folder)
	python3 tests/bench/servers.py

packages:				## installs the Debian packages for building, running and testing
	@sh conf/packages.sh build run deb test

clean:					## removes what was built, not the data of make run
	rm -rf build

help:					## this list
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/\1@\2/p' Makefile conf/*.mk tests/*.mk tests/*/*.mk | \
	    awk -F@ '{ printf "make %-12s %s\n", $$1, $$2 }'

include conf/install.mk
include tests/tests.mk
include tests/lint.mk
include tests/proc/proc.mk
include tests/interop/interop.mk
include tests/api/api.mk
include tests/deb/deb.mk
include tests/ports/ports.mk

-include $(shell find $(B) -name '*.d' 2>/dev/null)

.PHONY: all run check bench server-bench man packages clean help
