-- 0001-tailnet: the first schema.
--
-- Conventions.  Every table belongs to a tailnet (tailnet_id), though one is
-- served today.  Times are Unix milliseconds in columns named *_ms; keys,
-- addresses and lists are text that a person can read; lists and Hostinfo are
-- JSON.  The views at the end show the same with times as text: start there.
--
-- Every change that a client must hear of ends up in "changes", by trigger, so
-- an UPDATE typed into the sqlite3 shell counts as much as a command.  That
-- shell starts with foreign_keys off; therefore what a reference needs (a user
-- with nodes stays, a key's nodes forget it) is kept by triggers too, and
-- REFERENCES without an action is the second look.

-- One row: the tailnet.  Written here only.
CREATE TABLE tailnets (
	id            INTEGER PRIMARY KEY,
	name          TEXT NOT NULL UNIQUE,
	created_ms    INTEGER NOT NULL
) STRICT;
INSERT INTO tailnets (id, name, created_ms)
	VALUES (1, 'default', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER));

-- A person who owns nodes.  struct user; lib/store/user.c.
-- provider is '' for users made by an admin, 'oidc' for those that an identity
-- provider vouches for; a local name is unique among local users.  role is what
-- autogroups of a policy ask (autogroup:admin), and bounds what API keys of this user
-- may do over headrace (the table of roles in lib/access/scope.c).
CREATE TABLE users (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	name          TEXT NOT NULL CONSTRAINT user_name_is_not_empty CHECK (name <> ''),
	display_name  TEXT NOT NULL DEFAULT '',
	email         TEXT NOT NULL DEFAULT '',
	provider      TEXT NOT NULL DEFAULT '' CHECK (provider IN ('', 'oidc')),
	provider_id   TEXT,
	picture_url   TEXT NOT NULL DEFAULT '',
	role          TEXT NOT NULL DEFAULT 'member' CONSTRAINT role_is_known
	              CHECK (role IN ('member', 'owner', 'admin', 'it-admin', 'network-admin',
	                     'billing-admin', 'auditor')),
	created_ms    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX user_local_name ON users (tailnet_id, name) WHERE provider = '';
CREATE UNIQUE INDEX user_provider_id ON users (tailnet_id, provider_id);
CREATE INDEX user_name ON users (tailnet_id, name, provider);

-- A pre-authentication key.  struct authkey; lib/store/authkey.c.
-- 'prefix' is public and finds the row; 'hash' is a keyed hash of the secret.
-- user_id or tags (or both) are set; tags win.
CREATE TABLE authkeys (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	user_id       INTEGER REFERENCES users (id),
	prefix        TEXT NOT NULL UNIQUE,
	hash          TEXT NOT NULL,
	description   TEXT NOT NULL DEFAULT '',
	tags          TEXT NOT NULL DEFAULT '[]'
	              CONSTRAINT tags_is_a_json_array CHECK (json_valid(tags) AND json_type(tags) = 'array'),
	reusable      INTEGER NOT NULL DEFAULT 0 CHECK (reusable IN (0, 1)),
	ephemeral     INTEGER NOT NULL DEFAULT 0 CHECK (ephemeral IN (0, 1)),
	used          INTEGER NOT NULL DEFAULT 0 CHECK (used IN (0, 1)),
	created_ms    INTEGER NOT NULL,
	expiry_ms     INTEGER,                -- NULL: never
	revoked_ms    INTEGER,                -- NULL: not revoked
	CONSTRAINT a_key_has_a_user_or_tags
		CHECK (user_id IS NOT NULL OR json_array_length(tags) > 0)
) STRICT;
CREATE INDEX authkey_user ON authkeys (user_id);

-- A registered device.  struct node; lib/store/node.c.
-- Either user_id is set or tags is not empty, never both.  hostinfo is what the
-- client last sent, without its NetInfo, which changes often and concerns no peer;
-- hostname, os, client_version, home_derp and routes are
-- taken from it for reading.  approved are the routes that an admin allows.
-- A name differs from another by more than case, as DNS has it.
CREATE TABLE nodes (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,  -- tailcfg NodeID, never reused
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	user_id       INTEGER REFERENCES users (id),
	machine_key   TEXT NOT NULL CHECK (machine_key GLOB 'mkey:*'),
	node_key      TEXT NOT NULL UNIQUE CHECK (node_key GLOB 'nodekey:*'),
	disco_key     TEXT NOT NULL DEFAULT ''
	              CHECK (disco_key = '' OR disco_key GLOB 'discokey:*'),
	nl_key        TEXT NOT NULL DEFAULT '',           -- tailnet-lock public key
	name          TEXT NOT NULL COLLATE NOCASE        -- the DNS label, unique
	              CONSTRAINT node_name_is_not_empty CHECK (name <> ''),
	hostname      TEXT NOT NULL DEFAULT '',           -- as the client says it
	os            TEXT NOT NULL DEFAULT '',
	client_version TEXT NOT NULL DEFAULT '',
	cap           INTEGER NOT NULL DEFAULT 0,         -- tailcfg.CapabilityVersion
	ipv4          TEXT CONSTRAINT ipv4_is_an_address
	              CHECK (ipv4 GLOB '[0-9]*.[0-9]*.[0-9]*.[0-9]*' AND ipv4 NOT GLOB '*[^0-9.]*'),
	ipv6          TEXT CONSTRAINT ipv6_is_an_address
	              CHECK (ipv6 GLOB '*:*' AND ipv6 NOT GLOB '*[^0-9a-f:.]*'),
	tags          TEXT NOT NULL DEFAULT '[]'
	              CONSTRAINT tags_is_a_json_array CHECK (json_valid(tags) AND json_type(tags) = 'array'),
	hostinfo      TEXT NOT NULL DEFAULT '{}'
	              CONSTRAINT hostinfo_is_json CHECK (json_valid(hostinfo)),
	netinfo       TEXT NOT NULL DEFAULT '{}'          -- Hostinfo.NetInfo
	              CONSTRAINT netinfo_is_json CHECK (json_valid(netinfo)),
	endpoints     TEXT NOT NULL DEFAULT '[]'
	              CONSTRAINT endpoints_is_a_json_array CHECK (json_valid(endpoints) AND json_type(endpoints) = 'array'),
	home_derp     INTEGER NOT NULL DEFAULT 0,
	routes        TEXT NOT NULL DEFAULT '[]'          -- announced
	              CONSTRAINT routes_is_a_json_array CHECK (json_valid(routes) AND json_type(routes) = 'array'),
	approved      TEXT NOT NULL DEFAULT '[]'
	              CONSTRAINT approved_is_a_json_array CHECK (json_valid(approved) AND json_type(approved) = 'array'),
	ephemeral     INTEGER NOT NULL DEFAULT 0 CHECK (ephemeral IN (0, 1)),
	authkey_id    INTEGER REFERENCES authkeys (id),
	register_method TEXT NOT NULL DEFAULT 'authkey'
	              CHECK (register_method IN ('authkey', 'cli', 'oidc')),
	online        INTEGER NOT NULL DEFAULT 0 CHECK (online IN (0, 1)),
	expired       INTEGER NOT NULL DEFAULT 0 CHECK (expired IN (0, 1)), -- set by the tick
	created_ms    INTEGER NOT NULL,
	last_seen_ms  INTEGER NOT NULL,
	expiry_ms     INTEGER,                            -- NULL: never
	CONSTRAINT a_node_has_a_user_or_tags_not_both
		CHECK ((user_id IS NULL) = (json_array_length(tags) > 0))
) STRICT;
CREATE UNIQUE INDEX node_name ON nodes (tailnet_id, name);
CREATE UNIQUE INDEX node_ipv4 ON nodes (tailnet_id, ipv4) WHERE ipv4 IS NOT NULL;
CREATE UNIQUE INDEX node_ipv6 ON nodes (tailnet_id, ipv6) WHERE ipv6 IS NOT NULL;
CREATE INDEX node_machine ON nodes (machine_key);
CREATE INDEX node_user ON nodes (user_id);
CREATE INDEX node_authkey ON nodes (authkey_id) WHERE authkey_id IS NOT NULL;
CREATE INDEX node_expiry ON nodes (expiry_ms) WHERE expiry_ms IS NOT NULL AND expired = 0;
CREATE INDEX node_idle ON nodes (last_seen_ms) WHERE ephemeral = 1 AND online = 0;
CREATE INDEX node_online ON nodes (online) WHERE online = 1;

-- What is left of a deleted node, so that its client can be told so.  Written
-- by trigger; removed after 30 days.  struct node_gone; lib/store/node_gone.c.
CREATE TABLE nodes_gone (
	id            INTEGER PRIMARY KEY,
	tailnet_id    INTEGER NOT NULL,
	node_key      TEXT NOT NULL,
	machine_key   TEXT NOT NULL,
	name          TEXT NOT NULL,
	ipv4          TEXT,
	ipv6          TEXT,
	gone_ms       INTEGER NOT NULL
) STRICT;
CREATE INDEX node_gone_key ON nodes_gone (node_key);
CREATE INDEX node_gone_ms ON nodes_gone (gone_ms);

-- Which node a subnet goes to, of all that offer it: clients take one owner per
-- prefix.  Written by the triggers below only.  A node keeps a prefix as long as
-- it offers it and is online, or nobody else is: one that comes back takes
-- nothing away from the one that stood in for it.
CREATE TABLE route_primaries (
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	prefix        TEXT NOT NULL,
	node_id       INTEGER NOT NULL,
	PRIMARY KEY (tailnet_id, prefix)
) STRICT, WITHOUT ROWID;
CREATE INDEX route_primary_node ON route_primaries (node_id);
CREATE INDEX node_router ON nodes (id) WHERE approved <> '[]';

-- Who offers what: announced by the node and approved by an admin.  Default
-- routes are not elected, every exit node shows them.
CREATE VIEW route_offers AS
	SELECT n.tailnet_id, n.id AS node_id, n.online, a.value AS prefix
	FROM nodes n, json_each(n.approved) a
	WHERE n.approved <> '[]' AND a.value NOT IN ('0.0.0.0/0', '::/0')
		AND EXISTS (SELECT 1 FROM json_each(n.routes) r WHERE r.value = a.value);

-- Sequential address allocation.  lib/store/address.c.
-- address_next: where to look next, one row per prefix; it goes round.
-- address_free: holes, oldest first, so that an address rests before it has
-- another owner; written by triggers, removed by whoever tries one.  A row is
-- a hint: the address may be taken again or lie outside every prefix.
CREATE TABLE address_next (
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	prefix        TEXT NOT NULL,          -- '100.64.0.0/10'
	next          TEXT NOT NULL,
	PRIMARY KEY (tailnet_id, prefix)
) STRICT, WITHOUT ROWID;
CREATE TABLE address_free (
	id            INTEGER PRIMARY KEY,
	tailnet_id    INTEGER NOT NULL DEFAULT 1,
	family        INTEGER NOT NULL CHECK (family IN (4, 6)),
	address       TEXT NOT NULL,
	UNIQUE (tailnet_id, address)
) STRICT;
CREATE INDEX address_free_oldest ON address_free (tailnet_id, family, id);

-- A login that waits for a person.  struct login; lib/store/login.c.
-- state: 'waiting' -> 'done' (node_id set) or 'rejected'; removed when old.
CREATE TABLE logins (
	id            TEXT PRIMARY KEY,       -- hskey-authreq-<24>
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	machine_key   TEXT NOT NULL,
	node_key      TEXT NOT NULL,
	old_node_key  TEXT NOT NULL DEFAULT '',
	nl_key        TEXT NOT NULL DEFAULT '',
	cap           INTEGER NOT NULL DEFAULT 0,
	hostinfo      TEXT NOT NULL DEFAULT '{}'
	              CONSTRAINT hostinfo_is_json CHECK (json_valid(hostinfo)),
	ephemeral     INTEGER NOT NULL DEFAULT 0 CHECK (ephemeral IN (0, 1)),
	want_expiry_ms INTEGER,
	state         TEXT NOT NULL DEFAULT 'waiting'
	              CHECK (state IN ('waiting', 'done', 'rejected')),
	node_id       INTEGER REFERENCES nodes (id),
	created_ms    INTEGER NOT NULL,
	expiry_ms     INTEGER NOT NULL
) STRICT;
CREATE INDEX login_expiry ON logins (expiry_ms);
CREATE INDEX login_state ON logins (state, created_ms);
CREATE INDEX login_keys ON logins (machine_key, node_key);
CREATE INDEX login_node ON logins (node_id) WHERE node_id IS NOT NULL;

-- An SSH session that the policy lets in only after a check: from src_node to
-- dst_node as local_user.  struct ssh_check; lib/store/ssh_check.c.
-- state: 'waiting' -> 'approved' or 'rejected' (also: nobody decided in time, a
-- node went or changed hands).  An approval holds as long as the policy's rule
-- says, counted from decided_ms; expiry_ms is when a waiting row counts as
-- rejected, and when any other is removed.
CREATE TABLE ssh_checks (
	id            TEXT PRIMARY KEY,       -- hskey-authreq-<24>
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	src_node      INTEGER NOT NULL,       -- ids of nodes are never used again,
	dst_node      INTEGER NOT NULL,       -- so these may outlive them
	local_user    TEXT NOT NULL,
	state         TEXT NOT NULL DEFAULT 'waiting'
	              CHECK (state IN ('waiting', 'approved', 'rejected')),
	created_ms    INTEGER NOT NULL,
	decided_ms    INTEGER,                -- NULL while it waits
	expiry_ms     INTEGER NOT NULL
) STRICT;
CREATE INDEX ssh_check_pair ON ssh_checks (src_node, dst_node, local_user, state);
CREATE INDEX ssh_check_dst ON ssh_checks (dst_node);
CREATE INDEX ssh_check_state ON ssh_checks (state, expiry_ms);

-- Documents that every worker shares: one row per name, content as JSON text.
-- 'derpmap': the merged DERP map; 'dns': the DNS settings that clients see;
-- 'extra_records': what the watched file held; 'policy_file': what is wrong with
-- the policy's file, if that is where the policy is kept.  lib/store/document.c.
CREATE TABLE documents (
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	name          TEXT NOT NULL,
	content       TEXT NOT NULL CONSTRAINT content_is_json CHECK (json_valid(content)),
	updated_ms    INTEGER NOT NULL,
	PRIMARY KEY (tailnet_id, name)
) STRICT, WITHOUT ROWID;

-- Every policy that was ever set; the newest row that reads is in force, none at
-- all allows everything.  The id is the version.  Rows are only added: to put an
-- old policy back is a new row with its text (rollback_of says which).  struct
-- policy_version; lib/store/policy.c.
-- In the sqlite3 shell: INSERT INTO policies (text)
--	VALUES (CAST(readfile('policy.hujson') AS TEXT));
CREATE TABLE policies (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	text          TEXT NOT NULL CONSTRAINT policy_is_at_most_1_MiB_of_text
	              CHECK (length(CAST(text AS BLOB)) <= 1048576
	                     AND instr(CAST(text AS BLOB), x'00') = 0),
	author        TEXT NOT NULL DEFAULT '',       -- who set it, for people
	source        TEXT NOT NULL DEFAULT 'shell'
	              CHECK (source IN ('cli', 'api', 'file', 'shell')),
	comment       TEXT NOT NULL DEFAULT '',
	rollback_of   INTEGER,                        -- NULL: no
	created_ms    INTEGER NOT NULL
	              DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER))
) STRICT;

