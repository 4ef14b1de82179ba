# poller: visits many network devices at once over SSH and Telnet.
#
#   make            build/poller, build/poller-lab, build/libpoller.a (release, hardened)
#   make deps       install the Debian packages that building and testing need
#   make check      all tests: unit, transcripts, fuzz corpora, end to end (installs what is missing)
#   make demo       simulated devices on loopback, polled in every mode (installs what building needs)
#   make trust      100,000 dialogues with a known truth (tests/trust/README.md)
#   make lint       clang-format, the layers, clang-tidy
#   make san, tsan  the whole suite under the address+undefined / thread sanitizer
#   make bench      speed, beside the goals
#   make profile    where a session's processor time goes
#   make bench-peers   the race against the peers, into docs/BENCHMARKS.md (QUICK=1 for a short one)
#   make lab-up, lab-down   the container lab (THINK=seconds, N=routers)
#   make install    PREFIX (/usr/local) and DESTDIR are honoured
#
# VARIANT=release|san|tsan|fuzz chooses flags and the directory that objects go to.

VARIANT ?= release
CC      := $(if $(filter default,$(origin CC)),gcc,$(CC))
PREFIX  ?= /usr/local
WERROR  ?= -Werror

B := $(if $(filter release,$(VARIANT)),build,build/$(VARIANT))
O := $(B)/obj

HARDEN := -fstack-protector-strong -fPIE
FLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 $(HARDEN)
FLAGS_san     := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
FLAGS_tsan    := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
FLAGS_gprof   := -O2 -g -pg
FLAGS_fuzz    := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined
LINK_release  := -pie -Wl,-z,relro,-z,now
LINK_san      := -fsanitize=address,undefined
LINK_tsan     := -fsanitize=thread
LINK_gprof    := -pg
LINK_fuzz     := -fsanitize=fuzzer,address,undefined

CPPFLAGS += -Isrc -Iinclude -I. -D_GNU_SOURCE
CFLAGS   := -std=gnu17 -pthread $(FLAGS_$(VARIANT)) -Wall -Wextra -Wshadow -Wconversion \
            -Wstrict-prototypes -Wmissing-prototypes $(WERROR) $(CFLAGS)
LDFLAGS  := -pthread $(LINK_$(VARIANT)) -Wl,--as-needed $(LDFLAGS)
LDLIBS   := -lssh -ltelnet -lfyaml -lpcre2-8 -lcares -ljansson -lpopt -lcrypto -lm
# libcrypto and libssh allocate some six hundred times a session: tcmalloc, where it is installed,
# takes 7 % off the whole (docs/PERFORMANCE.md). MALLOC= builds without it. Looked for when a
# program is linked, for `make deps` may have just installed it.
MALLOC_release = $(shell pkg-config --silence-errors --libs libtcmalloc_minimal)
MALLOC         = $(MALLOC_$(VARIANT))

