-- 0004-webhooks: telling other programs what happens, in Tailscale's format.
--
-- What the audit log has seen is what webhooks tell, so an edit in the sqlite3 shell is
-- told like an API call; only what the clock does (keys that run out) is no edit of
-- anybody's and has triggers of its own.

-- Whom to tell.  struct webhook; lib/store/webhook.c.
-- The secret signs what is sent, so it is here as it is; no list, log or answer shows it.
CREATE TABLE webhooks (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	tailnet_id    INTEGER NOT NULL DEFAULT 1 REFERENCES tailnets (id),
	url           TEXT NOT NULL CONSTRAINT url_is_http
	              CHECK (url GLOB 'https://?*' OR url GLOB 'http://?*')
	              CONSTRAINT url_has_no_password
	              CHECK (url NOT GLOB '*@*' OR instr(substr(url, 9), '/')
	                     BETWEEN 1 AND instr(substr(url, 9), '@')),
	provider      TEXT NOT NULL DEFAULT '' CONSTRAINT provider_is_known
	              CHECK (provider IN ('', 'slack', 'mattermost', 'googlechat', 'discord')),
	subscriptions TEXT NOT NULL                   -- JSON: types of events, or categories
	              CONSTRAINT subscriptions_is_a_json_array
	              CHECK (json_valid(subscriptions) AND json_type(subscriptions) = 'array'),
	secret        TEXT NOT NULL,
	creator       TEXT NOT NULL DEFAULT '',
	created_ms    INTEGER NOT NULL
	              DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)),
	updated_ms    INTEGER NOT NULL
	              DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)),
	-- How sending goes; written by whoever sends.
	failures      INTEGER NOT NULL DEFAULT 0,     -- in a row
	next_ms       INTEGER NOT NULL DEFAULT 0,     -- not before: a pause after a failure, or a claim
	error         TEXT NOT NULL DEFAULT '',       -- of the last attempt, if it failed
	dropped       INTEGER NOT NULL DEFAULT 0      -- events that could not be sent in time
) STRICT;

-- What has still to be sent: one row per event and webhook, in order.  A row goes when
-- the other side has answered with 2xx, so an event may come twice, but none is lost.
-- struct webhook_event; lib/store/webhook.c.
CREATE TABLE webhook_outbox (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	tailnet_id    INTEGER NOT NULL DEFAULT 1,
	webhook_id    INTEGER NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
	type          TEXT NOT NULL,                  -- 'nodeCreated' …
	subject       TEXT NOT NULL DEFAULT '',       -- a name, for the message
	data          TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(data)),
	at_ms         INTEGER NOT NULL
	              DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER))
) STRICT;
CREATE INDEX webhook_outbox_of ON webhook_outbox (webhook_id, id);
-- The sqlite3 shell starts without foreign keys.
CREATE TRIGGER webhook_ends_outbox AFTER DELETE ON webhooks BEGIN
	DELETE FROM webhook_outbox WHERE webhook_id = OLD.id;
END;

-- Whose key runs out within a day has been said; the row goes with that expiry.
CREATE TABLE webhook_expiring (
	node_id       INTEGER PRIMARY KEY REFERENCES nodes (id) ON DELETE CASCADE,
	tailnet_id    INTEGER NOT NULL DEFAULT 1,
	expiry_ms     INTEGER NOT NULL
) STRICT;
CREATE TRIGGER node_ends_webhook_expiring AFTER DELETE ON nodes BEGIN
	DELETE FROM webhook_expiring WHERE node_id = OLD.id;
END;

-- How an event is written: once for each webhook that wants it.
CREATE VIEW webhook_events AS SELECT '' AS type, '' AS subject, '{}' AS data WHERE 0;
CREATE TRIGGER webhook_event INSTEAD OF INSERT ON webhook_events BEGIN
	INSERT INTO webhook_outbox (tailnet_id, webhook_id, type, subject, data)
	SELECT w.tailnet_id, w.id, NEW.type, NEW.subject, NEW.data
	FROM webhooks w WHERE EXISTS (SELECT 1 FROM json_each(w.subscriptions) s
		WHERE s.value IN (NEW.type, 'categoryTailnetManagement'));
END;

