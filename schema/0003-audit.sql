-- 0003-audit: who changed what, from where, when; what was before and after.
--
-- Written by the triggers below, whoever makes the change: a request, a command,
-- a device that joins, somebody in the sqlite3 shell.  Endpoints, presence and what
-- else a device tells of itself all day are no changes in this sense.

-- Append-only.  Rows go once they are older than audit.keep says, and never before
-- 30 days have passed.  struct audit_row; lib/store/audit.c.
-- The id is the time in microseconds, or one more than the last: it grows with time even
-- if the clock is set back, so time needs no index, which every registration would pay.
CREATE TABLE audit_log (
	id            INTEGER PRIMARY KEY,
	tailnet_id    INTEGER NOT NULL DEFAULT 1,
	at_ms         INTEGER NOT NULL,
	actor_kind    TEXT NOT NULL                   -- who: a key, an OAuth token, a command,
	              CHECK (actor_kind IN ('key', 'token', 'cli', 'node', 'server', 'shell')),
	actor_id      TEXT NOT NULL,                  -- of the key or client; the machine key of a node
	actor         TEXT NOT NULL,                  -- the same for people
	user          TEXT NOT NULL,                  -- whose key it is; '' if nobody's
	address       TEXT NOT NULL,                  -- from where; '' on the machine itself
	action        TEXT NOT NULL,                  -- operationId of the API, or what else was done
	outcome       TEXT NOT NULL DEFAULT 'done' CHECK (outcome IN ('done', 'denied')),
	target_kind   TEXT NOT NULL,                  -- 'node', 'user', 'authkey' …
	target_id     TEXT NOT NULL,
	target        TEXT NOT NULL,                  -- its name at that time
	before        TEXT NOT NULL DEFAULT '{}',     -- JSON: what changed, as it was
	after         TEXT NOT NULL DEFAULT '{}'      -- and as it is; no secret is in either
) STRICT;
CREATE INDEX audit_denied ON audit_log (actor_id, action, at_ms) WHERE outcome = 'denied';

-- Who is at work in the transaction that is open.  A program sets it after BEGIN and
-- puts it back before COMMIT, so that others always find the shell here.
CREATE TABLE audit_context (
	tailnet_id    INTEGER PRIMARY KEY,
	kind          TEXT NOT NULL,
	id            TEXT NOT NULL,
	name          TEXT NOT NULL,
	user          TEXT NOT NULL,
	address       TEXT NOT NULL,
	action        TEXT NOT NULL
) STRICT;
INSERT INTO audit_context (tailnet_id, kind, id, name, user, address, action)
	VALUES (1, 'shell', '', 'sqlite3 shell', '', '', 'edit');

-- How a row is written, said once.
CREATE VIEW audit_notes AS SELECT '' AS target_kind, '' AS target_id, '' AS target,
	'{}' AS before, '{}' AS after WHERE 0;
CREATE TRIGGER audit_note INSTEAD OF INSERT ON audit_notes BEGIN
	INSERT INTO audit_log (id, tailnet_id, at_ms, actor_kind, actor_id, actor, user, address,
		action, target_kind, target_id, target, before, after)
	SELECT max(coalesce((SELECT max(id) FROM audit_log), 0) + 1, clock.ms * 1000),
		c.tailnet_id, clock.ms, c.kind, c.id, c.name, c.user, c.address, c.action, NEW.target_kind,
		CAST(NEW.target_id AS TEXT), NEW.target, NEW.before, NEW.after
	FROM audit_context c,
		(SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) AS ms) clock
	WHERE c.tailnet_id = 1;
END;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit_log BEGIN
	SELECT RAISE(ABORT, 'the audit log never changes');
END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit_log
WHEN OLD.at_ms > CAST((julianday('now') - 2440587.5 - 30) * 86400000 AS INTEGER) BEGIN
	SELECT RAISE(ABORT, 'the audit log is kept for 30 days at least');
END;

