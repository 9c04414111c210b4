# The package in a fresh Debian with systemd: installed, used, upgraded, removed, purged.
deb-test: $(INTEROP_BIN)/current/tailscaled	## the package in a fresh Debian: install, join, upgrade, purge
	@CLIENTS='$(INTEROP_BIN)/current' sh tests/deb/run.sh

.PHONY: deb-test
