/*
 * lib/wire/delta.h -- what a worker tells the notifier about map streams.
 *
 * Pure codecs, both ends.  Two messages travel as bodies of FastCGI answers on
 * control.sock:
 *
 *   open   the answer to a streaming /machine/map: whose stream it is, as of
 *          which change, which peers its first message holds, and that message.
 *   delta  what changed in (from, to]: fragments of map messages, each with the
 *          streams that may see it.
 *
 * The notifier joins fragments by field name and knows nothing of their
 * contents.  Integers are big-endian.  Limits are in this header; a decoder
 * refuses what passes them.
 */
#ifndef LIB_WIRE_DELTA_H
#define LIB_WIRE_DELTA_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/rd.h"
#include "lib/base/str.h"

#define OPEN_CTYPE "application/x-headrace-open"
#define DELTA_CTYPE "application/x-headrace-delta"
#define DELTA_WEBHOOKS "Headrace-Webhooks"	/* header: in how many ms one has to be told */
#define DELTA_OLDEST "Headrace-Oldest"	/* header: when its oldest change was, Unix ms */

#define DELTA_FRAGMENTS_MAX (1u << 20)
#define DELTA_NAME_MAX 64		/* bytes of a field name or topic */
#define DELTA_IDS_MAX (1u << 20)	/* nodes in one list */

/* ---- open ---- */

struct stream_open {
	int64_t node_id;
	int64_t seq;		/* the map shows all changes up to this one */
	bool zstd;		/* messages are compressed (MapRequest.Compress) */
	bool alone;		/* expired, deleted or not admitted: only SEEN_BY_SUBJECT and
				   SEEN_BY_EVERYONE reach this stream; a refresh may end that state */
	const int64_t *peers;	/* ascending ids of the peers in 'first' */
	uint32_t n_peers;
	struct span first;	/* framed: u32 LE length + bytes; sent as it is */
};

/* Appends everything but 'first' to 'out'; the caller appends that behind it. */
void stream_open_encode(struct buf *out, const struct stream_open *o);

/*
 * Decodes what stream_open_encode() wrote; o->first borrows the rest of 'in'.
 * 'ids' receives the peer ids (room for 'ids_room'); o->peers points to it.
 * ERR_BADREQ: not such a message.  ERR_TOOBIG: more peers than room.
 */
must_check enum err stream_open_decode(struct span in, int64_t *ids,
    uint32_t ids_room, struct stream_open *o);

/* The number of peers announced in a message, to size 'ids'; 0 if malformed. */
uint32_t stream_open_peek(struct span in);

/* ---- delta ---- */

enum frag_op {
	FRAG_VALUE = 1,	/* "name":bytes -- a whole field: Node, DNSConfig, DERPMap … */
	FRAG_ITEM,	/* one element of the array field "name": UserProfiles … */
	FRAG_UPSERT,	/* one element of PeersChanged; the viewer then holds 'subject' */
	FRAG_PATCH,	/* one element of PeersChangedPatch; only for holders of 'subject' */
	FRAG_REMOVE,	/* PeersRemoved:[subject]; the viewer then holds it no more */
	FRAG_REFRESH,	/* the stream gets a whole new first map (asked of a worker) */
	FRAG_CLOSE,	/* end the stream after this message: the node is gone */
	FRAG_WAKE	/* not for streams: requests held on topic 'name' are asked again */
};

enum audience {
	SEEN_BY_ALL = 1,	/* every stream but those of node 'subject' (0: of none), and those alone */
	SEEN_BY_SUBJECT,	/* only the streams of node 'subject' */
	SEEN_BY_LIST,		/* only the streams of the listed nodes (never subject's) */
	SEEN_BY_EVERYONE,	/* every stream, the subject's too */
	SEEN_BY_OTHERS,		/* every stream but those of the listed nodes and of 'subject' */
	SEEN_BY_NEWCOMERS	/* of REFRESH: streams whose map is of a change inside (from, to).
				   What came and went in there is in no fragment. */
};

/*
 * One fragment.  Their order means nothing but for values: of several of one
 * field that a stream may see, the last is sent.  So whoever makes a delta sees
 * to it that no stream may see two of UPSERT, PATCH and REMOVE of one subject: a
 * client that finds a peer in two fields of a message is left in two minds.
 *
 * 'with' is 0 or 1 + the index of an earlier FRAG_ITEM that must
 * be in every message that holds this one, once (a UserProfile); such items
 * have SEEN_BY_LIST with an empty list, so they never go out alone.
 */
struct fragment {
	enum frag_op op;
	enum audience seen_by;
	int64_t subject;	/* node id; 0 if none */
	uint32_t with;
	struct str name;	/* field name, or topic; at most DELTA_NAME_MAX */
	struct span bytes;	/* JSON; empty for REMOVE, REFRESH, CLOSE, WAKE */
	const int64_t *ids;	/* ascending, for SEEN_BY_LIST and SEEN_BY_OTHERS */
	uint32_t n_ids;
};

struct delta_head {
	int64_t from, to;	/* changes in (from, to] */
	uint32_t count;		/* fragments that follow */
};

void delta_head_encode(struct buf *out, const struct delta_head *h);
void fragment_encode(struct buf *out, const struct fragment *f);

/*
 * Reading: delta_head_decode() once, then fragment_decode() h.count times on
 * the same cursor.  'ids' of a fragment are written to 'scratch'.  Borrowed
 * bytes stay valid as long as the input does.
 */
must_check enum err delta_head_decode(struct rd *r, struct delta_head *h);
must_check enum err fragment_decode(struct rd *r, int64_t *scratch,
    uint32_t scratch_room, struct fragment *f);

#endif
