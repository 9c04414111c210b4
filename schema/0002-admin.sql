-- 0002-admin: who may run the tailnet, and what they may set.
--
-- API keys, OAuth clients and their tokens; settings that an API call may
-- change; approval of devices and users; attributes of devices.

-- A user who is suspended keeps everything, but no device of theirs is let in and
-- no key of theirs works; one who needs approval waits for the same.
ALTER TABLE users ADD COLUMN status TEXT NOT NULL DEFAULT 'active'
	CONSTRAINT status_is_known CHECK (status IN ('active', 'suspended', 'needs-approval'));

-- A device that is not authorized waits for an administrator: it is told so, sees
-- nobody and is seen by nobody (tailcfg Node.MachineAuthorized).  suspended mirrors the
-- status of its user, by trigger.
ALTER TABLE nodes ADD COLUMN authorized INTEGER NOT NULL DEFAULT 1
	CHECK (authorized IN (0, 1));
ALTER TABLE nodes ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0
	CHECK (suspended IN (0, 1));
CREATE INDEX node_waits ON nodes (id) WHERE authorized = 0;

-- A device that joins with such a key need not wait.
ALTER TABLE authkeys ADD COLUMN preauthorized INTEGER NOT NULL DEFAULT 0
	CHECK (preauthorized IN (0, 1));
-- Those that were revoked are forgotten after a week.
CREATE INDEX authkey_revoked ON authkeys (revoked_ms) WHERE revoked_ms IS NOT NULL;

CREATE TRIGGER user_suspended AFTER UPDATE OF status ON users WHEN OLD.status <> NEW.status BEGIN
	UPDATE nodes SET suspended = (NEW.status <> 'active')
		WHERE user_id = NEW.id AND suspended <> (NEW.status <> 'active');
END;
CREATE TRIGGER node_of_suspended_user AFTER INSERT ON nodes
WHEN NEW.suspended <> coalesce((SELECT status <> 'active' FROM users WHERE id = NEW.user_id), 0) BEGIN
	UPDATE nodes SET suspended = 1 - suspended WHERE id = NEW.id;
END;
CREATE TRIGGER node_moves_to_suspended AFTER UPDATE OF user_id ON nodes
WHEN NEW.suspended <> coalesce((SELECT status <> 'active' FROM users WHERE id = NEW.user_id), 0) BEGIN
	UPDATE nodes SET suspended = 1 - suspended WHERE id = NEW.id;
END;
-- For its peers such a device comes or goes, and its own map becomes another one.
CREATE TRIGGER node_admission AFTER UPDATE OF authorized, suspended ON nodes
WHEN (OLD.authorized = 1 AND OLD.suspended = 0) <> (NEW.authorized = 1 AND NEW.suspended = 0) BEGIN
	INSERT INTO changes (tailnet_id, kind, id) VALUES (NEW.tailnet_id, 'node.admission', NEW.id);
	INSERT INTO route_elections (tailnet_id, prefixes)
		SELECT NEW.tailnet_id, NEW.approved WHERE NEW.approved <> '[]';
END;
-- It serves no subnet meanwhile: as in 0001, and admitted.
DROP VIEW route_offers;
CREATE VIEW route_offers AS
	SELECT n.tailnet_id, n.id AS node_id, n.online, a.value AS prefix
	FROM nodes n, json_each(n.approved) a
	WHERE n.approved <> '[]' AND a.value NOT IN ('0.0.0.0/0', '::/0')
		AND n.authorized = 1 AND n.suspended = 0
		AND EXISTS (SELECT 1 FROM json_each(n.routes) r WHERE r.value = a.value);

-- A key of the web API.  struct apikey; lib/store/apikey.c.
-- 'prefix' is public and finds the row; 'hash' is a hash of the secret.  It may do what
-- its scopes say, and of that, if it is a user's, only what the user's role may.
CREATE TABLE apikeys (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	user_id       INTEGER REFERENCES users (id),  -- NULL: nobody's, an administrator's own
	prefix        TEXT NOT NULL UNIQUE,
	hash          TEXT NOT NULL,
	description   TEXT NOT NULL DEFAULT '',
	scopes        TEXT NOT NULL DEFAULT 'all',    -- names, separated by blanks
	created_ms    INTEGER NOT NULL,
	expiry_ms     INTEGER,                        -- NULL: never
	last_used_ms  INTEGER                         -- to the minute; NULL: never
) STRICT;
CREATE INDEX apikey_user ON apikeys (user_id) WHERE user_id IS NOT NULL;

