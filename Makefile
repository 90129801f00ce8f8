# Makefile - builds, tests and installs cplugin.
#
#   make            cplugin.so, here at the top
#   make demo       sets up, builds, runs all of examples/
#   make test       sets up, builds, runs all of spec/
#   make bench      what calls cost, beside a module written by hand
#   make bench-parse  how fast headers are read, beside LuaJIT
#   make install    into PREFIX (/usr/local); DESTDIR counts
#
# The pieces of test: unit spec lint asan valgrind coverage arm64. What these build
# stays in build/; another BUILD=folder keeps another set of objects.

VERSION = 0.1.0

CC = cc
LUA = lua5.4
CFLAGS = -O2
PREFIX = /usr/local
LUADIR = $(PREFIX)/share/lua/5.4
LIBDIR = $(PREFIX)/lib/lua/5.4
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man
BUILD = build
# What specs make at random begins with this.
SEED ?= 1
export SEED

# Where lua.h and libffi are: LUA_INCDIR, LIBFFI_INCDIR and LIBFFI_LIBDIR say
# it (as LuaRocks does), else pkg-config knows, else the usual folders.

firstpkg = $(firstword $(foreach p,$(1), \
  $(shell pkg-config --exists $(p) 2>/dev/null && echo $(p))))
LUA_PKG := $(call firstpkg,lua5.4 lua-5.4 lua54 lua)
ifdef LUA_INCDIR
  LUA_CFLAGS = -I$(LUA_INCDIR)
else ifneq ($(LUA_PKG),)
  LUA_CFLAGS := $(shell pkg-config --cflags $(LUA_PKG))
else
  LUA_CFLAGS := $(addprefix -I,$(patsubst %/lua.h,%,$(firstword \
    $(wildcard $(addsuffix /lua.h,/usr/include/lua5.4 /usr/include/lua54 \
      /usr/include/lua-5.4 /usr/local/include/lua5.4 /usr/local/include)))))
endif

ifdef LIBFFI_INCDIR
  FFI_CFLAGS = -I$(LIBFFI_INCDIR)
else
  FFI_CFLAGS := $(shell pkg-config --cflags libffi 2>/dev/null)
endif
ifdef LIBFFI_LIBDIR
  FFI_LIBS = -L$(LIBFFI_LIBDIR) -lffi
else
  FFI_LIBS := $(or $(shell pkg-config --libs libffi 2>/dev/null),-lffi)
endif

WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wconversion
FLAGS = -std=c11 $(CFLAGS) -D_FILE_OFFSET_BITS=64 -fPIC -fno-plt \
  -fvisibility=hidden -pthread $(WARNINGS) $(EXTRA) -iquote src
LIBS = $(FFI_LIBS) -ldl -lpthread -lm
COMPILE = $(CC) $(FLAGS) -MMD -MP -c -o $@ $<

# What is built of what.

