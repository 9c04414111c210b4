/*
 * handlers/internal/documents.h -- the documents that all workers share, and who makes them.
 *
 * The notifier's tick has one worker read files and addresses; the result goes
 * into the database, from where every worker, and a change to it every client,
 * gets it.
 */
#ifndef HANDLERS_INTERNAL_DOCUMENTS_H
#define HANDLERS_INTERNAL_DOCUMENTS_H

#include "lib/http/req.h"

/*
 * Reads the extra-records file and the DERP maps if they are due or changed,
 * and stores what is new.  A source that fails keeps what was there; the log
 * says why.  Slow (network): called outside a transaction.
 */
must_check enum err documents_refresh(struct req *rq);

#endif
