/*
 * lib/base/embed.h -- files of the repository as parts of a program.
 *
 * The assembler's .incbin takes them in as they are: no generated sources, and
 * gcc and clang both know it.  The Makefile names the dependency.
 */
#ifndef LIB_BASE_EMBED_H
#define LIB_BASE_EMBED_H

/* At file level: declares <id>_start and <id>_end; the path begins at the root. */
#define EMBED(id, path)						\
	__asm__(".section .rodata\n"				\
	    ".balign 16\n"					\
	    #id "_start: .incbin \"" path "\"\n"		\
	    #id "_end:\n"					\
	    ".previous\n");					\
	extern const char id##_start[], id##_end[]

#endif