-- What the audit log saw happen to a device.  managedBy is its owner, or its tags.
CREATE TRIGGER webhook_of_node AFTER INSERT ON audit_log
WHEN NEW.target_kind = 'node' AND NEW.outcome = 'done' AND EXISTS (SELECT 1 FROM webhooks) BEGIN
	INSERT INTO webhook_events
	SELECT e.type, NEW.target, json_patch('{}', json_object('nodeID', NEW.target_id,
		'deviceName', NEW.target,
		'managedBy', coalesce((SELECT coalesce(u.name,
				(SELECT group_concat(t.value, ',') FROM json_each(n.tags) t))
			FROM nodes n LEFT JOIN users u ON u.id = n.user_id WHERE n.id = NEW.target_id),
			NEW.before ->> '$.user',
			(SELECT group_concat(t.value, ',') FROM json_each(NEW.before, '$.tags') t)),
		'actor', CASE NEW.user WHEN '' THEN NEW.actor ELSE NEW.user END))
	FROM (SELECT 'nodeCreated' AS type WHERE NEW.before = '{}'
		UNION ALL SELECT 'nodeNeedsApproval' WHERE NEW.after ->> '$.authorized' = 0
		UNION ALL SELECT 'nodeApproved' WHERE NEW.before ->> '$.authorized' = 0
			AND NEW.after ->> '$.authorized' = 1
		UNION ALL SELECT 'nodeDeleted' WHERE NEW.after = '{}') e;
END;

-- To a user.
CREATE TRIGGER webhook_of_user AFTER INSERT ON audit_log
WHEN NEW.target_kind = 'user' AND NEW.outcome = 'done' AND EXISTS (SELECT 1 FROM webhooks) BEGIN
	INSERT INTO webhook_events
	SELECT e.type, NEW.target, json_patch('{}', json_object('userID', NEW.target_id,
		'user', NEW.target, 'oldRoles', CASE e.type WHEN 'userRoleUpdated' THEN NEW.before ->> '$.role' END,
		'newRoles', CASE e.type WHEN 'userRoleUpdated' THEN NEW.after ->> '$.role' END,
		'actor', CASE NEW.user WHEN '' THEN NEW.actor ELSE NEW.user END))
	FROM (SELECT 'userCreated' AS type WHERE NEW.before = '{}'
		UNION ALL SELECT 'userDeleted' WHERE NEW.after = '{}'
		UNION ALL SELECT 'userNeedsApproval' WHERE NEW.after ->> '$.status' = 'needs-approval'
		UNION ALL SELECT 'userSuspended' WHERE NEW.after ->> '$.status' = 'suspended'
		UNION ALL SELECT 'userApproved' WHERE NEW.before ->> '$.status' = 'needs-approval'
			AND NEW.after ->> '$.status' = 'active'
		UNION ALL SELECT 'userRestored' WHERE NEW.before ->> '$.status' = 'suspended'
			AND NEW.after ->> '$.status' = 'active'
		UNION ALL SELECT 'userRoleUpdated' WHERE NEW.before <> '{}'
			AND NEW.before ->> '$.role' <> NEW.after ->> '$.role') e;
END;

-- To the policy, whose texts whoever sends looks up, and to webhooks themselves.
CREATE TRIGGER webhook_of_policy AFTER INSERT ON audit_log
WHEN NEW.target_kind = 'policy' AND NEW.outcome = 'done' AND EXISTS (SELECT 1 FROM webhooks) BEGIN
	INSERT INTO webhook_events VALUES ('policyUpdate', '', json_patch('{}', json_object(
		'oldVersion', NEW.before ->> '$.version', 'newVersion', NEW.after ->> '$.version',
		'actor', CASE NEW.user WHEN '' THEN NEW.actor ELSE NEW.user END)));
END;
CREATE TRIGGER webhook_of_webhook AFTER INSERT ON audit_log
WHEN NEW.target_kind = 'webhook' AND NEW.outcome = 'done' AND NEW.before <> '{}'
	AND EXISTS (SELECT 1 FROM webhooks) BEGIN
	INSERT INTO webhook_events VALUES (
		CASE NEW.after WHEN '{}' THEN 'webhookDeleted' ELSE 'webhookUpdated' END, NEW.target,
		json_object('endpointID', NEW.target_id, 'endpointURL', NEW.target,
			'actor', CASE NEW.user WHEN '' THEN NEW.actor ELSE NEW.user END));
END;

