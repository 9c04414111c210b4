# tests/proc/machine.sh -- commands of root's on a machine of its own, where headrace is installed.

# What "make install" puts where, with the programs that are tested.
install_headrace() {
	make -s install DESTDIR="$D/root" PREFIX=/usr SYSCONFDIR=/etc >"$D/install.log" 2>&1 ||
		fail "make install failed"
	cp "$BIN/headrace" "$BIN/headrace-notifier" "$D/root/usr/bin/"
}

# Runs $D/page.sh there; its output is $D/page.log.
run_on_machine() {
	setpriv --pdeathsig KILL unshare --mount --net --pid --fork --mount-proc --kill-child \
	    env -i PATH="$PATH" sh tests/proc/machine/enter.sh "$D" "$D/page.sh" >"$D/page.log" 2>&1
}