-- What happened, for the map streams.  Written by the triggers below and by
-- lib/store/change.c, which reads it and drops rows older than an hour, but
-- never the newest: max(seq) is where the tailnet is.
-- kind: 'node' (as a whole, for its peers), 'node.patch' (subject: which of
-- endpoints, home DERP, online), 'node.expiry', 'node.self' (for the node
-- itself), 'node.gone', 'user', 'login' (subject is the id of a login or SSH check), 'document'
-- (subject its name), 'policy' (id is its version).
CREATE TABLE changes (
	seq           INTEGER PRIMARY KEY AUTOINCREMENT,
	tailnet_id    INTEGER NOT NULL DEFAULT 1,
	kind          TEXT NOT NULL,
	id            INTEGER NOT NULL DEFAULT 0,     -- of a node or user, or a version
	subject       TEXT NOT NULL DEFAULT '',
	at_ms         INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER))
) STRICT;

-- Triggers, 1: what clients must hear of.  The column lists keep the cheap
-- updates (presence, NetInfo) from comparing long texts.
CREATE TRIGGER node_inserted AFTER INSERT ON nodes BEGIN
	INSERT INTO changes (tailnet_id, kind, id) VALUES (NEW.tailnet_id, 'node', NEW.id);
END;
CREATE TRIGGER node_updated AFTER UPDATE OF user_id, machine_key, node_key, disco_key,
	name, cap, ipv4, ipv6, tags, hostinfo, routes, approved ON nodes
