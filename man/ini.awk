# man/ini.awk -- the manual page headrace.ini(5), out of the comments in conf/headrace.ini.
#
# usage: awk -v version=V -f man/ini.awk conf/headrace.ini
#
# That file is the one place where keys are described.  A comment is text for the keys that
# follow it ("; text", then ";key = default"); what stands before the first [section] is
# about the file; "; - text" is a point of a list; a line ";" parts paragraphs.

function roff(s) {
	gsub(/\\/, "\\e", s)
	gsub(/-/, "\\-", s)
	if (s ~ /^[.']/)
		s = "\\&" s
	return s
}

# Puts out the keys that were collected with their text, or the text alone.
function flush(    i, eq, rest) {
	for (i = 1; i <= nkeys; i++) {
		eq = index(keys[i], " =")
		rest = substr(keys[i], eq + 2)
		print i == 1 ? ".TP" : ".TQ"
		print ".BR \"" roff(substr(keys[i], 1, eq - 1)) "\" \" =" roff(rest) "\""
	}
	for (i = 1; i <= nlines; i++)
		print lines[i]
	nkeys = nlines = 0
}

# (A paragraph of a key's text stays below its key.)
function add(s) {
	if (parted)
		lines[++nlines] = sections ? ".IP" : ".PP"
	parted = 0
	lines[++nlines] = s
}

BEGIN {
	printf ".TH HEADRACE.INI 5 \"\" \"headrace %s\" \"File Formats\"\n", version
	print ".SH NAME\nheadrace.ini \\- configuration of headrace"
	print ".SH SYNOPSIS\n.I /etc/headrace/headrace.ini"
	print ".SH DESCRIPTION"
	print "Behind each key stands its default."
}
NR == 1 { next }			# its own name
/^\[/ {
	flush()
	sections++
	print ".SH \"" roff($0) "\""
	next
}
/^;[^ ]/ { keys[++nkeys] = substr($0, 2); next }
nkeys && /^; / { flush() }
/^; - / { parted = 0; add(".IP \\(bu 2"); add(roff(substr($0, 5))); listed = 1; next }
/^;   *[^ ]/ && listed && !nkeys { sub(/^; */, ""); add(roff($0)); next }
/^; / { listed = 0; add(roff(substr($0, 3))); next }
/^;$/ { parted = nlines > 0; listed = 0; next }
/^$/ { if (nkeys) flush(); next }
END {
	flush()
	print ".SH FILES"
	print ".TP\n.I /etc/headrace/headrace.ini\nRead where neither \\fB\\-c\\fR nor"
	print "\\fBHEADRACE_CONFIG\\fR names another."
	print ".TP\n.I /usr/share/doc/headrace/examples/headrace.ini\nAll keys, with the text above."
	print ".SH EXAMPLES\nEnough for most:\n.PP\n.EX"
	print "[server]\nurl = https://headrace.example.com\n\n[dns]\nbase_domain = tailnet.example.com\n.EE"
	print ".SH SEE ALSO\n.BR headrace (1),\n.BR headrace\\-notifier (8)"
}
