# Real Tailscale clients against headrace behind lighttpd (tests/interop).
#
#	make interop			everything
#	make interop RUN=TestKill	the tests whose names match
#
# Needs Go, and the module proxy once: the clients are built from the module
# tailscale.com, one release the newest that is tested, one the oldest.
INTEROP     := tests/interop
INTEROP_BIN := $(CURDIR)/build/interop
INTEROP_GO  := $(shell sed -n 's/^go //p' $(INTEROP)/go.mod)
GO          ?= $(firstword $(shell command -v go) /usr/local/go/bin/go)
INTEROP_CMDS := tailscale.com/cmd/tailscale tailscale.com/cmd/tailscaled

interop: all interop-go $(INTEROP_BIN)/current/tailscaled $(INTEROP_BIN)/oldest/tailscaled ## real clients against the whole (RUN=name)
	cd $(INTEROP) && INTEROP_ROOT='$(CURDIR)' INTEROP_CLIENTS='$(INTEROP_BIN)' \
	    INTEROP_HEADRACE='$(CURDIR)/$(B)' \
	    '$(GO)' test -json -count=1 -timeout 20m -parallel 6 -run '$(RUN)' ./... | '$(GO)' run ./report

# An old Go says something unhelpful, a missing one nothing at all.
interop-go:
	@'$(GO)' version >/dev/null 2>&1 || { echo "make interop: Go is not installed; the tests need go$(INTEROP_GO) or newer (Debian's own is too old): https://go.dev/dl" >&2; exit 1; }
	@have=$$(cd $(INTEROP) && '$(GO)' env GOVERSION 2>/dev/null | sed 's/^go//; s/[ -].*//'); \
	    printf '%s\n' '$(INTEROP_GO)' "$${have:-0}" | sort -CV || { \
	    echo "make interop: $(GO) is Go $${have:-of unknown version}; the tests need go$(INTEROP_GO) or newer: https://go.dev/dl" >&2; exit 1; }

# One command builds two programs; only the second is named as a target.
$(INTEROP_BIN)/current/tailscaled: $(INTEROP)/go.mod | interop-go
	@mkdir -p $(@D)
	cd $(INTEROP) && '$(GO)' build -o '$(@D)/' $(INTEROP_CMDS)
	@touch $@

$(INTEROP_BIN)/oldest/tailscaled: $(INTEROP)/oldest/go.mod | interop-go
	@mkdir -p $(@D)
	cd $(INTEROP)/oldest && '$(GO)' build -o '$(@D)/' $(INTEROP_CMDS)
	@touch $@

.PHONY: interop interop-go
