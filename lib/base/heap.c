/* lib/base/heap.c -- mallopt(3), where there is one. */
#include "lib/base/heap.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>

void
heap_limit(int keep, int apart)
{
	if (apart != 0)
		(void)mallopt(M_MMAP_THRESHOLD, apart);
	(void)mallopt(M_TRIM_THRESHOLD, keep);
}

#else

void
heap_limit(int keep, int apart)
{
	(void)keep;
	(void)apart;
}

#endif
