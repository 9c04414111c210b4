# Completion in the shells themselves, and the manual page.

fresh() {
	config
	hr_in_path
	PATH=$D/bin:$PATH
	export PATH
	ok users create alice@example.com
	ok users create bob
	for n in web1 web2; do
		sqlite3 "$D/data/headrace.db" "INSERT INTO nodes (user_id, machine_key, node_key, name,
		    hostname, ipv4, created_ms, last_seen_ms) VALUES (2, 'mkey:$n', 'nodekey:$n', '$n',
		    '$n', '100.64.0.${n#web}', 1790000000000, 1790000000000)"
	done
	for shell in bash zsh fish; do
		headrace completion $shell >"$D/$shell"
	done
}

# What bash's function makes of a line that ends where the cursor is.
in_bash() {
	bash --norc -c '. "$1"; COMP_LINE=$2 COMP_POINT=${#2}
		COMP_WORDBREAKS=$'\'' \t\n"><=;|&(:@'\''"'\''"
		_headrace headrace; printf "%s\n" "${COMPREPLY[@]}"' - "$D/bash" "$1" | sort | tr '\n' ' '
}

bash_offers() {		# LINE WANTED...
	line=$1
	shift
	same "bash, after '$line'" "$*" "$(in_bash "$line" | sed 's/ *$//')"
}

test_completion_offers_what_fits() {
	fresh
	bash_offers "headrace no" nodes
	bash_offers "headrace gen" generate
	bash_offers "headrace nodes exp" expire
	bash_offers "headrace node lis" list list-routes
	bash_offers "headrace nodes expire --ex" --expiry
	bash_offers "headrace -o j" json json-line
	bash_offers "headrace users list --output=y" yaml
	bash_offers "headrace --output json nodes del" delete
	bash_offers "headrace completion " bash fish zsh
	bash_offers "headrace help pol" policy
	bash_offers "headrace policy get --by" --bypass-server-and-access-database-directly
	bash_offers "headrace nonsense " ""
}

test_completion_knows_names() {
	fresh
	bash_offers "headrace nodes show " web1 web2
	bash_offers "headrace nodes expire -i web" web1 web2
	bash_offers "headrace nodes rename web1 " ""
	bash_offers "headrace preauthkeys create -u " alice@example.com bob
	bash_offers "headrace nodes move web1 --user=b" bob
	bash_offers "headrace users role bob net" network-admin
	bash_offers "headrace users role alice@ex" example.com
	bash_offers "headrace -c $D/none.ini nodes show " ""
}

test_completion_makes_no_database() {
	fresh
	printf '[server]\nurl = https://h.example\ndata = %s/other\nrun = %s/run\n' "$D" "$D" >"$D/other.ini"
	bash_offers "headrace -c $D/other.ini nodes show " ""
	[ ! -e "$D/other" ] || fail "completing a word made a data folder"
}

test_completion_of_files() {
	fresh
	touch "$D/first.hujson" "$D/second"
	bash_offers "headrace policy set -f $D/fir" "$D/first.hujson"
	bash_offers "headrace backup $D/sec" "$D/second"
}

# typed SHELL KEYS: an interactive shell, in which somebody presses these keys.
typed() {
	{
		sleep 2
		printf '%b' "$2"
		sleep 2
		printf 'exit\n'
	} | HOME=$D TERM=dumb timeout 60 script -qec "$1" /dev/null 2>&1
}

test_completion_by_the_tab_key() {
	fresh
	printf '. %s/bash\nPATH=%s\n' "$D" "$PATH" >"$D/.rc"
	out=$(typed "bash --noprofile --rcfile $D/.rc -i" 'headrace nodes sho\t web1\n')
	has "bash" mkey:web1 "$out"
	printf 'autoload -U compinit\ncompinit -u\n. %s/zsh\nPATH=%s\n' "$D" "$PATH" >"$D/.zshrc"
	out=$(ZDOTDIR=$D typed "zsh -i" 'headrace nodes sho\t web1\n')
	has "zsh" mkey:web1 "$out"
	for pair in "nodes sho=show" "nodes show web=web1" "-o js=json-line" "completion z=zsh"; do
		has "fish, after '${pair%=*}'" "${pair#*=}" \
		    "$(HOME=$D fish --no-config -c ". $D/fish; complete -C 'headrace ${pair%=*}'")"
	done
}

test_manual_page() {
	hr man
	exits 0
	groff -man -Tutf8 -ww "$D/out" >"$D/page" 2>"$D/warnings"
	same "warnings of groff" "" "$(cat "$D/warnings")"
	sed 's/.\x08//g; s/\x1b\[[0-9;]*m//g; s/‐/-/g' "$D/page" >"$D/plain"
	for part in "NAME" "nodes approve-routes [NODE]" "-u, --user USER" "HEADRACE_ADDRESS" \
	    "/etc/headrace/headrace.ini" "Other names: node." "EXIT STATUS" "completion bash|zsh|fish"; do
		grep -qF -- "$part" "$D/plain" || fail "the manual page does not say: $part"
	done
	! grep -q __complete "$D/plain" || fail "what is for shells is in the manual page"
}
