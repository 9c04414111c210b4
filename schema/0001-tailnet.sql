-- 0001-tailnet: the first schema.
--
-- Conventions.  Every table belongs to a tailnet (tailnet_id), though one is
-- served today.  Times are Unix milliseconds in columns named *_ms; keys,
-- addresses and lists are text that a person can read; lists and Hostinfo are
-- JSON.  The views at the end show the same with times as text: start there.
--
-- Every change that a client must hear of ends up in "changes", by trigger, so
-- an UPDATE typed into the sqlite3 shell counts as much as a command.

-- One row: the tailnet.  Written by migrations and by lib/store/tailnet.c.
CREATE TABLE tailnets (
	id            INTEGER PRIMARY KEY,
	name          TEXT NOT NULL UNIQUE,
	created_ms    INTEGER NOT NULL
) STRICT;
INSERT INTO tailnets (id, name, created_ms)
	VALUES (1, 'default', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER));

-- A person who owns nodes.  struct user; lib/store/user.c.
-- provider is '' for users made by an admin, 'oidc' for those that an identity
-- provider vouches for; a local name is unique among local users.
CREATE TABLE users (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	name          TEXT NOT NULL,
	display_name  TEXT NOT NULL DEFAULT '',
	email         TEXT NOT NULL DEFAULT '',
	provider      TEXT NOT NULL DEFAULT '' CHECK (provider IN ('', 'oidc')),
	provider_id   TEXT,
	picture_url   TEXT NOT NULL DEFAULT '',
	created_ms    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX user_local_name ON users (tailnet_id, name) WHERE provider = '';
CREATE UNIQUE INDEX user_provider_id ON users (tailnet_id, provider_id);
CREATE INDEX user_name ON users (tailnet_id, name);

-- A pre-authentication key.  struct authkey; lib/store/authkey.c.
-- 'prefix' is public and finds the row; 'hash' is a keyed hash of the secret.
-- user_id or tags (or both) are set; tags win.
CREATE TABLE authkeys (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	user_id       INTEGER REFERENCES users (id) ON DELETE CASCADE,
	prefix        TEXT NOT NULL UNIQUE,
	hash          TEXT NOT NULL,
	description   TEXT NOT NULL DEFAULT '',
	tags          TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags)),
	reusable      INTEGER NOT NULL DEFAULT 0 CHECK (reusable IN (0, 1)),
	ephemeral     INTEGER NOT NULL DEFAULT 0 CHECK (ephemeral IN (0, 1)),
	used          INTEGER NOT NULL DEFAULT 0 CHECK (used IN (0, 1)),
	created_ms    INTEGER NOT NULL,
	expiry_ms     INTEGER,                -- NULL: never
	revoked_ms    INTEGER,                -- NULL: not revoked
	CHECK (user_id IS NOT NULL OR tags <> '[]')
) STRICT;
CREATE INDEX authkey_user ON authkeys (user_id);

