-- 0000-migrations: which of the numbered files next to this one the database has.
--
-- One row per file.  Written by lib/store/migrate.c only, in the transaction
-- that applies the file.  It says something about the file on disk rather than
-- about a tailnet, so it is the one table without tailnet_id.
CREATE TABLE schema_migrations (
	version       INTEGER PRIMARY KEY,    -- 1 for 0001-tailnet
	name          TEXT NOT NULL,          -- '0001-tailnet'
	checksum      TEXT NOT NULL,          -- of the text without comments and blanks
	applied_ms    INTEGER NOT NULL
) STRICT;