-- What is noted of each table.  json_patch() drops what is null: of a change only that
-- which differs is left.  "before" is empty for what is new, "after" for what is gone.
CREATE TRIGGER audit_user_created AFTER INSERT ON users BEGIN
	INSERT INTO audit_notes VALUES ('user', NEW.id, NEW.name, '{}',
		json_patch('{}', json_object(
			'name', NEW.name, 'displayName', NEW.display_name, 'email', NEW.email,
			'pictureUrl', NEW.picture_url, 'role', NEW.role, 'status', NEW.status,
			'provider', NEW.provider)));
END;
CREATE TRIGGER audit_user_changed AFTER UPDATE OF name, display_name, email, picture_url, role, status ON users
WHEN OLD.name IS NOT NEW.name COLLATE BINARY OR OLD.display_name IS NOT NEW.display_name
	OR OLD.email IS NOT NEW.email OR OLD.picture_url IS NOT NEW.picture_url
	OR OLD.role IS NOT NEW.role OR OLD.status IS NOT NEW.status
BEGIN
	INSERT INTO audit_notes VALUES ('user', NEW.id, NEW.name,
		json_patch('{}', json_object(
			'name', CASE WHEN OLD.name IS NOT NEW.name COLLATE BINARY THEN OLD.name END,
			'displayName', CASE WHEN OLD.display_name IS NOT NEW.display_name THEN OLD.display_name END,
			'email', CASE WHEN OLD.email IS NOT NEW.email THEN OLD.email END,
			'pictureUrl', CASE WHEN OLD.picture_url IS NOT NEW.picture_url THEN OLD.picture_url END,
			'role', CASE WHEN OLD.role IS NOT NEW.role THEN OLD.role END,
			'status', CASE WHEN OLD.status IS NOT NEW.status THEN OLD.status END)),
		json_patch('{}', json_object(
			'name', CASE WHEN OLD.name IS NOT NEW.name COLLATE BINARY THEN NEW.name END,
			'displayName', CASE WHEN OLD.display_name IS NOT NEW.display_name THEN NEW.display_name END,
			'email', CASE WHEN OLD.email IS NOT NEW.email THEN NEW.email END,
			'pictureUrl', CASE WHEN OLD.picture_url IS NOT NEW.picture_url THEN NEW.picture_url END,
			'role', CASE WHEN OLD.role IS NOT NEW.role THEN NEW.role END,
			'status', CASE WHEN OLD.status IS NOT NEW.status THEN NEW.status END)));
END;
CREATE TRIGGER audit_user_deleted AFTER DELETE ON users BEGIN
	INSERT INTO audit_notes VALUES ('user', OLD.id, OLD.name,
		json_patch('{}', json_object(
			'name', OLD.name, 'displayName', OLD.display_name, 'email', OLD.email,
			'pictureUrl', OLD.picture_url, 'role', OLD.role, 'status', OLD.status,
			'provider', OLD.provider)), '{}');
END;
CREATE TRIGGER audit_node_created AFTER INSERT ON nodes BEGIN
	INSERT INTO audit_notes VALUES ('node', NEW.id, NEW.name, '{}',
		json_patch('{}', json_object(
			'name', NEW.name, 'user', (SELECT name FROM users WHERE id = NEW.user_id),
			'tags', json(NEW.tags), 'approvedRoutes', json(NEW.approved), 'ipv4', NEW.ipv4,
			'ipv6', NEW.ipv6,
			'expiry', strftime('%Y-%m-%dT%H:%M:%SZ', NEW.expiry_ms / 1000, 'unixepoch'),
			'authorized', json(CASE NEW.authorized WHEN 1 THEN 'true' ELSE 'false' END),
			'machineKey', NEW.machine_key,
			'ephemeral', json(CASE NEW.ephemeral WHEN 1 THEN 'true' ELSE 'false' END),
			'registerMethod', NEW.register_method, 'authKeyId', NEW.authkey_id)));
END;
CREATE TRIGGER audit_node_changed AFTER UPDATE OF name, user_id, tags, approved, ipv4, ipv6, expiry_ms, authorized ON nodes
WHEN OLD.name IS NOT NEW.name COLLATE BINARY OR OLD.user_id IS NOT NEW.user_id
	OR OLD.tags IS NOT NEW.tags OR OLD.approved IS NOT NEW.approved OR OLD.ipv4 IS NOT NEW.ipv4
	OR OLD.ipv6 IS NOT NEW.ipv6 OR OLD.expiry_ms IS NOT NEW.expiry_ms
	OR OLD.authorized IS NOT NEW.authorized
