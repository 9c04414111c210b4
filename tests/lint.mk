lint:					## layers, sizes, banned calls, stale paths
	@sh tests/lint.sh

.PHONY: lint