CORE_FLOORS = base type decl object plan
CORE_C := $(wildcard $(CORE_FLOORS:%=src/%/*.c)) src/bind/codemem.c
MODULE_C := $(wildcard src/*/*.c)
UNIT_C := $(wildcard spec/c/*_test.c)
TOOL_C := $(filter-out $(UNIT_C),$(wildcard spec/c/*.c))
UNIT_GEN := $(wildcard spec/c/*_gen.lua)
FUZZ_C := $(wildcard spec/fuzz/*.c)
PLUGINS_C := $(wildcard plugins/*.c)

ifeq ($(BUILD),build)
  MODULE = cplugin.so
else
  MODULE = $(BUILD)/cplugin.so
endif
CORE_O := $(CORE_C:%.c=$(BUILD)/%.o)
MODULE_O := $(MODULE_C:%.c=$(BUILD)/%.o)
UNITS := $(UNIT_C:%.c=$(BUILD)/%) $(UNIT_GEN:%.lua=$(BUILD)/%_test)
TOOLS := $(TOOL_C:%.c=$(BUILD)/%)
FUZZERS := $(FUZZ_C:%.c=$(BUILD)/%)
SAMPLES := $(PLUGINS_C:%.c=build/%.so) build/plugins/described2.so
OBJECTS = $(MODULE_O) $(UNITS:%=%.o) $(TOOLS:%=%.o) $(FUZZERS:%=%.o)

all: $(MODULE)

$(MODULE): $(MODULE_O)
	$(CC) $(FLAGS) -shared $(LDFLAGS) -o $@ $(MODULE_O) $(LIBS)

$(BUILD)/src/%.o: src/%.c
	@mkdir -p $(@D)
	$(COMPILE) $(LUA_CFLAGS) $(FFI_CFLAGS)

$(BUILD)/spec/%.o: spec/%.c
	@mkdir -p $(@D)
	$(COMPILE) $(FFI_CFLAGS)

# spec/c/x_gen.lua writes the test x_gen_test.c, another one for each SEED.
$(BUILD)/spec/c/%_gen_test.c: spec/c/%_gen.lua
	@mkdir -p $(@D)
	$(LUA) $< $(SEED) >$@

$(BUILD)/spec/c/%_gen_test.o: $(BUILD)/spec/c/%_gen_test.c
	$(COMPILE) $(FFI_CFLAGS) -iquote spec/c -w -Wno-psabi -O0

$(UNITS) $(TOOLS): %: %.o $(CORE_O)
	$(CC) $(FLAGS) $(LDFLAGS) -o $@ $< $(CORE_O) $(LIBS)

-include $(OBJECTS:.o=.d)

# Programs over the same floors that specs and people run: spec/c/decl_check.
tools: $(TOOLS)

# The sample plugins: plain shared objects, as anybody would build them.

SAMPLE_FLAGS = -std=c11 -O2 -fPIC -pthread -Wall -Wextra

sample: $(SAMPLES)

build/plugins/%.so: plugins/%.c
	@mkdir -p $(@D)
	$(CC) $(SAMPLE_FLAGS) -shared -Wl,-soname,$(@F) -o $@ $< $(SAMPLE_LIBS)

# This one is linked to another one, found beside it at run time.
build/plugins/depends.so: build/plugins/dependency.so
build/plugins/depends.so: private SAMPLE_LIBS = -Lbuild/plugins \
  -l:dependency.so -Wl,-rpath,'$$ORIGIN'

# This one tells its declarations itself.
build/plugins/described.so: SAMPLE_FLAGS += -g
build/plugins/described2.so: plugins/described.c
	@mkdir -p $(@D)
	$(CC) $(SAMPLE_FLAGS) -g -DSECOND -shared -Wl,-soname,$(@F) -o $@ $<

# The two commands of somebody who has just come: they set everything up.

demo:
	@./setup.sh demo
	@$(MAKE) --no-print-directory run-demo

test:
	@./setup.sh test
	@$(MAKE) --no-print-directory both

# Lua finds what was built here, whatever folder a script goes to.
HERE := $(CURDIR)
export LUA_PATH = $(HERE)/lua/?.lua;;
export LUA_CPATH = $(HERE)/$(dir $(MODULE))?.so;;
export CPLUGIN_BUILD = $(BUILD)

EXAMPLES = $(sort $(wildcard examples/*.lua))

run-demo: $(MODULE) sample
	@for example in $(EXAMPLES); do \
	  echo; echo "== $$example"; $(LUA) $$example || exit 1; \
	done

# WRAP runs each program under another one (valgrind), PRELOAD goes into Lua
# (the units have the sanitizers' runtime). EMULATOR runs what was built for
# another machine; LUA begins with it, too. BUSTED_ARGS: which specs, and how.
# --ignore-lua: busted would start another lua5.4, which WRAP does not see.
BUSTED = $(shell command -v busted) --ignore-lua
BUSTED_ARGS =
export CPLUGIN_WRAP = $(WRAP)
export CPLUGIN_EMULATOR = $(EMULATOR)
UNDER_LUA = $(if $(PRELOAD),env LD_PRELOAD="$(PRELOAD)") $(WRAP) $(LUA)

unit: $(UNITS) sample
	@failed=0; for unit in $(UNITS); do \
	  if $(WRAP) $(EMULATOR) ./$$unit; then echo "ok $$unit"; \
	  else echo "FAILED $$unit: exit $$?"; failed=1; fi; \
	done; exit $$failed

# Specs of calls run once more without stubs, those of values the long way,
# unless some are named.
CALL_SPECS = call callback callback_error close conversion lifetime reentry \
  signature
VALUE_SPECS = access cdata conversion new number pointer variable
spec: $(MODULE) sample
	$(UNDER_LUA) $(BUSTED) $(BUSTED_ARGS)
	$(if $(filter spec/%,$(BUSTED_ARGS)),,CPLUGIN_STUB=off \
	  $(UNDER_LUA) $(BUSTED) $(BUSTED_ARGS) $(CALL_SPECS:%=spec/%_spec.lua) \
	  && CPLUGIN_STUB=long \
	  $(UNDER_LUA) $(BUSTED) $(BUSTED_ARGS) $(VALUE_SPECS:%=spec/%_spec.lua))

# One after the other, and the second one also where the first one failed.
both:
	@failed=0; for part in unit spec; do \
	  $(MAKE) --no-print-directory $$part || failed=1; \
	done; exit $$failed

# The same again, looked at more closely. Specs tagged #house look at the
# tree, not at the module, and stay out; those tagged #slow (they compile
# or run for long) stay out where each instruction costs fifty; those tagged
# #source, where the compiler does all the work, are run once.

CLOSER = +@$(MAKE) --no-print-directory BUILD=build/$@
asan valgrind coverage: | sample

ASAN = CFLAGS="-O1 -g" EXTRA="-fsanitize=address,undefined \
  -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
# What it takes for a block's header in front of thread-local variables is, once
# in many runs, none, and then the search for leaks crashes at exit; they are
# found without.
asan: export ASAN_OPTIONS = detect_leaks=1:allocator_may_return_null=1:intercept_tls_get_addr=0
asan: export LSAN_OPTIONS = suppressions=$(HERE)/spec/leaks:print_suppressions=0
asan: export UBSAN_OPTIONS = print_stacktrace=1
asan:
	$(CLOSER) $(ASAN) both \
	  PRELOAD="$$($(CC) -print-file-name=libasan.so)" \
	  BUSTED_ARGS="--exclude-tags=house,source $(BUSTED_ARGS)"

VALGRIND = valgrind -q --error-exitcode=99 --keep-debuginfo=yes \
  --suppressions=$(HERE)/spec/valgrind.supp \
  --leak-check=full --show-leak-kinds=definite \
  --errors-for-leak-kinds=definite
valgrind:
	$(CLOSER) CFLAGS="-O1 -g" WRAP="$(VALGRIND)" both \
	  BUSTED_ARGS="--exclude-tags=slow,exact,house,dwarf $(BUSTED_ARGS)"

coverage:
	@find build/coverage -name '*.gcda' -delete 2>/dev/null || true
	$(CLOSER) CFLAGS="-O0 -g" EXTRA=--coverage both \
	  BUSTED_ARGS="--exclude-tags=house $(BUSTED_ARGS)" \
	  || echo "something failed: these are the lines that ran nevertheless"
	@$(LUA) spec/coverage.lua build/coverage

# Any bytes as C text, shared objects, debug info, the loader's cache: each
# program for SECONDS, led by clang to code that it has not reached. What it
# reached stays in build/fuzz/seeds and is where the next run begins.
SECONDS = 60
FUZZ = address,undefined -fno-sanitize-recover=undefined
fuzz:
	@./setup.sh ci
	@$(MAKE) --no-print-directory run-fuzz
run-fuzz:
	+@$(MAKE) --no-print-directory BUILD=build/fuzz CC=clang CFLAGS="-O1 -g" \
	  EXTRA="-fsanitize=fuzzer-no-link,$(FUZZ)" fuzz-each
fuzz-each: $(FUZZERS)
	@$(LUA) spec/fuzz/seeds.lua $(BUILD)/seeds
	@for name in $(^F); do \
	  log=$(BUILD)/$$name.log; \
	  $(BUILD)/spec/fuzz/$$name -max_total_time=$(SECONDS) -timeout=20 \
	    -max_len=16000 -dict=spec/fuzz/words -print_final_stats=1 \
	    -artifact_prefix=$(BUILD)/$$name- $(BUILD)/seeds/$$name >$$log 2>&1 \
	    || { grep -av '^#[0-9]\|NEW_FUNC' $$log; exit 1; }; \
	  sed -n "s/^stat::number_of_executed_units: */$$name: runs /p" $$log; \
	done
$(FUZZERS): %: %.o $(CORE_O)
	$(CC) $(FLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $< $(CORE_O) $(LIBS)

# 2,500 random signatures for each of two compilers, optimised and not.
signatures: signatures-1 signatures-101
signatures-1 signatures-101: $(MODULE)
	SEED=$(@:signatures-%=%) SETS=5 $(UNDER_LUA) $(BUSTED) \
	  spec/signature_spec.lua

# What is made at random, made anew: SEED=n repeats a run.
RANDOM_SPECS = arith ctf debuginfo layout lifetime number signature stub
fresh: SEED := $(shell date +%s)
fresh: $(MODULE) sample
	@echo "make fresh SEED=$(SEED)"
	@$(UNDER_LUA) $(BUSTED) $(RANDOM_SPECS:%=spec/%_spec.lua)

# The same on AArch64, by qemu-user: what depends on the processor.
ARM64_SPECS = access arith call callback callback_error cdata close conversion \
  layout lifetime lookup memory message new number reentry signature stub \
  variable
arm64:
	@spec/arm64.sh build/arm64
	+@. build/arm64/env && $(MAKE) --no-print-directory -C build/arm64 \
	  both EMULATOR="$$emulator" LUA="$$emulator $$lua" \
	  BUSTED_ARGS="$(ARM64_SPECS:%=spec/%_spec.lua)"

# System headers as they are, compared with the compilers, and libraries with
# debug info of every form. Installs the packages that have them.
corpus:
	@./setup.sh corpus
	@$(MAKE) --no-print-directory run-corpus
run-corpus: tools $(MODULE)
	$(LUA) $(BUSTED) --pattern=corpus spec/corpus.lua spec/sources_corpus.lua

# Everything compiles without a warning with both compilers, Lua files are
# clean, and the tree is as its floors promise.
LINT = -Werror -Wno-string-conversion  # CHECK(!"what went wrong")
lint: lint-gcc lint-clang lint-lua lint-tree
lint-gcc lint-clang:
	$(CLOSER) CC=$(@:lint-%=%) EXTRA="$(LINT)" lint-compile
lint-compile: $(MODULE) $(UNITS) $(TOOLS) $(FUZZERS:%=%.o)
	$(if $(PLUGINS_C),$(CC) $(SAMPLE_FLAGS) -Werror -fsyntax-only $(PLUGINS_C))
lint-lua:
	luacheck -q --no-color . bin/cplugin
lint-tree: $(MODULE)
	$(LUA) $(BUSTED) spec/floors_spec.lua

# Modules that are written by hand, and the library that all sides call.
# What is freed stays with the process: else some rows, by the luck of what
# was freed before them, measure the kernel.
BENCH = $(BUILD)/bench
run-bench: export MALLOC_TRIM_THRESHOLD_ = 1073741824
run-bench: export MALLOC_MMAP_THRESHOLD_ = 33554432
bench:
	@./setup.sh test
	@$(MAKE) --no-print-directory run-bench

run-bench: $(MODULE) $(BENCH)/yardstick.so $(BENCH)/shapes.so \
  $(BENCH)/handmade.so $(BENCH)/floor.so $(BENCH)/plain.so
	@LUA_CPATH="$(HERE)/$(BENCH)/?.so;$(HERE)/$(dir $(MODULE))?.so;$(LUA_CPATH)" \
	  LUA_PATH="$(HERE)/?.lua;$(LUA_PATH)" $(LUA) bench/bench.lua $(BENCH_ARGS)

bench-parse: $(MODULE)
	LUA_PATH="$(HERE)/?.lua;$(LUA_PATH)" $(LUA) bench/parse.lua $(BENCH_ARGS)

BENCH_CC = $(CC) -std=c11 -O2 -fPIC -shared -Wall -Wextra
$(BENCH)/target.so: bench/target.c bench/target.h
	@mkdir -p $(@D)
	$(BENCH_CC) -o $@ $<
$(BENCH)/plain.so: $(BENCH)/target.so
	cp $< $@
$(BENCH)/yardstick.so $(BENCH)/shapes.so $(BENCH)/floor.so: $(BENCH)/%.so: \
    bench/%.c $(BENCH)/target.so
	$(BENCH_CC) $(LUA_CFLAGS) -o $@ $^ -Wl,-rpath,'$$ORIGIN'
$(BENCH)/handmade.so: bench/handmade.c
	@mkdir -p $(@D)
	$(BENCH_CC) $(LUA_CFLAGS) -o $@ $< -lsqlite3 -lz

install: $(MODULE)
	install -d $(DESTDIR)$(LIBDIR) $(DESTDIR)$(LUADIR)/cplugin \
	  $(DESTDIR)$(BINDIR) $(DESTDIR)$(MANDIR)/man1
	install -m 755 $(MODULE) $(DESTDIR)$(LIBDIR)/cplugin.so
	for file in $(wildcard lua/cplugin/*.lua); do \
	  install -m 644 $$file $(DESTDIR)$(LUADIR)/cplugin/ || exit 1; \
	done
	install -m 755 bin/cplugin $(DESTDIR)$(BINDIR)/cplugin
	install -m 644 docs/cplugin.1 $(DESTDIR)$(MANDIR)/man1/cplugin.1

uninstall:
	rm -f $(DESTDIR)$(LIBDIR)/cplugin.so $(DESTDIR)$(BINDIR)/cplugin \
	  $(DESTDIR)$(MANDIR)/man1/cplugin.1
	rm -rf $(DESTDIR)$(LUADIR)/cplugin

clean:
	rm -rf build cplugin.so

.PHONY: all tools sample demo test bench run-bench bench-parse run-demo \
  corpus run-corpus unit spec both \
  signatures signatures-1 signatures-101 fresh \
  asan valgrind coverage arm64 fuzz run-fuzz fuzz-each lint \
  lint-gcc lint-clang lint-compile lint-lua lint-tree install uninstall clean
.SECONDARY:
