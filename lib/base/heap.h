/*
 * lib/base/heap.h -- how much freed memory a process keeps for the next request.
 *
 * What is big is there for a moment only.  With fixed thresholds it goes back to
 * the system; glibc would otherwise raise them after the first big piece and
 * keep it all.  Other C libraries have no thresholds, and get no call.
 */
#ifndef LIB_BASE_HEAP_H
#define LIB_BASE_HEAP_H

/*
 * Keeps at most 'keep' bytes at the heap's end.  Pieces of 'apart' bytes and more
 * come from the system, and go back to it, on their own; 0: as it is.
 */
void heap_limit(int keep, int apart);

#endif
