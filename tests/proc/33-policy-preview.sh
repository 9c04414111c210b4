# `headrace policy preview` and `explain`: what a policy would do, and why.

# Two users with a device each, a tagged server.
tailnet_file() {
	cat >"$D/tailnet.json" <<-'END'
	{"users": [{"name": "ann", "email": "ann@example.com"}, {"name": "bob", "email": "bob@example.com"}],
	 "nodes": {
	  "ann1": {"user": "ann", "ipv4": "100.64.0.1"},
	  "bob1": {"user": "bob", "ipv4": "100.64.0.2"},
	  "web1": {"tags": ["tag:web"], "ipv4": "100.64.0.11"}},
	 "tailnet": {"owner": "ann@example.com", "domains": ["example.com"]}}
	END
}

policy() {	# LINES of members
	printf '{"tagOwners": {"tag:web": []},\n%s}\n' "$1" >"$D/policy.hujson"
}

ALLOW_ANN='"acls": [{"action": "accept", "src": ["ann@example.com"], "dst": ["tag:web:443"]}],'

# preview ARGS: $out, $err, $status.  No configuration is there to be read.
preview() {
	status=0
	"$BIN/headrace" policy preview --policy "$D/policy.hujson" --tailnet "$D/tailnet.json" "$@" \
	    >"$D/out" 2>"$D/err" </dev/null || status=$?
	out=$(cat "$D/out")
	err=$(cat "$D/err")
}

test_preview_of_a_file() {
	tailnet_file
	policy "$ALLOW_ANN"
	preview -o json
	same "status" 0 "$status"
	has "verdict" '"accepted":true' "$out"
	has "filter" '"SrcIPs":["100.64.0.1"]' "$out"
	has "peers" '"ann1":{"AllowedIPs":["100.64.0.1/32"]}' "$out"
	preview
	same "status" 0 "$status"
	has "table" "NODE" "$out"
	has "table" "web1" "$out"
}

test_preview_refuses() {
	tailnet_file
	policy '"acls": [{"action": "deny", "src": ["*"], "dst": ["*:*"]}]'
	preview -o json
	same "status" 1 "$status"
	has "verdict" '"accepted":false' "$out"
	has "place" 'line 2' "$out"
	policy "$ALLOW_ANN
	\"tests\": [{\"src\": \"bob@example.com\",
	  \"accept\": [\"tag:web:443\"]}]"
	preview -o json
	same "status" 1 "$status"
	has "test" 'test(s) failed' "$out"
	preview
	same "status" 1 "$status"
	has "test" 'line 4: bob@example.com -> tag:web:443: expected ALLOWED, got DENIED' "$err"
	has "reason" 'line 2 (acls[0]) is not for 100.64.0.2' "$err"
}

# What is wrong with the files is told apart from a policy that is refused.
test_preview_bad_files() {
	tailnet_file
	policy "$ALLOW_ANN"
	printf '{"users": [],\n "nodes": {"x": {"user": "nobody"}}}' >"$D/tailnet.json"
	preview -o json
	same "status" 2 "$status"
	same "output" "" "$out"
	has "error" 'there is no user' "$err"
	has "place" 'line 2' "$err"
	rm "$D/tailnet.json"
	preview
	same "status" 2 "$status"
	has "error" 'No such file' "$err"
	tailnet_file
	head -c 1100000 /dev/zero | tr '\0' ' ' >"$D/policy.hujson"
	preview
	same "status" 2 "$status"
	has "error" 'more than' "$err"
}

# ---- the live tailnet ----

live() {
	config
	hr users create ann
	sqlite3 "$D/data/headrace.db" "INSERT INTO nodes (user_id, machine_key, node_key,
	    name, hostname, os, client_version, ipv4, tags, created_ms, last_seen_ms) VALUES
	    (1, 'mkey:1', 'nodekey:1', 'laptop', 'l', 'linux', '', '100.64.0.1', '[]', 1, 1),
	    (NULL, 'mkey:2', 'nodekey:2', 'web1', 'w', 'linux', '', '100.64.0.2', '[\"tag:web\"]', 1, 1)"
}

ANN_TO_WEB='"acls": [{"action": "accept", "src": ["ann@"], "dst": ["tag:web:443"]}],'

test_preview_of_the_live_tailnet() {
	live
	policy "$ANN_TO_WEB"
	hr policy preview -p "$D/policy.hujson"
	same "status" 0 "$status"
	has "table" "loses" "$out"
	hr policy set "$D/policy.hujson"
	same "status" 0 "$status"
	hr policy preview -p "$D/policy.hujson"
	same "same policy" "Nobody gains or loses access." "$out"
	policy '"acls": [{"action": "accept", "src": ["ann@"], "dst": ["tag:web:22,443"]}],'
	hr policy preview -p "$D/policy.hujson"
	same "status" 0 "$status"
	has "table" "gains  ann   tag:web  22" "$out"
	hr policy preview -p "$D/policy.hujson" -o json-line
	has "json" '"gains":[{"src":["ann"],"dst":["tag:web"],"access":"22"}],"loses":[]' "$out"
	policy '"acls": [{"action": "deny"}]'
	hr policy preview -p "$D/policy.hujson" -o json
	same "refused" 1 "$status"
	has "json" '"accepted": false' "$out"
	hr policy get
	has "in force" 'tag:web:443' "$out"
}

test_explain() {
	live
	hr policy explain laptop web1:22
	same "status" 0 "$status"
	has "verdict" "laptop -> web1 port 22: ALLOWED" "$out"
	policy "$ANN_TO_WEB"
	hr policy set "$D/policy.hujson"
	hr policy explain ann tag:web:443
	has "verdict" "ann -> tag:web port 443: ALLOWED" "$out"
	has "rule" "line 2 (acls[0]): ann@ -> tag:web, 443" "$out"
	hr policy explain laptop web1:22 --proto tcp
	same "status" 0 "$status"
	has "verdict" "port 22 tcp: DENIED" "$out"
	has "nearest" "is for other traffic" "$out"
	hr policy explain web1 laptop
	has "verdict" "web1 -> laptop: DENIED" "$out"
	hr policy explain web1 nobody
	same "status" 2 "$status"
	has "error" 'nobody' "$err"
	hr policy explain web1
	same "status" 2 "$status"
}
