/*
 * tests/store/plan.h -- no statement may read a whole table by accident.
 *
 * Every test ends here: all statements that it ran are still prepared, so their
 * plans are looked at, with those of the triggers that they fire.
 */
#ifndef TESTS_STORE_PLAN_H
#define TESTS_STORE_PLAN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/store/db_impl.h"

/* What may: the statement has 'sql' in it, the plan is 'plan'. */
static const struct plan_allowed { const char *sql, *plan, *why; } plans_allowed[] = {
	{ "FROM users WHERE +tailnet_id", "SCAN users", "lists all" },
	{ "FROM nodes WHERE +tailnet_id", "SCAN nodes", "lists all" },
	{ "FROM authkeys WHERE tailnet_id", "SCAN authkeys", "lists all" },
	{ "FROM apikeys WHERE tailnet_id", "SCAN apikeys", "lists all" },
	{ "FROM oauth_clients WHERE tailnet_id", "SCAN oauth_clients", "lists all" },
	{ "FROM oauth_clients WHERE tailnet_id", "USE TEMP B-TREE FOR ORDER BY", "lists all" },
	{ "INSERT INTO token_failures", "SCAN token_failures USING COVERING INDEX token_failure_since",
	    "are there so many?" },
	{ "(SELECT count(*) FROM webhook_outbox)", "SCAN webhook_outbox USING COVERING INDEX webhook_outbox_of",
	    "counts all" },
	{ "(SELECT count(*) FROM webhook_outbox)", "SCAN webhook_outbox", "the first row" },
	{ "FROM logins WHERE tailnet_id", "SCAN logins USING INDEX login_expiry", "lists all" },
	{ " nodes ", "SCAN n USING INDEX node_router", "routers only: the election" },
	{ " nodes ", "USE TEMP B-TREE FOR ORDER BY", "routers of one prefix" },
	{ "FROM nodes WHERE authorized = 0", "SCAN nodes USING INDEX node_waits",
	    "it holds no others" },
	{ "FROM policies WHERE +tailnet_id", "SCAN policies", "lists all, newest first" },
	{ "FROM webhooks", "SCAN webhooks", "a handful" },
	{ "FROM webhooks", "USE TEMP B-TREE FOR ORDER BY", "a handful" },
	{ "", "SCAN clock", "the time, by trigger" },
	{ "", "SCAN e", "the types of one event, by trigger" },
	{ "", "SCAN w", "a handful of webhooks, by trigger" },
	{ "", "SCAN webhooks", "is there any? by trigger" },
	{ "DELETE FROM changes", "SCAN changes", "ends at the first row that is young enough" },
};

static inline int
plan_is_allowed(const char *sql, const char *plan)
{
	if (strstr(plan, "SCAN CONSTANT ROW") != NULL ||
	    strstr(plan, "VIRTUAL TABLE") != NULL ||	/* json_each: a list in one row */
	    (strstr(plan, "SCAN") == NULL && strstr(plan, "TEMP B-TREE") == NULL))
		return 1;
	for (size_t i = 0; i < sizeof(plans_allowed) / sizeof(plans_allowed[0]); i++)
		if (strstr(sql, plans_allowed[i].sql) != NULL &&
		    strcmp(plan, plans_allowed[i].plan) == 0)
			return 1;
	return 0;
}

static inline void
plan_check(sqlite3 *h, const char *sql)
{
	char *text = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
	sqlite3_stmt *p = NULL;

	assert_int_equal(sqlite3_prepare_v2(h, text, -1, &p, NULL), SQLITE_OK);
	while (sqlite3_step(p) == SQLITE_ROW) {
		const char *plan = (const char *)sqlite3_column_text(p, 3);

		if (plan != NULL && !plan_is_allowed(sql, plan))	/* NULL: in some triggers */
			fail_msg("%s: %s", plan, sql);
	}
	sqlite3_finalize(p);
	sqlite3_free(text);
}

static inline void
plans_check(struct db *db)
{
	(void)sqlite3_db_config(db->h, SQLITE_DBCONFIG_TRIGGER_EQP, 1, NULL);
	for (size_t i = 0; i < DB_STMTS; i++)
		if (db->stmts[i].p != NULL && strncmp(db->stmts[i].sql, "PRAGMA", 6) != 0)
			plan_check(db->h, db->stmts[i].sql);
	(void)sqlite3_db_config(db->h, SQLITE_DBCONFIG_TRIGGER_EQP, 0, NULL);
}

#endif
