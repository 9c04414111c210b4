# The manual pages and the helps: all commands, all keys, nothing that groff or mandoc complains of,
# and no help that a terminal of 80 columns breaks.

as_roff() { printf '%s' "$1" | sed 's/-/\\-/g'; }

pages() {
	awk -v version=1 -f man/ini.awk conf/headrace.ini >"$D/headrace.ini.5"
	sed 's/@VERSION@/1/' man/headrace-notifier.8.in >"$D/headrace-notifier.8"
	"$BIN/headrace" man >"$D/headrace.1"
}

# What the program knows, one a line, as "headrace help" shows it.
listed() {	# HEADING [GROUP]
	# shellcheck disable=SC2086
	"$BIN/headrace" help ${2:-} | sed -n "/^$1:\$/,/^\$/ s/^  \\([a-z][a-z-]*\\).*/\\1/p"
}

commands() {
	listed Commands | grep -vx help
	for g in $(listed "Groups of commands"); do
		listed Commands "$g" | sed "s/^/$g /"
	done
}

# unit/config_test.c holds the keys of conf/headrace.ini against the table of keys.
test_every_key_is_in_the_manual() {
	pages
	n=0
	for key in $(sed -n 's/^;\([a-z][a-z_0-9.<>]*\) =.*/\1/p' conf/headrace.ini); do
		grep -qF ".BR \"$(as_roff "$key")\" \" =" "$D/headrace.ini.5" || fail "$key is not in headrace.ini(5)"
		n=$((n + 1))
	done
	[ "$n" = "$(grep -c '^\.BR "[a-z]' "$D/headrace.ini.5")" ] || fail "there are keys twice, or others"
	[ "$n" -gt 30 ] || fail "only $n keys were found"
}

test_every_command_is_in_the_manual() {
	pages
	commands | sort >"$D/wanted"
	sed -n 's/^\\fB\([a-z\\ -]*\)\\fR.*/\1/p' "$D/headrace.1" | tr -d '\\' | sort >"$D/described"
	diff "$D/wanted" "$D/described" >&2 || fail "these differ in headrace help (<) and headrace(1) (>)"
	[ "$(wc -l <"$D/wanted")" -gt 60 ] || fail "only few commands were found"
}

test_every_page_has_its_sections() {
	pages
	for page in headrace.1 headrace.ini.5 headrace-notifier.8; do
		for section in NAME SYNOPSIS DESCRIPTION FILES EXAMPLES "SEE ALSO"; do
			grep -qx "\.SH $section" "$D/$page" || fail "$page has no $section"
		done
	done
	for page in headrace.1 headrace-notifier.8; do
		for section in ENVIRONMENT "EXIT STATUS"; do
			grep -qx "\.SH $section" "$D/$page" || fail "$page has no $section"
		done
	done
}

# mandoc would like a date, which would be somebody's to keep, and short lines of source.
test_nobody_complains_of_a_page() {
	pages
	for page in headrace.1 headrace.ini.5 headrace-notifier.8; do
		same "$page" "" "$(groff -man -Tutf8 -ww -z "$D/$page" 2>&1)"
		same "$page" "" "$(mandoc -Tlint "$D/$page" | grep -v -e 'missing date' -e 'longer than 80 bytes')"
	done
	has "a line that begins with a quote" "';' after a blank" "$(groff -man -Tutf8 "$D/headrace.ini.5")"
}

test_helps_fit_the_terminal() {
	{
		echo "--help"
		commands | sed 's/$/ --help/'
		listed "Groups of commands" | sed 's/$/ --help/'
	} >"$D/calls"
	while read -r words; do
		# shellcheck disable=SC2086
		hr $words
		exits 0
		wide=$(printf '%s\n' "$out" | LC_ALL=C.UTF-8 awk 'length($0) > 80')
		same "headrace $words: lines of more than 80 columns" "" "$wide"
	done <"$D/calls"
	same "headrace-notifier --help: lines of more than 80 columns" "" \
	    "$("$BIN/headrace-notifier" --help | awk 'length($0) > 80')"
}
