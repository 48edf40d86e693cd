# GNU make.  Targets: make help
#
# BUILD is where everything made goes; CHECKED=1 turns warnings into errors.
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
VERSION := 0.1

# V=1 shows the commands.
Q   := $(if $(V),,@)
say := @$(if $(V),:,echo) ' '

pkgs := jansson libcrypto libcurl expat icu-uc icu-i18n sqlite3 \
        libmicrohttpd zlib libmagic xlsxwriter libseccomp
pc    = $(shell pkg-config $(1) $(pkgs) 2>/dev/null)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
        -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef -Wcast-qual \
        -Wpointer-arith -Wwrite-strings -Wformat=2 -Wimplicit-fallthrough \
        -Wswitch-enum $(if $(CHECKED),-Werror)
try   = $(foreach f,$(1),$(shell $(CC) -Werror $(f) -c -x c /dev/null \
        -o /dev/null 2>/dev/null && echo $(f)))
HARD := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fPIE \
        $(call try,-fstack-protector-strong -fstack-clash-protection \
        -fcf-protection=full -ftrivial-auto-var-init=zero)
OPT  ?= -O2 -g
ifneq ($(SANITIZE),)
HARD := -fPIE -DSEKI_SANITIZED -fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
        -fno-omit-frame-pointer
endif
CPPFLAGS += -D_GNU_SOURCE -DSEKI_VERSION='"$(VERSION)"' \
            -DSEKI_PREFIX='"$(PREFIX)"' -idirafter lib $(call pc,--cflags)
CFLAGS   += -std=c11 $(OPT) $(WARN) $(HARD) -pthread
LDFLAGS  += -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed -pthread \
            $(if $(SANITIZE),-fsanitize=$(SANITIZE))
LDLIBS   += $(call pc,--libs)