WHEN OLD.user_id IS NOT NEW.user_id OR OLD.node_key <> NEW.node_key
	OR OLD.machine_key <> NEW.machine_key OR OLD.disco_key <> NEW.disco_key
	OR OLD.name <> NEW.name COLLATE BINARY
	OR OLD.ipv4 IS NOT NEW.ipv4 OR OLD.ipv6 IS NOT NEW.ipv6
	OR OLD.tags <> NEW.tags OR OLD.hostinfo <> NEW.hostinfo OR OLD.cap <> NEW.cap
	OR OLD.routes <> NEW.routes OR OLD.approved <> NEW.approved
BEGIN
	INSERT INTO changes (tailnet_id, kind, id) VALUES (NEW.tailnet_id, 'node', NEW.id);
END;
-- What the node itself must hear of: not what it told us a moment ago.
CREATE TRIGGER node_self_updated AFTER UPDATE OF user_id, name, ipv4, ipv6, tags, routes, approved
	ON nodes
WHEN OLD.user_id IS NOT NEW.user_id OR OLD.name <> NEW.name COLLATE BINARY
	OR OLD.ipv4 IS NOT NEW.ipv4 OR OLD.ipv6 IS NOT NEW.ipv6 OR OLD.tags <> NEW.tags OR OLD.routes <> NEW.routes
	OR OLD.approved <> NEW.approved
