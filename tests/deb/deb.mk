# The package in a fresh Debian with systemd: installed, used, upgraded, removed, purged.
deb-test: $(INTEROP_BIN)/current/tailscaled	## the package in a fresh Debian: install, join, upgrade, purge
	@CLIENTS='$(INTEROP_BIN)/current' sh tests/deb/run.sh

# The container image, built and run as docs/packages.md says, with a client that joins.
image-test: $(INTEROP_BIN)/current/tailscaled	## the container image: build, run, join, replace
	@CLIENTS='$(INTEROP_BIN)/current' sh tests/deb/image.sh

.PHONY: deb-test image-test
