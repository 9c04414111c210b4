#!/bin/sh
# tests/lint.sh -- what a compiler does not see: layers, sizes, banned calls, stale paths and links.
#
# Run from the root.  tests/layers.txt says which folder may include what; every
# finding is one line, and any finding fails.  Tests may include anything.
set -u
FUNCTION_MAX=80
FILE_MAX=1000
LINE_MAX=140

# Every file of the project that is there, whether git knows it yet or not.
files() {
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files --cached --others --exclude-standard -- "$@"
	else
		for p in "$@"; do find * -path "$p" -type f ! -path 'build/*'; done
	fi | sort -u | while read -r f; do [ -f "$f" ] && echo "$f"; done
}

sources=$(files '*.c' '*.h')
product=$(echo "$sources" | grep -v '^tests/')
documents=$(files 'README.md' 'docs/*.md')

includes() {
	awk -F'|' '
	function folder(p) { sub("/[^/]*$", "", p); return p }
	function words(s, set, k,    w, n, i) {
		n = split(s, w, " ")
		for (i = 1; i <= n; i++) set[k, w[i]] = 1
	}
	FILENAME == "tests/layers.txt" {
		if ($0 ~ /^#/ || NF < 4) next
		gsub(/ /, "", $1)
		known[$1] = 1; may[$1, $1] = 1
		words($3, may, $1); words($4, outside, $1)
		next
	}
	FNR == 1 { d = folder(FILENAME) }
	FNR == 1 && !(d in known) { print FILENAME ": folder is not in tests/layers.txt" }
	/^#include "/ {
		split($0, part, "\"")
		if (!((d, folder(part[2])) in may))
			print FILENAME ":" FNR ": " d " may not include " part[2]
	}
	/^#include </ {
		split($0, part, /[<>]/)
		if (!((d, part[2]) in outside) && !(("-", part[2]) in outside))
			print FILENAME ":" FNR ": " d " may not include <" part[2] ">"
	}' tests/layers.txt $product
}

# One line per function: file, first line, last line, name, static or not.
functions() {
	command -v ctags >/dev/null || { echo "ctags is missing (universal-ctags)"; return; }
	ctags -f - --languages=C --kinds-C=f --fields=nef --excmd=number $sources |
	awk -F'\t' -v max="$FUNCTION_MAX" '
	FILENAME == "tests/layers.txt" {
		if ($0 ~ /^#/ || split($0, col, "|") < 4) next
		gsub(/ /, "", col[1])
		prefixes[col[1]] = col[2]
		next
	}
	function allowed(name, file,    d, base, list, n, i) {
		d = file; sub("/[^/]*$", "", d)
		base = file; sub(/.*\//, "", base); sub(/\.[ch]$/, "", base)
		sub(/_.*/, "", base); sub(/s$/, "", base)
		list = prefixes[d] " " base; sub(/.*\//, "", d)
		n = split(list " " d, w, " ")
		for (i = 1; i <= n; i++) if (index(name, w[i]) == 1) return 1
		return 0
	}
	{
		line = end = 0; static = 0
		for (i = 4; i <= NF; i++) {
			if ($i ~ /^line:/) line = substr($i, 6) + 0
			if ($i ~ /^end:/) end = substr($i, 5) + 0
			if ($i == "file:") static = 1
		}
		if (end - line + 1 > max)
			print $2 ":" line ": " $1 "() has " end - line + 1 " lines, " max " are allowed"
		if (!static && $1 !~ /^(main|[A-Z_]+)$/ && $2 !~ /^tests\// && $2 ~ /\.c$/ && !allowed($1, $2))
			print $2 ":" line ": " $1 "() does not begin with the name of its file or folder"
	}' tests/layers.txt -
}

sizes() {
	awk -v max="$FILE_MAX" -v wide="$LINE_MAX" '
	FNR == max + 1 { print FILENAME ": more than " max " lines" }
	/[ \t]$/ { print FILENAME ":" FNR ": blanks at the end of the line" }
	length($0) > wide && FILENAME !~ /layers.txt/ { print FILENAME ":" FNR ": over " wide " columns" }
	' $sources
}

calls() {
	grep -nE '(^|[^[:alnum:]_])(str(cpy|cat|ncat|tok)|v?sprintf|gets|ato[ifl]|atoll|scanf|system|popen|alloca|mktemp|tmpnam|s?rand)[[:space:]]*\(' \
	    $product | grep -vE ':[[:space:]]*(/\*|\*)' | sed 's/$/   (banned call)/'
}

words() {
	grep -nwIE 'TODO|FIXME|XXX|HACK' $(files '*' | grep -vE '^tests/(lint\.sh|interop/.*go\.(mod|sum))$') |
	    sed 's/$/   (finish it, or open an issue)/'
	grep -nIE '(^|[^.[:alnum:]_])/(work|root|home)/' $(files '*' | grep -v '^tests/lint\.sh$') |
	    sed 's/$/   (a path of one machine)/'
}

# Paths in `backticks` that begin with one of our folders have to exist.
paths() {
	for f in $documents; do
		grep -o '`[^` ]*`' "$f" | tr -d '`' | sed 's/[.,;:]$//' |
		    grep -E '^(cli|conf|debian|docs|fcgi|handlers|lib|man|notifier|schema|tests|web|\.ci)/' |
		    grep -vE '[{}<]|NNNN' | sort -u | while read -r p; do
			ls -d $p >/dev/null 2>&1 || echo "$f: $p does not exist"
		done
	done
}

# The headings of a document, as links have them: small letters, - for each blank.
anchors() {
	sed -n 's/^#\{1,\} //p' "$1" | tr '[:upper:] ' '[:lower:]-' | sed 's/[^[:alnum:]_-]//g'
}

# Links lead to files, and to headings, that exist.
links() {
	for f in $documents; do
		grep -o ']([^) ]*)' "$f" | sed 's/^](//; s/)$//' | grep -v '^[a-z]*:' | sort -u | while read -r link; do
			to=$f
			[ -z "${link%%#*}" ] || to=$(dirname "$f")/${link%%#*}
			[ -e "$to" ] || { echo "$f: the link to $link leads nowhere"; continue; }
			case $link in
			*#*) anchors "$to" | grep -qxe "${link#*#}" || echo "$f: no heading for the link to $link" ;;
			esac
		done
	done
}

# Commands of documents that are marked as sh are run by some test, as they stand.
blocks() {
	for f in $(grep -lx '```sh' $documents | grep -v '^docs/servers/'); do	# (for those, proc/46-servers-doc.sh)
		grep -rqF "${f##*/}" tests --include='*.sh' --include='*.go' --include='*.py' ||
		    echo "$f: commands that no test runs"
	done
}

found=$(for check in includes functions sizes calls words paths links blocks; do $check; done 2>&1)
[ -z "$found" ] || { echo "$found"; exit 1; }