BEGIN
	INSERT INTO audit_notes VALUES ('node', NEW.id, NEW.name,
		json_patch('{}', json_object(
			'name', CASE WHEN OLD.name IS NOT NEW.name COLLATE BINARY THEN OLD.name END,
			'user', CASE WHEN OLD.user_id IS NOT NEW.user_id THEN coalesce((SELECT name FROM users WHERE id = OLD.user_id), '') END,
			'tags', CASE WHEN OLD.tags IS NOT NEW.tags THEN json(OLD.tags) END,
			'approvedRoutes', CASE WHEN OLD.approved IS NOT NEW.approved THEN json(OLD.approved) END,
			'ipv4', CASE WHEN OLD.ipv4 IS NOT NEW.ipv4 THEN coalesce(OLD.ipv4, '') END,
			'ipv6', CASE WHEN OLD.ipv6 IS NOT NEW.ipv6 THEN coalesce(OLD.ipv6, '') END,
			'expiry', CASE WHEN OLD.expiry_ms IS NOT NEW.expiry_ms THEN coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', OLD.expiry_ms / 1000, 'unixepoch'), 'never') END,
			'authorized', CASE WHEN OLD.authorized IS NOT NEW.authorized THEN json(CASE OLD.authorized WHEN 1 THEN 'true' ELSE 'false' END) END)),
		json_patch('{}', json_object(
			'name', CASE WHEN OLD.name IS NOT NEW.name COLLATE BINARY THEN NEW.name END,
			'user', CASE WHEN OLD.user_id IS NOT NEW.user_id THEN coalesce((SELECT name FROM users WHERE id = NEW.user_id), '') END,
			'tags', CASE WHEN OLD.tags IS NOT NEW.tags THEN json(NEW.tags) END,
			'approvedRoutes', CASE WHEN OLD.approved IS NOT NEW.approved THEN json(NEW.approved) END,
			'ipv4', CASE WHEN OLD.ipv4 IS NOT NEW.ipv4 THEN coalesce(NEW.ipv4, '') END,
			'ipv6', CASE WHEN OLD.ipv6 IS NOT NEW.ipv6 THEN coalesce(NEW.ipv6, '') END,
			'expiry', CASE WHEN OLD.expiry_ms IS NOT NEW.expiry_ms THEN coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', NEW.expiry_ms / 1000, 'unixepoch'), 'never') END,
			'authorized', CASE WHEN OLD.authorized IS NOT NEW.authorized THEN json(CASE NEW.authorized WHEN 1 THEN 'true' ELSE 'false' END) END)));
END;
CREATE TRIGGER audit_node_deleted AFTER DELETE ON nodes BEGIN
	INSERT INTO audit_notes VALUES ('node', OLD.id, OLD.name,
		json_patch('{}', json_object(
			'name', OLD.name, 'user', (SELECT name FROM users WHERE id = OLD.user_id),
			'tags', json(OLD.tags), 'approvedRoutes', json(OLD.approved), 'ipv4', OLD.ipv4,
			'ipv6', OLD.ipv6,
			'expiry', strftime('%Y-%m-%dT%H:%M:%SZ', OLD.expiry_ms / 1000, 'unixepoch'),
			'authorized', json(CASE OLD.authorized WHEN 1 THEN 'true' ELSE 'false' END),
			'machineKey', OLD.machine_key,
			'ephemeral', json(CASE OLD.ephemeral WHEN 1 THEN 'true' ELSE 'false' END),
			'registerMethod', OLD.register_method, 'authKeyId', OLD.authkey_id)), '{}');
END;
CREATE TRIGGER audit_authkey_created AFTER INSERT ON authkeys BEGIN
	INSERT INTO audit_notes VALUES ('authkey', NEW.id, 'hskey-auth-' || NEW.prefix, '{}',
		json_patch('{}', json_object(
			'user', (SELECT name FROM users WHERE id = NEW.user_id), 'tags', json(NEW.tags),
			'reusable', json(CASE NEW.reusable WHEN 1 THEN 'true' ELSE 'false' END),
			'ephemeral', json(CASE NEW.ephemeral WHEN 1 THEN 'true' ELSE 'false' END),
			'preauthorized', json(CASE NEW.preauthorized WHEN 1 THEN 'true' ELSE 'false' END),
			'description', NEW.description,
			'expiry', strftime('%Y-%m-%dT%H:%M:%SZ', NEW.expiry_ms / 1000, 'unixepoch'),
			'revoked', strftime('%Y-%m-%dT%H:%M:%SZ', NEW.revoked_ms / 1000, 'unixepoch'))));
