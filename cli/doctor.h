/*
 * cli/doctor.h -- headrace doctor: checks that walk a deployment, and what they may find.
 *
 * A check is a row of doctor.c: what has to be known before, and a function that looks.
 * What can be wrong is a row of doctor_cases.c: why it matters, what clients show, what
 * to change.  A check only says which row it is and what it saw.
 *
 * Everything that a server sends is hostile: it is cut to a length before it is kept, and
 * goes to the terminal without control characters (table_clean()).
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/cmd.h"
#include "lib/crypto/key.h"
#include "lib/fetch/probe.h"

#define DOCTOR_FINDINGS_MAX 64
#define DOCTOR_ADDRESSES_MAX 16		/* of a name; more are not looked at */
#define DOCTOR_VERSION 142		/* the client's capability version that we speak as */

/* Web servers whose files we know, by what their Server header begins with. */
enum doctor_server { SERVER_LIGHTTPD, SERVER_APACHE, SERVER_CADDY, SERVER_NGINX, SERVER_COUNT };

/* A line to change that several findings share; one row per web server each. */
enum doctor_topic {
	TOPIC_NONE, TOPIC_UPGRADE, TOPIC_WORKERS, TOPIC_TIMEOUT, TOPIC_BUFFER, TOPIC_BODY,
	TOPIC_CLIENT, TOPIC_AUTH, TOPIC_CERT, TOPIC_PORT80, TOPIC_COUNT
};

/* From FOUND_UP_SWALLOWED to FOUND_NOISE_GARBAGE: what ends a client's attempt to connect. */
enum doctor_id {
	/* the address */
	FOUND_URL_PATH, FOUND_URL_LOCKOUT, FOUND_URL_PORT, FOUND_NAME, FOUND_NAME_SLOW,
	FOUND_NAME_LOCAL, FOUND_ADDRESS_DEAD, FOUND_PORT_REFUSED, FOUND_PORT_FILTERED,
	/* TLS */
	FOUND_TLS, FOUND_TLS_SLOW, FOUND_CERT_EXPIRED, FOUND_CERT_EARLY, FOUND_CERT_NAME, FOUND_CERT_SELF,
	FOUND_CERT_CHAIN, FOUND_CERT_OTHER, FOUND_CERT_SOON,
	/* HTTP */
	FOUND_HTTP_CUT, FOUND_HTTP_HANG, FOUND_HTTP_NOT, FOUND_HTTP_BIG, FOUND_GATEWAY,
	FOUND_KEY_STATUS, FOUND_KEY_BODY, FOUND_KEY_NONE, FOUND_KEY_BAD, FOUND_KEY_REDIRECT, FOUND_KEY_OTHER,
	FOUND_HEALTH_FAIL, FOUND_HEALTH_FOREIGN, FOUND_CLOCK,
	FOUND_API_FOREIGN, FOUND_API_KEY, FOUND_BODY_LIMIT,
	/* the upgrade */
	FOUND_UP_SWALLOWED, FOUND_UP_WORKER, FOUND_UP_HEADER, FOUND_UP_REDIRECT, FOUND_UP_STATUS,
	FOUND_UP_GATEWAY, FOUND_UP_PROTOCOL, FOUND_UP_HANG, FOUND_UP_CUT, FOUND_UP_BIG,
	FOUND_NOISE_KEY, FOUND_NOISE_HANG, FOUND_NOISE_CLOSED, FOUND_NOISE_CUT, FOUND_NOISE_FOREIGN,
	FOUND_NOISE_ERROR, FOUND_NOISE_GARBAGE,
	FOUND_UP_PORT80, FOUND_WEBSOCKET,
	/* what is inside */
	FOUND_H2_HANG, FOUND_H2_CUT, FOUND_H2_GARBAGE, FOUND_H2_ONEWAY, FOUND_INNER,
	FOUND_IDLE_CUT, FOUND_IDLE_SILENT, FOUND_CLIENT_ADDRESS,
	/* this machine */
	FOUND_CONFIG, FOUND_URL_DIFFERS, FOUND_DATA_FOLDER, FOUND_NOISE_FILE, FOUND_DATABASE, FOUND_POLICY,
	FOUND_SERVE_DOWN, FOUND_WEB_DOWN, FOUND_CONTROL_DOWN, FOUND_NOTIFIER_DOWN, FOUND_WAKE_DOWN,
	FOUND_DB_OWNER, FOUND_WAL, FOUND_DISK, FOUND_READONLY, FOUND_SOCKET_CLOSED,
	FOUND_RUN_OPEN, FOUND_DERP_NONE, FOUND_LOCAL_CLOCK,
	/* this machine as a device */
	FOUND_TAILNET_NAME, FOUND_TAILNET_RESOLVER, FOUND_TAILNET_OVERLAP, FOUND_TAILNET_ROUTE,
	FOUND_TAILNET_FIREWALL, FOUND_TAILNET_EXIT,
	FOUND_COUNT
};

struct doctor_case {
	const char *id;		/* for programs */
	bool notice;		/* worth to know, and no fault */
	const char *what;	/* a sentence: what is wrong */
	const char *why;	/* why it matters */
	const char *client;	/* what clients show or log, with ~ and @ in it; NULL: nothing */
	const char *cure;
	enum doctor_topic topic;
};

extern const struct doctor_case doctor_cases[FOUND_COUNT];

/* What to write into a web server's file, with /run/headrace and NAME in it. */
struct doctor_change {
	const char *where;	/* NULL: anywhere in the part of this host */
	const char *line;	/* or several */
};

extern const char *const doctor_server_names[SERVER_COUNT];
extern const char *const doctor_server_files[SERVER_COUNT];	/* where it mostly is */
extern const struct doctor_change doctor_changes[TOPIC_COUNT][SERVER_COUNT];

