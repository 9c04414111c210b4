# The manual pages that are made: headrace.ini(5) has every key, and groff has no complaint.

as_roff() { printf '%s' "$1" | sed 's/-/\\-/g'; }

test_every_key_is_in_the_manual() {
	awk -v version=1 -f man/ini.awk conf/headrace.ini >"$D/ini.5"
	n=0
	for key in $(sed -n 's/^;\([a-z][a-z_0-9.<>]*\) =.*/\1/p' conf/headrace.ini); do
		grep -qF ".BR \"$(as_roff "$key")\" \" =" "$D/ini.5" || fail "$key is not in headrace.ini(5)"
		n=$((n + 1))
	done
	[ "$n" = "$(grep -c '^\.BR "[a-z]' "$D/ini.5")" ] || fail "there are keys twice, or others"
	[ "$n" -gt 30 ] || fail "only $n keys were found"
}

test_groff_has_no_complaint() {
	awk -v version=1 -f man/ini.awk conf/headrace.ini >"$D/ini.5"
	sed 's/@VERSION@/1/' man/headrace-notifier.8.in >"$D/notifier.8"
	for page in ini.5 notifier.8; do
		same "$page" "" "$(groff -man -Tutf8 -ww -z "$D/$page" 2>&1)"
	done
	has "a line that begins with a quote" "';' after a blank" "$(groff -man -Tutf8 "$D/ini.5")"
}