-- By the clock: the tick marks a key that has run out, and says which will.
CREATE TRIGGER webhook_node_expired AFTER UPDATE OF expired ON nodes
WHEN OLD.expired = 0 AND NEW.expired = 1 AND EXISTS (SELECT 1 FROM webhooks) BEGIN
	INSERT INTO webhook_events VALUES ('nodeKeyExpired', NEW.name, json_patch('{}', json_object(
		'nodeID', CAST(NEW.id AS TEXT), 'deviceName', NEW.name,
		'managedBy', coalesce((SELECT name FROM users WHERE id = NEW.user_id),
			(SELECT group_concat(t.value, ',') FROM json_each(NEW.tags) t)),
		'expiration', strftime('%Y-%m-%dT%H:%M:%SZ', NEW.expiry_ms / 1000, 'unixepoch'))));
END;
CREATE TRIGGER webhook_node_expiring AFTER INSERT ON webhook_expiring BEGIN
	INSERT INTO webhook_events
	SELECT 'nodeKeyExpiringInOneDay', n.name, json_patch('{}', json_object(
		'nodeID', CAST(n.id AS TEXT), 'deviceName', n.name,
		'managedBy', coalesce((SELECT name FROM users WHERE id = n.user_id),
			(SELECT group_concat(t.value, ',') FROM json_each(n.tags) t)),
		'expiration', strftime('%Y-%m-%dT%H:%M:%SZ', n.expiry_ms / 1000, 'unixepoch')))
	FROM nodes n WHERE n.id = NEW.node_id;
END;

-- Webhooks in the audit log, by their address up to the path, which chat services use as
-- a secret.  That a secret or an address was changed is noted, not what it is.
CREATE VIEW audit_webhooks AS SELECT 0 AS id, '' AS url, '{}' AS before, '{}' AS after WHERE 0;
CREATE TRIGGER audit_webhook INSTEAD OF INSERT ON audit_webhooks BEGIN
	INSERT INTO audit_notes SELECT 'webhook', NEW.id, substr(NEW.url, 1, 7 + instr(substr(
		replace(replace(NEW.url, '?', '/'), '#', '/') || '/', 9), '/')), NEW.before, NEW.after;
END;
CREATE TRIGGER audit_webhook_created AFTER INSERT ON webhooks BEGIN
	INSERT INTO audit_webhooks VALUES (NEW.id, NEW.url, '{}', json_object(
		'provider', NEW.provider, 'subscriptions', json(NEW.subscriptions)));
END;
CREATE TRIGGER audit_webhook_changed AFTER UPDATE OF url, provider, subscriptions, secret ON webhooks
WHEN OLD.url <> NEW.url OR OLD.provider <> NEW.provider
	OR OLD.subscriptions <> NEW.subscriptions OR OLD.secret <> NEW.secret
BEGIN
	INSERT INTO audit_webhooks VALUES (NEW.id, NEW.url,
		json_patch('{}', json_object(
			'url', CASE WHEN OLD.url <> NEW.url THEN 'old' END,
			'provider', CASE WHEN OLD.provider <> NEW.provider THEN OLD.provider END,
			'subscriptions', CASE WHEN OLD.subscriptions <> NEW.subscriptions
				THEN json(OLD.subscriptions) END,
			'secret', CASE WHEN OLD.secret <> NEW.secret THEN 'old' END)),
		json_patch('{}', json_object(
			'url', CASE WHEN OLD.url <> NEW.url THEN 'new' END,
			'provider', CASE WHEN OLD.provider <> NEW.provider THEN NEW.provider END,
			'subscriptions', CASE WHEN OLD.subscriptions <> NEW.subscriptions
				THEN json(NEW.subscriptions) END,
			'secret', CASE WHEN OLD.secret <> NEW.secret THEN 'new' END)));
END;
CREATE TRIGGER audit_webhook_deleted AFTER DELETE ON webhooks BEGIN
	INSERT INTO audit_webhooks VALUES (OLD.id, OLD.url, json_object(
		'provider', OLD.provider, 'subscriptions', json(OLD.subscriptions)), '{}');
END;

-- For people.
CREATE VIEW show_webhooks AS
	SELECT w.id, w.url, w.provider, w.subscriptions, w.creator,
		(SELECT count(*) FROM webhook_outbox o WHERE o.webhook_id = w.id) AS waiting,
		w.failures, w.error, w.dropped, datetime(w.created_ms / 1000, 'unixepoch') AS created
	FROM webhooks w;