lib_o   := $(patsubst lib/%.c,$(BUILD)/lib/%.o,$(wildcard lib/*.c))
tools   := $(patsubst cmd/%.c,%,$(wildcard cmd/seki.c cmd/seki-*.c))
cmd_o   := $(patsubst cmd/%.c,$(BUILD)/cmd/%.o,$(filter-out \
           $(tools:%=cmd/%.c),$(wildcard cmd/*.c)))
bins    := $(tools:%=$(BUILD)/bin/%)
units   := $(patsubst tests/unit/%.c,$(BUILD)/test/%,$(wildcard tests/unit/test_*.c))
mo      := $(BUILD)/share/locale/ja/LC_MESSAGES/seki.mo

all: $(bins) $(mo)

$(BUILD)/bin/%: $(BUILD)/cmd/%.o $(BUILD)/libcmd.a $(BUILD)/libseki.a
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(LDFLAGS) -o $@ $< $(BUILD)/libcmd.a $(BUILD)/libseki.a \
	    $(LDLIBS)

# An archive, so that a tool gets only what it calls.
$(BUILD)/libcmd.a: $(cmd_o)
	@rm -f $@
	$(say) AR $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/libseki.a: $(lib_o)
	@rm -f $@
	$(say) AR $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MD -MP -c -o $@ $<

$(BUILD)/cmd/%.o: cmd/%.c
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MD -MP -c -o $@ $<

$(BUILD)/test/%: tests/unit/%.c $(BUILD)/libseki.a
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MD -MP $(LDFLAGS) -o $@ $< \
	    $(BUILD)/libseki.a $(LDLIBS) -lcmocka -lzip

# Of our objects only: libraries keep their own allocator.
WRAP := malloc calloc realloc reallocarray strdup
$(filter $(BUILD)/test/test_nomem%,$(units)): LDFLAGS += $(WRAP:%=-Wl,--wrap=%)

$(mo): $(wildcard lib/po/ja.po)
	@mkdir -p $(@D)
	$(say) MO $@
	$(Q)$(if $<,msgfmt --check-format -o $@ $<,: > $@)

# What building and running needs, and what the tests add; Debian 12 names.
DEPS := gcc make libc6-dev pkg-config gettext libcurl4-openssl-dev \
        libjansson-dev libssl-dev libexpat1-dev \
        libicu-dev libsqlite3-dev libmicrohttpd-dev zlib1g-dev libmagic-dev \
        libxlsxwriter-dev libseccomp-dev
DEPS_TEST := bats clang cppcheck curl faketime fonts-ipafont-gothic git gnumeric \
        hyperfine jq libclang-rt-14-dev libcmocka-dev libreoffice-calc libzip-dev mandoc openssl \
        p7zip-full procps python3 python3-openpyxl sqlite3 unzip util-linux zip

deps:
	@tests/packages.sh $(DEPS)
deps-test:
	@tests/packages.sh $(DEPS_TEST)

# The rest runs in a second make, which sees the packages just installed.
demo: deps
	@$(MAKE) --no-print-directory -s all
	@BIN=$(abspath $(BUILD))/bin examples/demo.sh

# As many at once as there are cores.
jobs := -j$(shell nproc 2>/dev/null || echo 1)
check: deps deps-test
	@$(MAKE) $(jobs) --no-print-directory CHECKED=1 all units-build
	@$(MAKE) --no-print-directory lint
	@BUILD=$(abspath $(BUILD)) tests/run.sh $(BUILD)/check.tap $(BUILD)

# Own tools and unit tests under the address and undefined sanitizers.
asan: deps deps-test
	@$(MAKE) $(jobs) --no-print-directory BUILD=$(BUILD)/asan OPT='-O1 -g' \
	    SANITIZE=address,undefined CHECKED=1 all units-build
	@BUILD=$(abspath $(BUILD)/asan) tests/run.sh $(BUILD)/asan.tap \
	    $(BUILD)/asan tests/cmd/road.bats tests/cmd/attacks.bats \
	    tests/cmd/worker.bats

# FUZZ_TIME seconds for each target; a crash is kept in build/fuzz.
FUZZ_TIME ?= 20
fuzz: deps deps-test
	@$(MAKE) $(jobs) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang OPT='-O1 -g' \
	    SANITIZE=address,undefined,fuzzer-no-link fuzz-build
	@tests/fuzz/run.sh $(BUILD)/fuzz $(FUZZ_TIME)
fuzz-build: $(patsubst tests/fuzz/%.c,$(BUILD)/bin/%,$(wildcard tests/fuzz/fuzz_*.c))
$(BUILD)/bin/fuzz_%: tests/fuzz/fuzz_%.c $(BUILD)/libseki.a
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $< \
	    $(BUILD)/libseki.a $(LDLIBS) -lzip

DEPS_BENCH := python3-openpyxl python3-xlsxwriter
bench: deps deps-test
	@tests/packages.sh $(DEPS_BENCH)
	@$(MAKE) --no-print-directory -s all $(BUILD)/bench_expat \
	    $(BUILD)/bench_xlsx
	@BIN=$(abspath $(BUILD))/bin BUILD=$(abspath $(BUILD)) tests/bench.sh

$(BUILD)/bench_expat: tests/bench_expat.c
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LDLIBS) -lzip

$(BUILD)/bench_xlsx: tests/bench_xlsx.c
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LDLIBS)

# SOAK pulls with random faults while another writer changes the records.
SOAK ?= 200
soak: deps deps-test
	@$(MAKE) --no-print-directory -s all
	@PATH=$(abspath $(BUILD))/bin:$$PATH tests/soak.py --pulls $(SOAK) \
	    --seed $(or $(SEED),$$(date +%s))

lint: $(BUILD)/libseki.a
	@CC=clang CPPFLAGS='$(subst ','\'',$(CPPFLAGS))' tests/lint.sh $(BUILD)

units-build: $(units)
units: units-build
	@BUILD=$(abspath $(BUILD)) tests/run.sh $(BUILD)/units.tap $(BUILD) units

# The catalogue's template, and the Japanese catalogue brought up to it.
po: $(wildcard lib/*.c lib/*.h cmd/*.c cmd/*.h)
	@tests/po.sh $(BUILD) $^

man1 := $(wildcard man/*.1)
man5 := $(wildcard man/*.5)
man7 := $(wildcard man/*.7)
profiles := $(wildcard examples/profiles/*.conf)
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
	    $(DESTDIR)$(PREFIX)/share/man/man5 \
	    $(DESTDIR)$(PREFIX)/share/man/man7 \
	    $(DESTDIR)$(PREFIX)/share/locale/ja/LC_MESSAGES
	install -m 755 $(bins) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(man1) $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(man5) $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 $(man7) $(DESTDIR)$(PREFIX)/share/man/man7
	install -m 644 $(mo) $(DESTDIR)$(PREFIX)/share/locale/ja/LC_MESSAGES
	install -d $(DESTDIR)$(PREFIX)/share/seki/profiles
	install -m 644 $(profiles) $(DESTDIR)$(PREFIX)/share/seki/profiles

uninstall:
	cd $(DESTDIR)$(PREFIX)/bin && rm -f $(tools)
	cd $(DESTDIR)$(PREFIX)/share/man && rm -f $(man1:man/%=man1/%) \
	    $(man5:man/%=man5/%) $(man7:man/%=man7/%)
	rm -f $(DESTDIR)$(PREFIX)/share/locale/ja/LC_MESSAGES/seki.mo
	rm -rf $(DESTDIR)$(PREFIX)/share/seki/profiles

clean:
	rm -rf $(BUILD)

help:
	@echo 'make            build into $(BUILD)/'
	@echo 'make deps       install the packages that building and running need'
	@echo 'make deps-test  install what the tests need beside them'
	@echo 'make demo       the whole road, end to end, on this machine'
	@echo 'make check      all tests and lint'
	@echo 'make asan       own tools and unit tests under sanitizers'
	@echo 'make fuzz       each fuzz target for FUZZ_TIME=20 seconds'
	@echo 'make soak       SOAK=200 pulls with faults and concurrent edits; SEED='
	@echo 'make bench      speed and memory, beside the official CLI and others'
	@echo 'make po         bring lib/po/ja.po up to the sources'
	@echo 'make install    DESTDIR= PREFIX=/usr/local; make uninstall'
	@echo 'make clean      remove $(BUILD)/'

.PHONY: all asan bench check clean demo deps deps-test fuzz fuzz-build help \
        install lint po soak uninstall units units-build
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