BEGIN
	INSERT INTO changes (tailnet_id, kind, id) VALUES (NEW.tailnet_id, 'node.self', NEW.id);
END;
-- The subject says which fields: e(ndpoints), d(ERP region), o(nline).
CREATE TRIGGER node_patched AFTER UPDATE OF endpoints, home_derp, online ON nodes
WHEN OLD.endpoints <> NEW.endpoints OR OLD.home_derp <> NEW.home_derp
	OR OLD.online <> NEW.online
BEGIN
	INSERT INTO changes (tailnet_id, kind, id, subject) VALUES (NEW.tailnet_id, 'node.patch', NEW.id,
		CASE WHEN OLD.endpoints <> NEW.endpoints THEN 'e' ELSE '' END ||
		CASE WHEN OLD.home_derp <> NEW.home_derp THEN 'd' ELSE '' END ||
		CASE WHEN OLD.online <> NEW.online THEN 'o' ELSE '' END);
END;
CREATE TRIGGER node_expiry_changed AFTER UPDATE OF expiry_ms, expired ON nodes
WHEN OLD.expiry_ms IS NOT NEW.expiry_ms OR OLD.expired <> NEW.expired
BEGIN
	INSERT INTO changes (tailnet_id, kind, id) VALUES (NEW.tailnet_id, 'node.expiry', NEW.id);
