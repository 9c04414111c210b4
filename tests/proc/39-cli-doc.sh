# docs/cli.md: its commands are run as they stand, in the order of the page.

# shellcheck source=tests/proc/doctor.sh
. tests/proc/doctor.sh

# What stops and starts headrace where the page says so.
fake_systemctl() {
	cat >"$D/bin/systemctl" <<-END
	#!/bin/sh
	[ "\$1" = start ] || { kill $serve; while kill -0 $serve 2>/dev/null; do sleep 0.05; done; }
	END
	chmod +x "$D/bin/systemctl"
}

test_cli_page() {
	hr_in_path
	start_deployment
	fake_systemctl
	blocks docs/cli.md >"$D/page.sh"
	grep -q 'headrace restore' "$D/page.sh" || fail "no commands found in docs/cli.md"
	(cd "$D" && url="http://127.0.0.1:$PORT" PATH="$D/bin:$PATH" sh -eu page.sh) >"$D/page.log" 2>&1 ||
		fail "a command of docs/cli.md failed: $(tail -n 3 "$D/page.log")"
	has "the page's output" '{"id":"2","name":"bob"' "$(cat "$D/page.log")"
	has "the page's output" 'the server answers' "$(cat "$D/page.log")"
	grep -qx '\[\]' "$D/page.log" || fail "no empty list in the page's output"
	ls "$D/data" | grep -q before-restore || fail "restore has kept nothing"
	hr users list
	out_has bob
}

