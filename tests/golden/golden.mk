# What a real tailnet did with its policies; skipped where the cases are not.
golden: $(B)/headrace			## the recorded cases of ../shared/golden (ARGS="--kind acl -v")
	@BIN=$(B) sh tests/golden/run.sh $(ARGS)

.PHONY: golden