END;
CREATE TRIGGER audit_authkey_changed AFTER UPDATE OF description, expiry_ms, revoked_ms ON authkeys
WHEN OLD.description IS NOT NEW.description OR OLD.expiry_ms IS NOT NEW.expiry_ms
	OR OLD.revoked_ms IS NOT NEW.revoked_ms
BEGIN
	INSERT INTO audit_notes VALUES ('authkey', NEW.id, 'hskey-auth-' || NEW.prefix,
		json_patch('{}', json_object(
			'description', CASE WHEN OLD.description IS NOT NEW.description THEN OLD.description END,
			'expiry', CASE WHEN OLD.expiry_ms IS NOT NEW.expiry_ms THEN coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', OLD.expiry_ms / 1000, 'unixepoch'), 'never') END,
			'revoked', CASE WHEN OLD.revoked_ms IS NOT NEW.revoked_ms THEN coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', OLD.revoked_ms / 1000, 'unixepoch'), 'never') END)),
		json_patch('{}', json_object(
			'description', CASE WHEN OLD.description IS NOT NEW.description THEN NEW.description END,
			'expiry', CASE WHEN OLD.expiry_ms IS NOT NEW.expiry_ms THEN coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', NEW.expiry_ms / 1000, 'unixepoch'), 'never') END,
			'revoked', CASE WHEN OLD.revoked_ms IS NOT NEW.revoked_ms THEN coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', NEW.revoked_ms / 1000, 'unixepoch'), 'never') END)));
END;
CREATE TRIGGER audit_authkey_deleted AFTER DELETE ON authkeys BEGIN
	INSERT INTO audit_notes VALUES ('authkey', OLD.id, 'hskey-auth-' || OLD.prefix,
		json_patch('{}', json_object(
			'user', (SELECT name FROM users WHERE id = OLD.user_id), 'tags', json(OLD.tags),
			'reusable', json(CASE OLD.reusable WHEN 1 THEN 'true' ELSE 'false' END),
			'ephemeral', json(CASE OLD.ephemeral WHEN 1 THEN 'true' ELSE 'false' END),
			'preauthorized', json(CASE OLD.preauthorized WHEN 1 THEN 'true' ELSE 'false' END),
			'description', OLD.description,
			'expiry', strftime('%Y-%m-%dT%H:%M:%SZ', OLD.expiry_ms / 1000, 'unixepoch'),
			'revoked', strftime('%Y-%m-%dT%H:%M:%SZ', OLD.revoked_ms / 1000, 'unixepoch'))), '{}');
END;
CREATE TRIGGER audit_apikey_created AFTER INSERT ON apikeys BEGIN
	INSERT INTO audit_notes VALUES ('apikey', NEW.id, 'hskey-api-' || NEW.prefix, '{}',
		json_patch('{}', json_object(
			'user', (SELECT name FROM users WHERE id = NEW.user_id), 'scopes', NEW.scopes,
			'description', NEW.description,
			'expiry', strftime('%Y-%m-%dT%H:%M:%SZ', NEW.expiry_ms / 1000, 'unixepoch'))));
END;
CREATE TRIGGER audit_apikey_changed AFTER UPDATE OF scopes, description, expiry_ms ON apikeys
WHEN OLD.scopes IS NOT NEW.scopes OR OLD.description IS NOT NEW.description
	OR OLD.expiry_ms IS NOT NEW.expiry_ms
BEGIN
	INSERT INTO audit_notes VALUES ('apikey', NEW.id, 'hskey-api-' || NEW.prefix,
		json_patch('{}', json_object(
			'scopes', CASE WHEN OLD.scopes IS NOT NEW.scopes THEN OLD.scopes END,
			'description', CASE WHEN OLD.description IS NOT NEW.description THEN OLD.description END,
			'expiry', CASE WHEN OLD.expiry_ms IS NOT NEW.expiry_ms THEN coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', OLD.expiry_ms / 1000, 'unixepoch'), 'never') END)),
		json_patch('{}', json_object(
			'scopes', CASE WHEN OLD.scopes IS NOT NEW.scopes THEN NEW.scopes END,
			'description', CASE WHEN OLD.description IS NOT NEW.description THEN NEW.description END,
			'expiry', CASE WHEN OLD.expiry_ms IS NOT NEW.expiry_ms THEN coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', NEW.expiry_ms / 1000, 'unixepoch'), 'never') END)));
END;
CREATE TRIGGER audit_apikey_deleted AFTER DELETE ON apikeys BEGIN
	INSERT INTO audit_notes VALUES ('apikey', OLD.id, 'hskey-api-' || OLD.prefix,
		json_patch('{}', json_object(
			'user', (SELECT name FROM users WHERE id = OLD.user_id), 'scopes', OLD.scopes,
			'description', OLD.description,
			'expiry', strftime('%Y-%m-%dT%H:%M:%SZ', OLD.expiry_ms / 1000, 'unixepoch'))), '{}');
END;
CREATE TRIGGER audit_oauth_client_created AFTER INSERT ON oauth_clients BEGIN
	INSERT INTO audit_notes VALUES ('oauth-client', NEW.id, NEW.id, '{}',
		json_patch('{}', json_object(
			'scopes', NEW.scopes, 'tags', json(NEW.tags), 'description', NEW.description)));
END;
CREATE TRIGGER audit_oauth_client_changed AFTER UPDATE OF scopes, tags, description ON oauth_clients
WHEN OLD.scopes IS NOT NEW.scopes OR OLD.tags IS NOT NEW.tags
	OR OLD.description IS NOT NEW.description
BEGIN
	INSERT INTO audit_notes VALUES ('oauth-client', NEW.id, NEW.id,
		json_patch('{}', json_object(
			'scopes', CASE WHEN OLD.scopes IS NOT NEW.scopes THEN OLD.scopes END,
			'tags', CASE WHEN OLD.tags IS NOT NEW.tags THEN json(OLD.tags) END,
			'description', CASE WHEN OLD.description IS NOT NEW.description THEN OLD.description END)),
		json_patch('{}', json_object(
			'scopes', CASE WHEN OLD.scopes IS NOT NEW.scopes THEN NEW.scopes END,
			'tags', CASE WHEN OLD.tags IS NOT NEW.tags THEN json(NEW.tags) END,
			'description', CASE WHEN OLD.description IS NOT NEW.description THEN NEW.description END)));
END;
CREATE TRIGGER audit_oauth_client_deleted AFTER DELETE ON oauth_clients BEGIN
	INSERT INTO audit_notes VALUES ('oauth-client', OLD.id, OLD.id,
		json_patch('{}', json_object(
			'scopes', OLD.scopes, 'tags', json(OLD.tags), 'description', OLD.description)), '{}');
END;
CREATE TRIGGER audit_setting_created AFTER INSERT ON settings BEGIN
	INSERT INTO audit_notes VALUES ('setting', NEW.name, NEW.name, '{}',
		json_patch('{}', json_object(
			'value', json(NEW.value))));
END;
CREATE TRIGGER audit_setting_changed AFTER UPDATE OF value ON settings
WHEN OLD.value IS NOT NEW.value
BEGIN
	INSERT INTO audit_notes VALUES ('setting', NEW.name, NEW.name,
		json_patch('{}', json_object(
			'value', CASE WHEN OLD.value IS NOT NEW.value THEN json(OLD.value) END)),
		json_patch('{}', json_object(
			'value', CASE WHEN OLD.value IS NOT NEW.value THEN json(NEW.value) END)));
END;
CREATE TRIGGER audit_setting_deleted AFTER DELETE ON settings BEGIN
	INSERT INTO audit_notes VALUES ('setting', OLD.name, OLD.name,
		json_patch('{}', json_object(
			'value', json(OLD.value))), '{}');
END;
CREATE TRIGGER audit_attribute_created AFTER INSERT ON node_attributes BEGIN
	INSERT INTO audit_notes VALUES ('attribute', NEW.node_id, NEW.name, '{}',
		json_patch('{}', json_object(
			'node', (SELECT name FROM nodes WHERE id = NEW.node_id), 'value', json(NEW.value),
			'comment', NEW.comment,
			'expiry', strftime('%Y-%m-%dT%H:%M:%SZ', NEW.expiry_ms / 1000, 'unixepoch'))));
END;
CREATE TRIGGER audit_attribute_changed AFTER UPDATE OF value, comment, expiry_ms ON node_attributes
WHEN OLD.value IS NOT NEW.value OR OLD.comment IS NOT NEW.comment
	OR OLD.expiry_ms IS NOT NEW.expiry_ms
BEGIN
	INSERT INTO audit_notes VALUES ('attribute', NEW.node_id, NEW.name,
		json_patch('{}', json_object(
			'value', CASE WHEN OLD.value IS NOT NEW.value THEN json(OLD.value) END,
			'comment', CASE WHEN OLD.comment IS NOT NEW.comment THEN OLD.comment END,
			'expiry', CASE WHEN OLD.expiry_ms IS NOT NEW.expiry_ms THEN coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', OLD.expiry_ms / 1000, 'unixepoch'), 'never') END)),
		json_patch('{}', json_object(
			'value', CASE WHEN OLD.value IS NOT NEW.value THEN json(NEW.value) END,
			'comment', CASE WHEN OLD.comment IS NOT NEW.comment THEN NEW.comment END,
			'expiry', CASE WHEN OLD.expiry_ms IS NOT NEW.expiry_ms THEN coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', NEW.expiry_ms / 1000, 'unixepoch'), 'never') END)));
END;
CREATE TRIGGER audit_attribute_deleted AFTER DELETE ON node_attributes BEGIN
	INSERT INTO audit_notes VALUES ('attribute', OLD.node_id, OLD.name,
		json_patch('{}', json_object(
			'node', (SELECT name FROM nodes WHERE id = OLD.node_id), 'value', json(OLD.value),
			'comment', OLD.comment,
			'expiry', strftime('%Y-%m-%dT%H:%M:%SZ', OLD.expiry_ms / 1000, 'unixepoch'))), '{}');
END;
CREATE TRIGGER audit_policy_set AFTER INSERT ON policies BEGIN
	INSERT INTO audit_notes VALUES ('policy', NEW.id, 'version ' || NEW.id,
		json_patch('{}', json_object('version',
			(SELECT max(id) FROM policies WHERE id < NEW.id))),
		json_patch('{}', json_object('version', NEW.id,
			'bytes', length(CAST(NEW.text AS BLOB)), 'author', NEW.author,
			'comment', NEW.comment, 'rollbackOf', NEW.rollback_of)));
END;
CREATE TRIGGER audit_login_decided AFTER UPDATE OF state ON logins
WHEN OLD.state = 'waiting' AND NEW.state <> 'waiting' BEGIN
	INSERT INTO audit_notes VALUES ('login', NEW.id, coalesce(json_extract(NEW.hostinfo, '$.Hostname'), ''),
		json_object('state', OLD.state),
		json_patch('{}', json_object('state', NEW.state, 'nodeId', NEW.node_id)));
END;
CREATE TRIGGER audit_ssh_check_decided AFTER UPDATE OF state ON ssh_checks
WHEN OLD.state <> NEW.state BEGIN
	INSERT INTO audit_notes VALUES ('ssh-check', NEW.id,
		NEW.local_user || '@' || coalesce((SELECT name FROM nodes WHERE id = NEW.dst_node), NEW.dst_node),
		json_object('state', OLD.state),
		json_object('state', NEW.state, 'sourceId', NEW.src_node,
			'destinationId', NEW.dst_node, 'localUser', NEW.local_user));
END;

-- For people.
CREATE VIEW show_audit AS
	SELECT id, datetime(at_ms / 1000, 'unixepoch') AS at, actor, user, address AS "from",
		CASE outcome WHEN 'denied' THEN action || ' (denied)' ELSE action END AS action,
		target_kind AS kind, target_id, target, before, after
	FROM audit_log;
