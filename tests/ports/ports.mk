# Other machines than ours: 32 bits, and another C library.
i386:					## builds and tests in a Debian for 32-bit machines
	@sh tests/ports/i386.sh

musl:					## compiles and links everything against musl
	@sh tests/ports/musl.sh

.PHONY: i386 musl
