# Fuzz targets: every tests/fuzz/fuzz_<name>.c, with inputs in corpus/<name>/.
# MODE=fuzz and MODE=asan build them; the targets below choose the mode.
FUZZ_SRC     := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_NAMES   := $(FUZZ_SRC:tests/fuzz/fuzz_%.c=%)
FUZZ_BIN     := $(FUZZ_NAMES:%=$(B)/fuzz/%)
REPLAY_BIN   := $(FUZZ_NAMES:%=$(B)/replay/%)
FUZZ_SECONDS := $(or $(SECONDS),60)

FUZZ_CHECKS := -fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_CFLAGS := -O1 -g -fno-omit-frame-pointer -Wno-error -fsanitize=fuzzer-no-link \
               $(FUZZ_CHECKS)
FUZZ_MAKE   := +@$(MAKE) --no-print-directory MODE=fuzz CC=clang CFLAGS='$(FUZZ_CFLAGS)'

$(FUZZ_BIN): $(B)/fuzz/%: $(B)/tests/fuzz/fuzz_%.o $(B)/notifier.a $(B)/lib.a
	@mkdir -p $(@D)
	$(CC) -fsanitize=fuzzer $(FUZZ_CHECKS) -o $@ $^ $(TEST_LIBS)

$(REPLAY_BIN): $(B)/replay/%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o $(B)/notifier.a $(B)/lib.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_$(MODE)) $(LDFLAGS) -o $@ $^ $(TEST_LIBS)

# New inputs go to build/, crashes too; the kept corpus is only read.
$(FUZZ_NAMES:%=fuzz-run-%): fuzz-run-%: $(B)/fuzz/%
	@mkdir -p $(B)/corpus/$* $(B)/crash
	$(B)/fuzz/$* -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 \
	    -artifact_prefix=$(B)/crash/$*- $(FUZZ_FLAGS) \
	    $(B)/corpus/$* tests/fuzz/corpus/$*

replay-run: $(REPLAY_BIN)
	@for f in $(FUZZ_NAMES); do $(B)/replay/$$f tests/fuzz/corpus/$$f || exit 1; done

fuzz:					## fuzzes one codec: make fuzz F=scgi [SECONDS=60]
	@case ' $(FUZZ_NAMES) ' in *' $(F) '*) ;; *) echo 'F is one of: $(FUZZ_NAMES)'; exit 1;; esac
	$(FUZZ_MAKE) fuzz-run-$(F)

fuzz-all:				## fuzzes every codec, SECONDS each
	$(FUZZ_MAKE) FUZZ_FLAGS=-verbosity=0 $(FUZZ_NAMES:%=fuzz-run-%)

fuzz-replay:				## runs the kept inputs through every fuzz target
	+@$(MAKE) --no-print-directory MODE=asan replay-run

.PHONY: fuzz fuzz-all fuzz-replay replay-run $(FUZZ_NAMES:%=fuzz-run-%)