END;
CREATE TRIGGER node_deleted AFTER DELETE ON nodes BEGIN
	INSERT OR REPLACE INTO nodes_gone
		(id, tailnet_id, node_key, machine_key, name, ipv4, ipv6, gone_ms)
		VALUES (OLD.id, OLD.tailnet_id, OLD.node_key, OLD.machine_key, OLD.name,
			OLD.ipv4, OLD.ipv6, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER));
	INSERT INTO changes (tailnet_id, kind, id) VALUES (OLD.tailnet_id, 'node.gone', OLD.id);
	UPDATE logins SET node_id = NULL WHERE node_id = OLD.id;
END;
-- The election, written once: inserting a list of prefixes decides about each.
CREATE VIEW route_elections AS SELECT 1 AS tailnet_id, '[]' AS prefixes WHERE 0;
CREATE TRIGGER route_election INSTEAD OF INSERT ON route_elections BEGIN
	DELETE FROM route_primaries
		WHERE tailnet_id = NEW.tailnet_id
		AND prefix IN (SELECT value FROM json_each(NEW.prefixes))
		AND NOT EXISTS (SELECT 1 FROM route_offers o
			WHERE o.prefix = route_primaries.prefix AND o.node_id = route_primaries.node_id
			AND (o.online = 1 OR NOT EXISTS (SELECT 1 FROM route_offers p
				WHERE p.prefix = o.prefix AND p.online = 1)));
	INSERT OR IGNORE INTO route_primaries (tailnet_id, prefix, node_id)
		SELECT NEW.tailnet_id, prefix, best FROM
			(SELECT v.value AS prefix, (SELECT o.node_id FROM route_offers o
				WHERE o.prefix = v.value ORDER BY o.online DESC, o.node_id LIMIT 1) AS best
			FROM json_each(NEW.prefixes) v)
		WHERE best IS NOT NULL;