-- A registered device.  struct node; lib/store/node.c.
-- Either user_id is set or tags is not '[]', never both.  hostinfo is what the
-- client last sent, without its NetInfo, which changes often and concerns no peer;
-- hostname, os, client_version, home_derp and routes are
-- taken from it for reading.  approved are the routes that an admin allows.
CREATE TABLE nodes (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,  -- tailcfg NodeID, never reused
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	user_id       INTEGER REFERENCES users (id),
	machine_key   TEXT NOT NULL CHECK (machine_key GLOB 'mkey:*'),
	node_key      TEXT NOT NULL UNIQUE CHECK (node_key GLOB 'nodekey:*'),
	disco_key     TEXT NOT NULL DEFAULT '',
	nl_key        TEXT NOT NULL DEFAULT '',           -- tailnet-lock public key
	name          TEXT NOT NULL,                      -- the DNS label, unique
	hostname      TEXT NOT NULL DEFAULT '',           -- as the client says it
	os            TEXT NOT NULL DEFAULT '',
	client_version TEXT NOT NULL DEFAULT '',
	cap           INTEGER NOT NULL DEFAULT 0,         -- tailcfg.CapabilityVersion
	ipv4          TEXT UNIQUE,
	ipv6          TEXT UNIQUE,
	tags          TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags)),
	hostinfo      TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(hostinfo)),
	netinfo       TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(netinfo)),  -- Hostinfo.NetInfo
	endpoints     TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(endpoints)),
	home_derp     INTEGER NOT NULL DEFAULT 0,
	routes        TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(routes)),    -- announced
	approved      TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(approved)),
	ephemeral     INTEGER NOT NULL DEFAULT 0 CHECK (ephemeral IN (0, 1)),
	authkey_id    INTEGER REFERENCES authkeys (id) ON DELETE SET NULL,
	register_method TEXT NOT NULL DEFAULT 'authkey'
	              CHECK (register_method IN ('authkey', 'cli', 'oidc')),
	online        INTEGER NOT NULL DEFAULT 0 CHECK (online IN (0, 1)),
	expired       INTEGER NOT NULL DEFAULT 0 CHECK (expired IN (0, 1)), -- set by the tick
	created_ms    INTEGER NOT NULL,
	last_seen_ms  INTEGER NOT NULL,
	expiry_ms     INTEGER,                            -- NULL: never
	CHECK ((user_id IS NULL) = (tags <> '[]'))
) STRICT;
CREATE UNIQUE INDEX node_name ON nodes (tailnet_id, name);
CREATE INDEX node_machine ON nodes (machine_key);
CREATE INDEX node_user ON nodes (user_id);
CREATE INDEX node_authkey ON nodes (authkey_id);
CREATE INDEX node_expiry ON nodes (expiry_ms) WHERE expiry_ms IS NOT NULL AND expired = 0;
CREATE INDEX node_idle ON nodes (last_seen_ms) WHERE ephemeral = 1 AND online = 0;
CREATE INDEX node_online ON nodes (online) WHERE online = 1;

-- What is left of a deleted node, so that its client can be told so.  Written
-- by trigger; removed after 30 days.
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

-- Sequential address allocation: the next address per family ('4', '6') and
-- the holes below it.  lib/store/address.c.
CREATE TABLE address_next (
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	prefix        TEXT NOT NULL,          -- '100.64.0.0/10'
	next          TEXT NOT NULL,          -- the first address never given
	PRIMARY KEY (tailnet_id, prefix)
) STRICT, WITHOUT ROWID;
CREATE TABLE address_free (
	address       TEXT PRIMARY KEY,
	tailnet_id    INTEGER NOT NULL DEFAULT 1
) STRICT, WITHOUT ROWID;

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
	hostinfo      TEXT NOT NULL DEFAULT '{}',
	ephemeral     INTEGER NOT NULL DEFAULT 0,
	want_expiry_ms INTEGER,
	state         TEXT NOT NULL DEFAULT 'waiting'
	              CHECK (state IN ('waiting', 'done', 'rejected')),
	node_id       INTEGER REFERENCES nodes (id) ON DELETE SET NULL,
	created_ms    INTEGER NOT NULL,
	expiry_ms     INTEGER NOT NULL
) STRICT;
CREATE INDEX login_expiry ON logins (expiry_ms);
CREATE INDEX login_machine ON logins (machine_key);
CREATE INDEX login_node ON logins (node_id);

-- Documents that every worker shares: one row per name, content as JSON text.
-- 'derpmap': the merged DERP map; 'dns': the DNS settings that clients see;
-- 'extra_records': what the watched file held.  lib/store/document.c.
CREATE TABLE documents (
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	name          TEXT NOT NULL,
	content       TEXT NOT NULL CHECK (json_valid(content)),
	updated_ms    INTEGER NOT NULL,
	PRIMARY KEY (tailnet_id, name)
) STRICT, WITHOUT ROWID;

