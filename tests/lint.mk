lint:					## layers, sizes, banned calls, stale paths and links
	@sh tests/lint.sh

.PHONY: lint