END;
CREATE TRIGGER node_offers_routes AFTER UPDATE OF online, routes, approved ON nodes
WHEN (OLD.approved <> '[]' OR NEW.approved <> '[]') AND (OLD.online <> NEW.online
	OR OLD.routes <> NEW.routes OR OLD.approved <> NEW.approved)
BEGIN
	INSERT INTO route_elections (tailnet_id, prefixes) VALUES (OLD.tailnet_id, OLD.approved);
	INSERT INTO route_elections (tailnet_id, prefixes) VALUES (NEW.tailnet_id, NEW.approved);
END;
CREATE TRIGGER node_ends_routes AFTER DELETE ON nodes WHEN OLD.approved <> '[]' BEGIN
	INSERT INTO route_elections (tailnet_id, prefixes) VALUES (OLD.tailnet_id, OLD.approved);
END;
CREATE TRIGGER route_primary_given AFTER INSERT ON route_primaries BEGIN
	INSERT INTO changes (tailnet_id, kind, id) VALUES (NEW.tailnet_id, 'node', NEW.node_id);
	INSERT INTO changes (tailnet_id, kind, id) VALUES (NEW.tailnet_id, 'node.self', NEW.node_id);
END;
CREATE TRIGGER route_primary_taken AFTER DELETE ON route_primaries BEGIN
	INSERT INTO changes (tailnet_id, kind, id) VALUES (OLD.tailnet_id, 'node', OLD.node_id);
	INSERT INTO changes (tailnet_id, kind, id) VALUES (OLD.tailnet_id, 'node.self', OLD.node_id);
END;
CREATE TRIGGER user_updated AFTER UPDATE OF name, display_name, email, picture_url, role ON users
WHEN OLD.name <> NEW.name OR OLD.display_name <> NEW.display_name
	OR OLD.email <> NEW.email OR OLD.picture_url <> NEW.picture_url OR OLD.role <> NEW.role
BEGIN
	INSERT INTO changes (tailnet_id, kind, id) VALUES (NEW.tailnet_id, 'user', NEW.id);
END;
CREATE TRIGGER login_updated AFTER UPDATE OF state ON logins
WHEN OLD.state <> NEW.state BEGIN
	INSERT INTO changes (tailnet_id, kind, subject) VALUES (NEW.tailnet_id, 'login', NEW.id);
END;
CREATE TRIGGER login_deleted AFTER DELETE ON logins BEGIN
	INSERT INTO changes (tailnet_id, kind, subject) VALUES (OLD.tailnet_id, 'login', OLD.id);
END;
CREATE TRIGGER ssh_check_updated AFTER UPDATE OF state ON ssh_checks
WHEN OLD.state <> NEW.state BEGIN
	INSERT INTO changes (tailnet_id, kind, subject) VALUES (NEW.tailnet_id, 'login', NEW.id);
END;
CREATE TRIGGER ssh_check_deleted AFTER DELETE ON ssh_checks WHEN OLD.state = 'waiting' BEGIN
	INSERT INTO changes (tailnet_id, kind, subject) VALUES (OLD.tailnet_id, 'login', OLD.id);
END;
CREATE TRIGGER document_inserted AFTER INSERT ON documents BEGIN
	INSERT INTO changes (tailnet_id, kind, subject) VALUES (NEW.tailnet_id, 'document', NEW.name);
END;
CREATE TRIGGER document_updated AFTER UPDATE OF content ON documents
WHEN OLD.content <> NEW.content BEGIN
	INSERT INTO changes (tailnet_id, kind, subject) VALUES (NEW.tailnet_id, 'document', NEW.name);
END;
CREATE TRIGGER document_deleted AFTER DELETE ON documents BEGIN
	INSERT INTO changes (tailnet_id, kind, subject) VALUES (OLD.tailnet_id, 'document', OLD.name);
END;
CREATE TRIGGER policy_inserted AFTER INSERT ON policies BEGIN
	INSERT INTO changes (tailnet_id, kind, id) VALUES (NEW.tailnet_id, 'policy', NEW.id);
