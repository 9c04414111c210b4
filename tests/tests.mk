# Unit, store and handler tests: every tests/<ring>/<name>_test.c is a program.
UNIT_SRC  := $(wildcard tests/unit/*_test.c tests/store/*_test.c tests/handlers/*_test.c)
UNIT_BIN  := $(UNIT_SRC:%.c=$(B)/%)
TEST_LIBS := -lcmocka -lsqlite3 -lsodium -lcrypto -ljson-c -linih -lzstd -lcurl -lhttp_parser

$(UNIT_BIN): $(B)/%: $(B)/%.o $(B)/notifier.a $(B)/lib.a
	$(CC) $(LDFLAGS_$(MODE)) $(LDFLAGS) -o $@ $^ $(TEST_LIBS)

unit: $(UNIT_BIN)			## unit, store and handler tests (MODE=asan, MODE=ubsan)
	@for t in $(UNIT_BIN); do echo "== $$t"; $$t || exit 1; done

$(B)/tests/bench/store_bench: $(B)/tests/bench/store_bench.o $(B)/lib.a
	$(CC) $(LDFLAGS_$(MODE)) $(LDFLAGS) -o $@ $^ -lsqlite3

store-bench: $(B)/tests/bench/store_bench	## what registrations and lookups cost in the store
	$<

$(B)/tests/bench/policy_bench: $(B)/tests/bench/policy_bench.o $(B)/lib.a
	$(CC) $(LDFLAGS_$(MODE)) $(LDFLAGS) -o $@ $^ -ljson-c

policy-bench: $(B)/tests/bench/policy_bench	## what the policy engine costs
	$<
	$< 10000

include tests/notifier.mk
include tests/fuzz/fuzz.mk
include tests/golden/golden.mk

.PHONY: unit store-bench policy-bench
