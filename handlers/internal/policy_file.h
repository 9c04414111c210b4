/*
 * handlers/internal/policy_file.h -- a policy that is kept in a file: taking it over.
 *
 * With policy.mode = file the file's text becomes a version in the database like
 * any other, so that every worker has the same one, and the history tells what
 * the file once said.
 */
#ifndef HANDLERS_INTERNAL_POLICY_FILE_H
#define HANDLERS_INTERNAL_POLICY_FILE_H

#include "lib/http/req.h"

/*
 * Looks at the file, and if it has changed since this process last did, takes
 * it over.  One that is not accepted changes nothing; the log and the document
 * DOCUMENT_POLICY_FILE say what is wrong.  One that looks half written is left
 * alone, and *wait_ms lowered to when it shall be looked at again.  Outside a
 * transaction.
 */
must_check enum err policy_file_refresh(struct req *rq, int64_t *wait_ms);

#endif