END;

-- Triggers, 2: an address that a node gives up can be given again.
CREATE TRIGGER node_frees_ipv4 AFTER DELETE ON nodes WHEN OLD.ipv4 IS NOT NULL BEGIN
	INSERT OR IGNORE INTO address_free (tailnet_id, family, address)
		VALUES (OLD.tailnet_id, 4, OLD.ipv4);
END;
CREATE TRIGGER node_frees_ipv6 AFTER DELETE ON nodes WHEN OLD.ipv6 IS NOT NULL BEGIN
	INSERT OR IGNORE INTO address_free (tailnet_id, family, address)
		VALUES (OLD.tailnet_id, 6, OLD.ipv6);
END;
CREATE TRIGGER node_moves_ipv4 AFTER UPDATE OF ipv4 ON nodes
WHEN OLD.ipv4 IS NOT NULL AND OLD.ipv4 IS NOT NEW.ipv4 BEGIN
	INSERT OR IGNORE INTO address_free (tailnet_id, family, address)
		VALUES (OLD.tailnet_id, 4, OLD.ipv4);
END;
CREATE TRIGGER node_moves_ipv6 AFTER UPDATE OF ipv6 ON nodes
WHEN OLD.ipv6 IS NOT NULL AND OLD.ipv6 IS NOT NEW.ipv6 BEGIN
	INSERT OR IGNORE INTO address_free (tailnet_id, family, address)
		VALUES (OLD.tailnet_id, 6, OLD.ipv6);
END;

-- Triggers, 3: references, and what an edit by hand forgets.
CREATE TRIGGER user_with_nodes_stays BEFORE DELETE ON users
WHEN EXISTS (SELECT 1 FROM nodes WHERE user_id = OLD.id) BEGIN
	SELECT RAISE(ABORT, 'this user still has nodes: delete or move them first');
END;
CREATE TRIGGER user_deleted AFTER DELETE ON users BEGIN
	DELETE FROM authkeys WHERE user_id = OLD.id;
END;
CREATE TRIGGER authkey_deleted AFTER DELETE ON authkeys BEGIN
	UPDATE nodes SET authkey_id = NULL WHERE authkey_id = OLD.id;
END;
-- Who was let in after a check was the owner at that time.
CREATE TRIGGER node_ends_ssh_checks AFTER DELETE ON nodes BEGIN
	UPDATE ssh_checks SET state = 'rejected'
		WHERE src_node = OLD.id AND state <> 'rejected';
	UPDATE ssh_checks SET state = 'rejected'
		WHERE dst_node = OLD.id AND state <> 'rejected';
END;
CREATE TRIGGER node_moves_ssh_checks AFTER UPDATE OF user_id, machine_key ON nodes
WHEN OLD.user_id IS NOT NEW.user_id OR OLD.machine_key <> NEW.machine_key BEGIN
	UPDATE ssh_checks SET state = 'rejected'
		WHERE src_node = OLD.id AND state <> 'rejected';
	UPDATE ssh_checks SET state = 'rejected'
		WHERE dst_node = OLD.id AND state <> 'rejected';
END;
CREATE TRIGGER user_id_stays BEFORE UPDATE OF id ON users WHEN OLD.id <> NEW.id BEGIN
	SELECT RAISE(ABORT, 'the id of a user never changes');
END;
CREATE TRIGGER node_id_stays BEFORE UPDATE OF id ON nodes WHEN OLD.id <> NEW.id BEGIN
	SELECT RAISE(ABORT, 'the id of a node never changes: clients know it');
END;
CREATE TRIGGER node_needs_user BEFORE INSERT ON nodes
WHEN NEW.user_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id) BEGIN
	SELECT RAISE(ABORT, 'no user has this user_id');
END;
CREATE TRIGGER node_moves_to_user BEFORE UPDATE OF user_id ON nodes
WHEN NEW.user_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id) BEGIN
	SELECT RAISE(ABORT, 'no user has this user_id');
END;
CREATE TRIGGER policy_stays BEFORE UPDATE ON policies BEGIN
	SELECT RAISE(ABORT, 'a version of the policy never changes: insert a new one');
