# Process tests: real processes on loopback, killed and reloaded under load.
proc: all				## kills, reloads and restarts real processes
	@BIN=$(B) sh tests/proc/run.sh $(T)

.PHONY: proc