LAYERS  := base model pace dialogue transport session engine output report
LIB_SRC := $(foreach d,$(LAYERS),$(wildcard src/$(d)/*.c))
CLI_SRC := $(wildcard src/cli/*.c)
LIB_OBJ := $(LIB_SRC:src/%.c=$(O)/%.o) $(O)/gen/platform_builtin.o \
           $(O)/gen/report_builtin.o
CLI_OBJ := $(CLI_SRC:src/%.c=$(O)/%.o)
# The lab's simulator and relay stand on base/ alone, so that an error of the client is not repeated
# on the other side (tests/lint/layers.sh); its experiments run the real engine.
LAB_SRC := $(wildcard src/lab/*.c src/lab/*/*.c)
LAB_OBJ := $(LAB_SRC:src/%.c=$(O)/%.o) $(O)/gen/persona_builtin.o
TESTS   := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
BENCHES := $(patsubst tests/bench/%.c,%,$(wildcard tests/bench/bench_*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

PACKAGES_BUILD := gcc make libc6-dev pkg-config libssh-dev libtelnet-dev libfyaml-dev libpcre2-dev \
                  libc-ares-dev libjansson-dev libpopt-dev libssl-dev libjs-chart.js \
                  libgoogle-perftools-dev
PACKAGES_TEST  := libcmocka-dev python3 python3-pytest python3-pytest-xdist python3-yaml \
                  python3-venv openssh-server openssh-client frr inetutils-telnetd inetutils-inetd \
                  dropbear-bin valgrind man-db procps chromium chromium-driver python3-selenium
PACKAGES_LINT  := clang-format clang-tidy clang libclang-rt-14-dev shellcheck git

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all deps demo-deps build-tests check unit replay e2e san tsan lint demo lab-up lab-down \
        bench bench-peers profile fuzz valgrind trust trust-check install uninstall clean

all: $(B)/poller $(B)/poller-lab $(B)/libpoller.a

$(B)/poller: $(CLI_OBJ) $(B)/libpoller.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(MALLOC)

$(B)/poller-lab: $(LAB_OBJ) $(B)/libpoller.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(MALLOC)

# Made anew each time: ar keeps members of files that are gone.
$(B)/libpoller.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(O)/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/tests/%.o: tests/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/gen/%.o: build/gen/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

build/gen/platform_builtin.c: config/embed.sh $(wildcard config/platforms/*.yaml)
	@mkdir -p $(@D)
	sh config/embed.sh model/platform_builtin.h platform_builtins \
	  $(sort $(wildcard config/platforms/*.yaml)) > $@

build/gen/persona_builtin.c: config/embed.sh $(wildcard config/personas/*.yaml)
	@mkdir -p $(@D)
	sh config/embed.sh lab/personas/persona_builtin.h persona_builtins \
	  $(sort $(wildcard config/personas/*.yaml)) > $@

# The report's page: ours and Debian's Chart.js, in the order in which the page holds them.
CHARTJS      ?= /usr/share/javascript/chart.js/chart.min.js
REPORT_PARTS := $(addprefix config/report/,report.html report.css dom.js tables.js charts.js \
                  gantt.js run.js run_parts.js compare.js experiments.js report.js)
build/gen/report_builtin.c: config/embed.sh $(CHARTJS) $(REPORT_PARTS)
	@mkdir -p $(@D)
	sh config/embed.sh report/page_builtin.h report_builtins $(CHARTJS) $(REPORT_PARTS) > $@

# A test links exactly the objects that the comment on its first line lists, so the linker proves
# the layers.
$(B)/links.mk: tests/links.awk $(wildcard tests/unit/test_*.c tests/bench/bench_*.c)
	@mkdir -p $(@D)
	@awk -v B='$(B)' -f tests/links.awk $(filter %.c,$^) > $@

$(B)/tests/test_% $(B)/bench/bench_%:
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

# What a fuzz target links: those of the lab have its pure parts as well.
FUZZ_LAB     := cli persona
FUZZ_LAB_OBJ := $(filter $(O)/gen/% $(O)/lab/devices/% $(O)/lab/personas/% $(O)/lab/wire/% \
                         $(O)/lab/sim/cli%,$(LAB_OBJ))
fuzz_links = $(if $(filter $*,$(FUZZ_LAB)),$(FUZZ_LAB_OBJ)) $(B)/libpoller.a

.SECONDEXPANSION:
$(B)/tests/replay_%: $(O)/tests/fuzz/fuzz_%.o $(O)/tests/lib/fuzz_replay.o $$(fuzz_links)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/fuzz/fuzz_%: $(O)/tests/fuzz/fuzz_%.o $$(fuzz_links)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

build-tests: $(TESTS:%=$(B)/tests/%) $(FUZZERS:fuzz_%=$(B)/tests/replay_%)

unit: $(TESTS:%=$(B)/tests/%)
	@sh tests/run_unit.sh $^

# What a fuzzer once found is an ordinary test for ever.
replay: $(FUZZERS:fuzz_%=$(B)/tests/replay_%)
	@sh tests/run_replay.sh $^

# The one report that is known, and harmless.
export TSAN_OPTIONS ?= suppressions=$(CURDIR)/tests/lib/tsan.supp

# What only looks at the page in a browser has no use of a sanitizer, and takes long under one. The
# thread sanitizer slows both ends tenfold: what counts on deadlines of two seconds, on what takes
# longest, on memory, or on races made on purpose is left to the other two.
without = --ignore=tests/e2e/test_$(1).py
E2E_LEFT_OUT_san  := $(foreach t,report scale auto,$(call without,$(t)))
E2E_LEFT_OUT_tsan := $(foreach t,report compare experiments misbehaviours sim_hostile scale \
  book auto,$(call without,$(t)))

# Under a sanitizer the processor is what they wait for.
E2E_JOBS_san  := $(shell nproc)
E2E_JOBS_tsan := 1

e2e: $(B)/poller $(B)/poller-lab
	E2E_JOBS=$(E2E_JOBS_$(VARIANT)) POLLER_BIN=$(CURDIR)/$(B)/poller \
	  POLLER_LAB_BIN=$(CURDIR)/$(B)/poller-lab sh tests/run_e2e.sh $(E2E_LEFT_OUT_$(VARIANT))

# On a fresh machine it installs first what the tests need; where that cannot be, what needs it fails
# or is skipped, and says so.
check:
	@sh tests/lib/install_packages.sh $(PACKAGES_BUILD) $(PACKAGES_TEST) || \
	  echo 'check: going on without them'
	$(MAKE) all unit replay trust-check
	$(MAKE) e2e

san:
	$(MAKE) VARIANT=san check
tsan:
	$(MAKE) VARIANT=tsan check

# clang's coverage-guided fuzzer, a minute for each target: FUZZ_SECONDS=60.
fuzz:
	$(MAKE) VARIANT=fuzz CC=clang fuzz-run
fuzz-run: $(FUZZERS:%=$(B)/fuzz/%)
	@sh tests/run_fuzz.sh $^

lint:
	sh tests/lint/run.sh

valgrind: $(B)/poller $(B)/poller-lab
	python3 tests/bench/valgrind_run.py

bench: all $(BENCHES:%=$(B)/bench/%)
	@for b in $(BENCHES:%=$(B)/bench/%); do $$b || exit 1; done
	sh tests/bench/run.sh

# ONLY=cpu,trips measures these again; PEERS=go,asyncssh takes only these.
bench-peers: all
	python3 tests/bench/peers/bench_peers.py $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY)) \
	  $(if $(PEERS),--peers $(PEERS))

# Where a session's processor time goes, by phase and by function: docs/PERFORMANCE.md.
$(B)/bench/session_parts: $(O)/tests/bench/session_parts.o $(O)/lab/experiments/poll.o $(B)/libpoller.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(MALLOC)

profile: all $(B)/bench/session_parts
	python3 tests/bench/profile.py

# Dialogues with a known truth, in virtual time. The limits are percent and milliseconds.
$(B)/trust/trust: $(patsubst %.c,$(O)/%.o,$(wildcard tests/trust/*.c)) $(B)/libpoller.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(MALLOC)

TRUST_COUNT  ?= 100000
TRUST_LIMITS ?= --limit-wrong 0.3 --limit-wrong-harmless 0.01 --limit-wrong-nonce 0.1 \
                --limit-needless 2 --limit-needless-harmless 0.2 --limit-doubt-harmless 0.2 --limit-wait 0
trust: $(B)/trust/trust
	$< --count $(TRUST_COUNT) --jobs $(shell nproc) $(TRUST_LIMITS)

# The small part of it for `make check`: the same seeds each time, and so few of them that one command
# is more than the limits' difference: they are wider.
TRUST_CHECK_COUNT      := 10000
TRUST_CHECK_COUNT_san  := 3000
TRUST_CHECK_COUNT_tsan := 1500
TRUST_CHECK_LIMITS     ?= --limit-wrong 0.4 --limit-wrong-harmless 0.02 --limit-wrong-nonce 0.2 \
                          --limit-needless 2 --limit-needless-harmless 0.4 --limit-doubt-harmless 0.2 \
                          --limit-wait 0
trust-check: $(B)/trust/trust
	$< --count $(or $(TRUST_CHECK_COUNT_$(VARIANT)),$(TRUST_CHECK_COUNT)) --jobs 2 \
	  $(TRUST_CHECK_LIMITS)

demo: demo-deps
	$(MAKE) all
	sh tests/lib/demo.sh

lab-up: $(B)/poller-lab
	docker/lab-up
lab-down:
	docker/lab-down

deps:
	sh tests/lib/install_packages.sh $(PACKAGES_BUILD) $(PACKAGES_TEST) $(PACKAGES_LINT)
demo-deps:
	sh tests/lib/install_packages.sh $(PACKAGES_BUILD)

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
	  $(DESTDIR)$(PREFIX)/include/poller $(DESTDIR)$(PREFIX)/lib \
	  $(DESTDIR)$(PREFIX)/share/poller/platforms $(DESTDIR)$(PREFIX)/share/poller/personas \
	  $(DESTDIR)$(PREFIX)/share/doc/poller $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 755 $(B)/poller $(B)/poller-lab $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(B)/libpoller.a $(DESTDIR)$(PREFIX)/lib/libpoller.a
	install -m 644 include/poller/*.h $(DESTDIR)$(PREFIX)/include/poller/
	install -m 644 config/poller.1 config/poller-lab.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 config/platforms/*.yaml $(DESTDIR)$(PREFIX)/share/poller/platforms/
	install -m 644 config/personas/*.yaml config/personas/README.md \
	  $(DESTDIR)$(PREFIX)/share/poller/personas/
	install -m 644 README.md LICENSE config/devices.example.yaml $(DESTDIR)$(PREFIX)/share/doc/poller/
	install -m 644 config/poller.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/poller
	install -m 644 config/poller-lab.bash \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions/poller-lab

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/poller $(DESTDIR)$(PREFIX)/bin/poller-lab \
	  $(DESTDIR)$(PREFIX)/lib/libpoller.a $(DESTDIR)$(PREFIX)/share/man/man1/poller.1 \
	  $(DESTDIR)$(PREFIX)/share/man/man1/poller-lab.1 \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions/poller \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions/poller-lab
	rm -rf $(DESTDIR)$(PREFIX)/include/poller $(DESTDIR)$(PREFIX)/share/poller \
	  $(DESTDIR)$(PREFIX)/share/doc/poller

clean:
	rm -rf build

-include $(B)/links.mk
-include $(shell find $(O) -name '*.d' 2>/dev/null)
