/* handlers/throttle.c -- whoever shows wrong keys too often is not listened to. */
#include "handlers/throttle.h"

#include <string.h>

#include "lib/base/client.h"
#include "lib/base/log.h"
#include "lib/store/store.h"

/* Whoever has one IPv6 address has its /64. */
static const char *
network_of(const struct req *rq)
{
	struct ip ip = client_unmapped(ip_of(rq->remote_addr));
	char *text = arena_alloc(rq->arena, PREFIX_TEXT_SIZE);
	struct prefix p = { ip, 64 };

	if (ip.family == 4)
		return ip_write(&ip, text);
	if (ip.family != 6)
		return "unknown";
	p = prefix_masked(p);
	return prefix_write(&p, text);
}

static void
count(struct req *rq, const char *address)
{
	enum err e = db_begin_write_within(rq->db, THROTTLE_BUSY_MS);

	if (e == OK)
		e = db_end_write(rq->db,
		    store_token_failure_note(rq->db, address, rq->now_ms));
	(void)e;	/* one failure fewer that counts */
}

/* At most so many lines as are counted: a flood of wrong keys is none of the log. */
static void
say(const struct req *rq, const char *address, int64_t before)
{
	log_info("a wrong key from %s", rq->remote_addr[0] != '\0' ? rq->remote_addr : address);
	if (before + 1 == THROTTLE_FAILURES_MAX)
		log_warn("%d wrong keys from %s: those that follow are refused for a minute",
		    THROTTLE_FAILURES_MAX, address);
}

enum err
throttle_failure(struct req *rq)
{
	const char *address = network_of(rq);
	int64_t n = 0;

	if (store_token_failures(rq->db, address, rq->now_ms, &n) == OK &&
	    n >= THROTTLE_FAILURES_MAX)
		return req_fail(rq, ERR_LIMITED, "too many requests with a wrong key came "
		    "from your address; try again in a minute");
	count(rq, address);
	say(rq, address, n);
	return req_fail(rq, ERR_AUTH, "no valid key");
}