-- What happened, for the map streams.  Written by the triggers below only;
-- lib/store/change.c reads it and drops rows older than an hour.
-- kind: 'node' (as a whole, for its peers), 'node.patch' (subject: which of
-- endpoints, home DERP, online), 'node.expiry', 'node.self' (for the node
-- itself), 'node.gone',
-- 'user', 'login' (subject is the login's id), 'document' (subject its name).
CREATE TABLE changes (
	seq           INTEGER PRIMARY KEY AUTOINCREMENT,
	tailnet_id    INTEGER NOT NULL DEFAULT 1,
	kind          TEXT NOT NULL,
	id            INTEGER NOT NULL DEFAULT 0,     -- node or user id
	subject       TEXT NOT NULL DEFAULT '',
	at_ms         INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER))
) STRICT;

CREATE TRIGGER node_inserted AFTER INSERT ON nodes BEGIN
	INSERT INTO changes (tailnet_id, kind, id) VALUES (NEW.tailnet_id, 'node', NEW.id);
END;
CREATE TRIGGER node_updated AFTER UPDATE ON nodes
WHEN OLD.user_id IS NOT NEW.user_id OR OLD.node_key <> NEW.node_key
	OR OLD.machine_key <> NEW.machine_key OR OLD.disco_key <> NEW.disco_key
	OR OLD.name <> NEW.name OR OLD.ipv4 IS NOT NEW.ipv4 OR OLD.ipv6 IS NOT NEW.ipv6
	OR OLD.tags <> NEW.tags OR OLD.hostinfo <> NEW.hostinfo OR OLD.cap <> NEW.cap
	OR OLD.routes <> NEW.routes OR OLD.approved <> NEW.approved
BEGIN
	INSERT INTO changes (tailnet_id, kind, id) VALUES (NEW.tailnet_id, 'node', NEW.id);
END;
-- What the node itself must hear of: not what it told us a moment ago.
CREATE TRIGGER node_self_updated AFTER UPDATE ON nodes
WHEN OLD.user_id IS NOT NEW.user_id OR OLD.name <> NEW.name OR OLD.ipv4 IS NOT NEW.ipv4
	OR OLD.ipv6 IS NOT NEW.ipv6 OR OLD.tags <> NEW.tags OR OLD.routes <> NEW.routes
	OR OLD.approved <> NEW.approved
BEGIN
	INSERT INTO changes (tailnet_id, kind, id) VALUES (NEW.tailnet_id, 'node.self', NEW.id);
END;
-- The subject says which fields: e(ndpoints), d(ERP region), o(nline).
CREATE TRIGGER node_patched AFTER UPDATE ON nodes
WHEN OLD.endpoints <> NEW.endpoints OR OLD.home_derp <> NEW.home_derp
	OR OLD.online <> NEW.online
BEGIN
	INSERT INTO changes (tailnet_id, kind, id, subject) VALUES (NEW.tailnet_id, 'node.patch', NEW.id,
		CASE WHEN OLD.endpoints <> NEW.endpoints THEN 'e' ELSE '' END ||
		CASE WHEN OLD.home_derp <> NEW.home_derp THEN 'd' ELSE '' END ||
		CASE WHEN OLD.online <> NEW.online THEN 'o' ELSE '' END);
END;
CREATE TRIGGER node_expiry AFTER UPDATE ON nodes
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
END;
-- An address that a node gives up can be given again.
CREATE TRIGGER node_frees_ipv4 AFTER DELETE ON nodes WHEN OLD.ipv4 IS NOT NULL BEGIN
	INSERT OR IGNORE INTO address_free (address, tailnet_id) VALUES (OLD.ipv4, OLD.tailnet_id);
END;
CREATE TRIGGER node_frees_ipv6 AFTER DELETE ON nodes WHEN OLD.ipv6 IS NOT NULL BEGIN
	INSERT OR IGNORE INTO address_free (address, tailnet_id) VALUES (OLD.ipv6, OLD.tailnet_id);