struct doctor_finding {
	enum doctor_id id;
	const char *check;	/* the row that found it */
	const char *seen;
	const char *client;	/* filled in; NULL: none */
};

/* What a check may need, and a check before it finds out. */
enum doctor_fact {
	FACT_ADDRESS = 1,	/* there is somebody to connect to */
	FACT_HTTP = 2,		/* who speaks HTTP there */
	FACT_KEY = 4,		/* the server's Noise key is known */
	FACT_TUNNEL = 8,	/* HTTP/2 works inside the upgraded connection */
	FACT_CONFIG = 16	/* this machine has a configuration of headrace */
};

struct doctor_tunnel;

struct doctor {
	struct cli *c;
	struct arena *arena;
	struct probe_url url;
	const char *name;		/* scheme://host[:port] */
	const char *only;		/* --address; NULL: what the name resolves to */
	const char *addresses[DOCTOR_ADDRESSES_MAX];
	size_t n_addresses;
	const char *address;		/* the one that all further steps use */
	bool private_host;		/* clients go nowhere but to this address */
	bool cert_bad;			/* so no API key is sent there */
	int64_t timeout_ms;		/* of each step */
	int64_t wait_ms;		/* of the idle connection */
	unsigned facts;			/* enum doctor_fact */
	struct key32 key;		/* FACT_KEY */
	struct doctor_tunnel *tunnel;	/* FACT_TUNNEL */
	bool server_known;
	enum doctor_server server;	/* if it is known */

	const char *check;		/* the row that runs */
	const char *about;		/* what it saw */
	bool skipped;
	struct doctor_finding found[DOCTOR_FINDINGS_MAX];
	size_t n_found;
};

struct doctor_outcome {
	const char *name, *about;
	const char *result;		/* "ok", "notice", "FAILED", "skipped" */
};

/* ---- what checks say (doctor.c) ---- */

/* What is shown beside the check's name. */
void doctor_saw(struct doctor *d, const char *fmt, ...) printf_like(2, 3);

/* The check has nothing to look at, and why. */
void doctor_skip(struct doctor *d, const char *fmt, ...) printf_like(2, 3);

/* 'detail' stands for '@' in what clients show; NULL if there is none. */
void doctor_found(struct doctor *d, enum doctor_id id, const char *detail, const char *fmt, ...)
    printf_like(4, 5);

/* Of the findings from the 'from'th on, those that are no notices. */
size_t doctor_problems(const struct doctor *d, size_t from);

/* 'form' with 'address' for each '~' and 'detail' for each '@'; NULL stays NULL. */
const char *doctor_fill(struct doctor *d, const char *form, const char *address, const char *detail);

/* At most 'max' bytes of what a server sent, in one line. */
const char *doctor_quote(struct doctor *d, struct str text, size_t max);

/* ---- how it is shown (doctor_show.c) ---- */

/* On a terminal: what is done just now, in a line that the next thing overwrites. */
void doctor_progress(const struct doctor *d, const char *text);

/* In text mode: one line. */
void doctor_show_row(const struct doctor *d, const struct doctor_outcome *out);
void doctor_show_findings(struct doctor *d);
jv *doctor_as_json(struct doctor *d, const struct doctor_outcome *out, size_t n);

/* All rows of doctor_cases, in the mode that is asked for. */
void doctor_show_list(struct doctor *d);

/* ---- one function per row ---- */
void doctor_url(struct doctor *d);		/* doctor_name.c */
void doctor_name(struct doctor *d);
void doctor_ports(struct doctor *d);
void doctor_certificate(struct doctor *d);	/* doctor_http.c */
void doctor_key(struct doctor *d);
void doctor_health(struct doctor *d);
void doctor_api(struct doctor *d);
void doctor_body(struct doctor *d);
void doctor_upgrade(struct doctor *d);		/* doctor_upgrade.c */
void doctor_other_port(struct doctor *d);
void doctor_websocket(struct doctor *d);
void doctor_inner(struct doctor *d);		/* doctor_inner.c */
void doctor_idle(struct doctor *d);
void doctor_config(struct doctor *d);		/* doctor_local.c */
void doctor_programs(struct doctor *d);
void doctor_database(struct doctor *d);
void doctor_disk(struct doctor *d);
void doctor_relays(struct doctor *d);
void doctor_sockets(struct doctor *d);
void doctor_tailnet(struct doctor *d);		/* doctor_tailnet.c */

/* ---- shared by them ---- */

/* A request's common members: address, time, no trust that was not earned. */
struct probe_ask doctor_ask(const struct doctor *d, const char *method, const char *url);

/* Says what it means that no answer came; true if one did. */
bool doctor_answered(struct doctor *d, const struct probe_answer *a);

/* Notes the web server that a Server header names. */
void doctor_note_server(struct doctor *d, struct str head);

/* The status as its server worded it: "404 Not Found". */
const char *doctor_status(struct doctor *d, struct str head);

/*
 * The file of this machine in which that web server has the host, with the line that names it:
 * "/etc/nginx/sites-enabled/x:3".  NULL if there is none, or the machine is another.
 */
const char *doctor_site(struct doctor *d, enum doctor_server server);	/* doctor_site.c */

/* ---- the tunnel (doctor_tunnel.c) ---- */

struct noise_initiator;

/*
 * Takes an upgraded connection over, of which 'rest' was read already, and tries the
 * Noise handshake and HTTP/2 on it.  FACT_TUNNEL if it works; else it is closed.
 */
void doctor_tunnel_begin(struct doctor *d, struct probe_line *l, struct str rest,
    struct noise_initiator *i);
void doctor_tunnel_end(struct doctor *d);

#endif
