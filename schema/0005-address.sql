-- 0005-address: where a device last connected from.

-- The public side of its connection to us, as the web server or a known proxy said it;
-- '' if nobody has.  Written when a device registers and when it opens a stream, and not
-- told to its peers: no trigger notes it in changes, nor in the audit log.
ALTER TABLE nodes ADD COLUMN client_address TEXT NOT NULL DEFAULT '';

-- For people.
DROP VIEW show_nodes;
CREATE VIEW show_nodes AS
	SELECT n.id, n.name, coalesce(u.name, 'tagged-devices') AS user, n.ipv4, n.ipv6,
		CASE WHEN n.suspended = 1 THEN 'suspended' WHEN n.authorized = 0 THEN 'waiting'
			WHEN n.expired = 1 THEN 'expired' WHEN n.online = 1 THEN 'online'
			ELSE 'offline' END AS state,
		datetime(n.last_seen_ms / 1000, 'unixepoch') AS last_seen, n.client_address,
		coalesce(datetime(n.expiry_ms / 1000, 'unixepoch'), 'never') AS expiry,
		n.tags, n.routes, n.approved, n.os, n.client_version, n.hostname
	FROM nodes n LEFT JOIN users u ON u.id = n.user_id;