END;
CREATE TRIGGER node_moves_ipv4 AFTER UPDATE OF ipv4 ON nodes
WHEN OLD.ipv4 IS NOT NULL AND OLD.ipv4 IS NOT NEW.ipv4 BEGIN
	INSERT OR IGNORE INTO address_free (address, tailnet_id) VALUES (OLD.ipv4, OLD.tailnet_id);
END;
CREATE TRIGGER node_moves_ipv6 AFTER UPDATE OF ipv6 ON nodes
WHEN OLD.ipv6 IS NOT NULL AND OLD.ipv6 IS NOT NEW.ipv6 BEGIN
	INSERT OR IGNORE INTO address_free (address, tailnet_id) VALUES (OLD.ipv6, OLD.tailnet_id);
END;
CREATE TRIGGER user_updated AFTER UPDATE ON users
WHEN OLD.name <> NEW.name OR OLD.display_name <> NEW.display_name
	OR OLD.email <> NEW.email OR OLD.picture_url <> NEW.picture_url
BEGIN
	INSERT INTO changes (tailnet_id, kind, id) VALUES (NEW.tailnet_id, 'user', NEW.id);
END;
CREATE TRIGGER login_updated AFTER UPDATE OF state ON logins BEGIN
	INSERT INTO changes (tailnet_id, kind, subject) VALUES (NEW.tailnet_id, 'login', NEW.id);
END;
CREATE TRIGGER login_deleted AFTER DELETE ON logins BEGIN
	INSERT INTO changes (tailnet_id, kind, subject) VALUES (OLD.tailnet_id, 'login', OLD.id);
END;
CREATE TRIGGER document_inserted AFTER INSERT ON documents BEGIN
	INSERT INTO changes (tailnet_id, kind, subject) VALUES (NEW.tailnet_id, 'document', NEW.name);
END;
CREATE TRIGGER document_updated AFTER UPDATE OF content ON documents
WHEN OLD.content <> NEW.content BEGIN
	INSERT INTO changes (tailnet_id, kind, subject) VALUES (NEW.tailnet_id, 'document', NEW.name);
END;

-- For people.
CREATE VIEW show_nodes AS
	SELECT n.id, n.name, coalesce(u.name, 'tagged-devices') AS user, n.ipv4, n.ipv6,
		CASE n.online WHEN 1 THEN 'online' ELSE 'offline' END AS state,
		datetime(n.last_seen_ms / 1000, 'unixepoch') AS last_seen,
		coalesce(datetime(n.expiry_ms / 1000, 'unixepoch'), 'never') AS expiry,
		n.tags, n.routes, n.approved, n.os, n.client_version, n.hostname
	FROM nodes n LEFT JOIN users u ON u.id = n.user_id;
CREATE VIEW show_users AS
	SELECT u.id, u.name, u.display_name, u.email, u.provider,
		datetime(u.created_ms / 1000, 'unixepoch') AS created,
		(SELECT count(*) FROM nodes n WHERE n.user_id = u.id) AS nodes
	FROM users u;
CREATE VIEW show_authkeys AS
	SELECT k.id, 'hskey-auth-' || k.prefix || '-***' AS key, u.name AS user, k.tags,
		k.reusable, k.ephemeral, k.used,
		datetime(k.created_ms / 1000, 'unixepoch') AS created,
		coalesce(datetime(k.expiry_ms / 1000, 'unixepoch'), 'never') AS expiry
	FROM authkeys k LEFT JOIN users u ON u.id = k.user_id;
CREATE VIEW show_logins AS
	SELECT l.id, l.state, json_extract(l.hostinfo, '$.Hostname') AS hostname,
		json_extract(l.hostinfo, '$.OS') AS os, l.node_id,
		datetime(l.created_ms / 1000, 'unixepoch') AS created,
		datetime(l.expiry_ms / 1000, 'unixepoch') AS expiry
	FROM logins l;