-- A program that gets itself short-lived tokens (RFC 6749, 4.4).  struct oauth_client;
-- lib/store/oauth.c.  The id is the public part of its secret.
CREATE TABLE oauth_clients (
	id            TEXT PRIMARY KEY,
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	user_id       INTEGER REFERENCES users (id),  -- who made it; NULL: nobody's key
	hash          TEXT NOT NULL,
	description   TEXT NOT NULL DEFAULT '',
	scopes        TEXT NOT NULL,
	tags          TEXT NOT NULL DEFAULT '[]'      -- that its devices and keys may have
	              CONSTRAINT tags_is_a_json_array CHECK (json_valid(tags) AND json_type(tags) = 'array'),
	created_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_client_user ON oauth_clients (user_id) WHERE user_id IS NOT NULL;

-- What such a program holds for an hour.  Removed by the tick once it has run out.
CREATE TABLE oauth_tokens (
	prefix        TEXT PRIMARY KEY,
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	client_id     TEXT NOT NULL REFERENCES oauth_clients (id) ON DELETE CASCADE,
	hash          TEXT NOT NULL,
	scopes        TEXT NOT NULL,
	tags          TEXT NOT NULL DEFAULT '[]',
	created_ms    INTEGER NOT NULL,
	expiry_ms     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_token_client ON oauth_tokens (client_id);
CREATE INDEX oauth_token_expiry ON oauth_tokens (expiry_ms);
-- The sqlite3 shell starts without foreign keys.
CREATE TRIGGER oauth_client_deleted AFTER DELETE ON oauth_clients BEGIN
	DELETE FROM oauth_tokens WHERE client_id = OLD.id;
END;
CREATE TRIGGER user_ends_apikeys AFTER DELETE ON users BEGIN
	DELETE FROM apikeys WHERE user_id = OLD.id;
	UPDATE oauth_clients SET user_id = NULL WHERE user_id = OLD.id;
END;

-- From where wrong keys come, and how many: a client's address, an IPv6 one by its /64.
-- lib/store/token_failure.c.  A row counts for a minute.
CREATE TABLE token_failures (
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	address       TEXT PRIMARY KEY,
	failures      INTEGER NOT NULL,
	since_ms      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX token_failure_since ON token_failures (since_ms);

-- What an API call or `headrace settings` has set; it goes before the configuration file.
-- lib/store/setting.c; the names and what they may hold are in handlers/api/setting.c.
CREATE TABLE settings (
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	name          TEXT NOT NULL,
	value         TEXT NOT NULL CONSTRAINT value_is_json CHECK (json_valid(value)),
	updated_ms    INTEGER NOT NULL
	              DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)),
	PRIMARY KEY (tailnet_id, name)
) STRICT, WITHOUT ROWID;

-- What is known of a device beyond what it says itself; policies ask it by postures.
-- Names begin with 'custom:'.  struct node_attribute; lib/store/node_attribute.c.
CREATE TABLE node_attributes (
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	node_id       INTEGER NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
	name          TEXT NOT NULL CONSTRAINT name_is_custom CHECK (name GLOB 'custom:?*'),
	value         TEXT NOT NULL                   -- JSON: text, a number, true or false
	              CONSTRAINT value_is_a_json_scalar CHECK (json_valid(value)
	                  AND json_type(value) IN ('text', 'integer', 'real', 'true', 'false')),
	comment       TEXT NOT NULL DEFAULT '',
	expiry_ms     INTEGER,                        -- NULL: never
	updated_ms    INTEGER NOT NULL
	              DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)),
	PRIMARY KEY (node_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX node_attribute_expiry ON node_attributes (expiry_ms) WHERE expiry_ms IS NOT NULL;
CREATE TRIGGER node_ends_attributes AFTER DELETE ON nodes BEGIN
	DELETE FROM node_attributes WHERE node_id = OLD.id;
END;
CREATE TRIGGER node_attribute_set AFTER INSERT ON node_attributes BEGIN
	INSERT INTO changes (kind, id) VALUES ('node', NEW.node_id);
END;
CREATE TRIGGER node_attribute_changed AFTER UPDATE OF value ON node_attributes
WHEN OLD.value <> NEW.value BEGIN
	INSERT INTO changes (kind, id) VALUES ('node', NEW.node_id);
END;
CREATE TRIGGER node_attribute_deleted AFTER DELETE ON node_attributes
WHEN EXISTS (SELECT 1 FROM nodes WHERE id = OLD.node_id) BEGIN
	INSERT INTO changes (kind, id) VALUES ('node', OLD.node_id);
END;

-- For people.
DROP VIEW show_nodes;
CREATE VIEW show_nodes AS
	SELECT n.id, n.name, coalesce(u.name, 'tagged-devices') AS user, n.ipv4, n.ipv6,
		CASE WHEN n.suspended = 1 THEN 'suspended' WHEN n.authorized = 0 THEN 'waiting'
			WHEN n.expired = 1 THEN 'expired' WHEN n.online = 1 THEN 'online'
			ELSE 'offline' END AS state,
		datetime(n.last_seen_ms / 1000, 'unixepoch') AS last_seen,
		coalesce(datetime(n.expiry_ms / 1000, 'unixepoch'), 'never') AS expiry,
		n.tags, n.routes, n.approved, n.os, n.client_version, n.hostname
	FROM nodes n LEFT JOIN users u ON u.id = n.user_id;
DROP VIEW show_users;
CREATE VIEW show_users AS
	SELECT u.id, u.name, u.display_name, u.email, u.role, u.status,
		CASE u.provider WHEN '' THEN 'local' ELSE u.provider END AS provider,
		datetime(u.created_ms / 1000, 'unixepoch') AS created,
		(SELECT count(*) FROM nodes n WHERE n.user_id = u.id) AS nodes
	FROM users u;
CREATE VIEW show_apikeys AS
	SELECT k.id, 'hskey-api-' || k.prefix || '-***' AS key, u.name AS user, k.scopes,
		k.description, datetime(k.created_ms / 1000, 'unixepoch') AS created,
		coalesce(datetime(k.expiry_ms / 1000, 'unixepoch'), 'never') AS expiry,
		datetime(k.last_used_ms / 1000, 'unixepoch') AS last_used
	FROM apikeys k LEFT JOIN users u ON u.id = k.user_id;
CREATE VIEW show_oauth_clients AS
	SELECT c.id, c.scopes, c.tags, c.description, u.name AS made_by,
		datetime(c.created_ms / 1000, 'unixepoch') AS created,
		(SELECT count(*) FROM oauth_tokens t WHERE t.client_id = c.id) AS tokens
	FROM oauth_clients c LEFT JOIN users u ON u.id = c.user_id;
CREATE VIEW show_settings AS
	SELECT name, value, datetime(updated_ms / 1000, 'unixepoch') AS updated FROM settings;
