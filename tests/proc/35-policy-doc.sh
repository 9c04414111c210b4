# docs/policy.md: its commands are run as they stand, in the order of the page.

test_policy_page() {
	config
	hr_in_path
	"$D/bin/headrace" users create alice --email alice@example.com >/dev/null 2>&1 ||
		fail "no user alice"
	blocks docs/policy.md >"$D/page.sh"
	grep -q 'policy preview' "$D/page.sh" || fail "no commands found in docs/policy.md"
	(cd "$D" && DB="$D/data/headrace.db" PATH="$D/bin:$PATH" sh -eu page.sh) >"$D/page.log" 2>&1 ||
		fail "a command of docs/policy.md failed: $(tail -n 3 "$D/page.log")"
	has "the page's output" "Policy updated: version 1" "$(cat "$D/page.log")"
	has "the page's output" "ALLOWED" "$(cat "$D/page.log")"
}