END;
CREATE TRIGGER policy_is_kept BEFORE DELETE ON policies BEGIN
	SELECT RAISE(ABORT, 'versions of the policy are kept: to undo one, insert the older text anew');
END;
-- A key whose expiry was moved ahead works again.
CREATE TRIGGER node_unexpires AFTER UPDATE OF expiry_ms ON nodes
WHEN OLD.expired = 1 AND NEW.expired = 1 AND OLD.expiry_ms IS NOT NEW.expiry_ms
	AND (NEW.expiry_ms IS NULL OR NEW.expiry_ms >
		CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER))
BEGIN
	UPDATE nodes SET expired = 0 WHERE id = NEW.id;
END;

-- For people.
CREATE VIEW show_nodes AS
	SELECT n.id, n.name, coalesce(u.name, 'tagged-devices') AS user, n.ipv4, n.ipv6,
		CASE WHEN n.expired = 1 THEN 'expired' WHEN n.online = 1 THEN 'online'
			ELSE 'offline' END AS state,
		datetime(n.last_seen_ms / 1000, 'unixepoch') AS last_seen,
		coalesce(datetime(n.expiry_ms / 1000, 'unixepoch'), 'never') AS expiry,
		n.tags, n.routes, n.approved, n.os, n.client_version, n.hostname
	FROM nodes n LEFT JOIN users u ON u.id = n.user_id;
CREATE VIEW show_users AS
	SELECT u.id, u.name, u.display_name, u.email, u.role,
		CASE u.provider WHEN '' THEN 'local' ELSE u.provider END AS provider,
		datetime(u.created_ms / 1000, 'unixepoch') AS created,
		(SELECT count(*) FROM nodes n WHERE n.user_id = u.id) AS nodes
	FROM users u;
CREATE VIEW show_authkeys AS
	SELECT k.id, 'hskey-auth-' || k.prefix || '-***' AS key, u.name AS user, k.tags,
		k.reusable, k.ephemeral, k.used,
		datetime(k.created_ms / 1000, 'unixepoch') AS created,
		coalesce(datetime(k.expiry_ms / 1000, 'unixepoch'), 'never') AS expiry,
		datetime(k.revoked_ms / 1000, 'unixepoch') AS revoked
	FROM authkeys k LEFT JOIN users u ON u.id = k.user_id;
CREATE VIEW show_logins AS
	SELECT l.id, l.state, json_extract(l.hostinfo, '$.Hostname') AS hostname,
		json_extract(l.hostinfo, '$.OS') AS os, l.node_id,
		datetime(l.created_ms / 1000, 'unixepoch') AS created,
		datetime(l.expiry_ms / 1000, 'unixepoch') AS expiry
	FROM logins l;
CREATE VIEW show_ssh_checks AS
	SELECT c.id, c.state, coalesce(s.name, c.src_node) AS source,
		coalesce(d.name, c.dst_node) AS destination, c.local_user AS login,
		datetime(c.created_ms / 1000, 'unixepoch') AS created,
		datetime(c.decided_ms / 1000, 'unixepoch') AS decided,
		datetime(c.expiry_ms / 1000, 'unixepoch') AS expiry
	FROM ssh_checks c
	LEFT JOIN nodes s ON s.id = c.src_node
	LEFT JOIN nodes d ON d.id = c.dst_node;
CREATE VIEW show_policies AS
	SELECT p.id AS version, datetime(p.created_ms / 1000, 'unixepoch') AS created, p.source,
		p.author, p.comment, p.rollback_of, length(CAST(p.text AS BLOB)) AS bytes
	FROM policies p;
CREATE VIEW show_changes AS
	SELECT c.seq, datetime(c.at_ms / 1000, 'unixepoch') AS at, c.kind,
		c.id, coalesce(n.name, g.name) AS name, c.subject
	FROM changes c
	LEFT JOIN nodes n ON n.id = c.id AND c.kind LIKE 'node%'
	LEFT JOIN nodes_gone g ON g.id = c.id AND c.kind LIKE 'node%';
CREATE VIEW show_routes AS
	SELECT p.prefix, n.id AS node_id, n.name AS served_by,
		CASE n.online WHEN 1 THEN 'online' ELSE 'offline' END AS state,
		(SELECT count(*) FROM route_offers o WHERE o.prefix = p.prefix) AS offers
	FROM route_primaries p JOIN nodes n ON n.id = p.node_id;
