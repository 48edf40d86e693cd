# GNU make.  Targets: make help
#
# BUILD is where everything made goes; CHECKED=1 turns warnings into errors.
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
VERSION := 0.1

pkgs := jansson libzip libcrypto libcurl expat icu-uc icu-i18n sqlite3 \
        xlsxwriter libmicrohttpd zlib
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
HARD := -fPIE -fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
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

$(BUILD)/bin/%: $(BUILD)/cmd/%.o $(cmd_o) $(BUILD)/libseki.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(BUILD)/libseki.a $(LDLIBS)

$(BUILD)/libseki.a: $(lib_o)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/cmd/%.o: cmd/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/test/%: tests/unit/%.c $(BUILD)/libseki.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< \
	    $(BUILD)/libseki.a $(LDLIBS) -lcmocka

$(mo): $(wildcard lib/po/ja.po)
	@mkdir -p $(@D)
	$(if $<,msgfmt --check-format -o $@ $<,: > $@)

units: $(units)
	@n=0; for t in $(units); do $$t || n=$$((n + 1)); done; exit $$n

clean:
	rm -rf $(BUILD)

.PHONY: all units clean
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
