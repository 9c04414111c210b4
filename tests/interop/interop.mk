# Real Tailscale clients against headrace behind lighttpd (tests/interop).
#
#	make interop			everything
#	make interop RUN=TestKill	the tests whose names match
#
# Needs Go (tests/go.sh finds or fetches it), and Go's modules once: the clients are built from the module
# tailscale.com, one release the newest that is tested, one the oldest.
INTEROP     := tests/interop
INTEROP_BIN := $(CURDIR)/build/interop
GO          = $(eval GO := $(shell sh tests/go.sh))$(GO)
INTEROP_CMDS := tailscale.com/cmd/tailscale tailscale.com/cmd/tailscaled

interop: all interop-go $(INTEROP_BIN)/current/tailscaled $(INTEROP_BIN)/oldest/tailscaled ## real clients against the whole (RUN=name)
	cd $(INTEROP) && INTEROP_ROOT='$(CURDIR)' INTEROP_CLIENTS='$(INTEROP_BIN)' \
	    INTEROP_HEADRACE='$(CURDIR)/$(B)' \
	    '$(GO)' test -json -count=1 -timeout 40m -parallel 6 -run '$(RUN)' ./... | '$(GO)' run ./report

interop-go:
	@[ -n '$(GO)' ]		# tests/go.sh has said what is missing

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
