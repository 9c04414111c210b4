/*
 * notifier/msg.h -- bytes that many streams send, and a stream's queue of them.
 *
 * A message is made once and shared by reference; each stream remembers how far
 * into its first queued message it is.  A message may be charged to a budget
 * (the first maps, notifier/admit): it is given back when the last stream has
 * sent it.
 */
#ifndef NOTIFIER_MSG_H
#define NOTIFIER_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/str.h"

struct msg {
	unsigned refs;
	bool patch;		/* nothing but patches; for the metrics */
	struct span bytes;	/* not empty */
	uint8_t *memory;	/* freed with it; NULL if 'bytes' are constant */
	size_t *budget;		/* reduced by 'charge' with the last reference */
	size_t charge;
};

/* Each returns a message with one reference. */
struct msg *msg_constant(struct span bytes);
/* Takes the memory of 'b' (which is empty then); the message starts at 'from'. */
struct msg *msg_take(struct buf *b, size_t from);

struct msg *msg_ref(struct msg *m);
void msg_unref(struct msg *m);		/* NULL is fine */
void msg_charge(struct msg *m, size_t *budget, size_t n);

/* A queue; zeroed memory is an empty one. */
struct queue {
	struct msg **v;
	uint32_t head, n, cap;	/* 'cap' is a power of two */
	size_t sent;		/* bytes of the first message that are out */
	size_t bytes;		/* not yet out, all messages */
};

void queue_push(struct queue *q, struct msg *m);	/* takes a reference of its own */
struct span queue_next(const struct queue *q);		/* empty if there is none */
void queue_sent(struct queue *q, size_t n);		/* n bytes of queue_next() are out */

/* Drops what was not begun; a message half out must be finished. */
void queue_cut(struct queue *q);
void queue_clear(struct queue *q);			/* drops all, frees the memory */

#endif
