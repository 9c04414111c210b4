/* tests/unit/wake_test.c -- the wake datagram, both ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/wake/wake.h"

static char dir[] = "/tmp/headrace-wake-XXXXXX";
static char path[64];

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/wake.sock", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);
}

static void
send_and_drain(void **state)
{
	int fd = wake_listen(path);
	int64_t seq = -1;
	struct stat st;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_false(wake_drain(fd, &seq));
	assert_int_equal(seq, -1);
	wake_send(path, 5);
	wake_send(path, 0x0102030405060708);
	wake_send(path, 7);
	assert_true(wake_drain(fd, &seq));
	assert_true(seq == 0x0102030405060708);
	assert_false(wake_drain(fd, &seq));
	assert_int_equal(close(fd), 0);
}

/* A full queue must neither block the sender nor fail. */
static void
nobody_reads(void **state)
{
	int fd = wake_listen(path);
	int64_t seq;

	(void)state;
	for (int i = 0; i < 2000; i++)
		wake_send(path, i);
	assert_true(wake_drain(fd, &seq));
	assert_int_equal(close(fd), 0);
	wake_send(path, 1);		/* nobody listens */
	assert_int_equal(unlink(path), 0);
	wake_send(path, 1);		/* nor is there a file */
	wake_send("", 1);
}

static void
stale_and_live(void **state)
{
	int fd = wake_listen(path), again;
	int64_t seq = 0;

	(void)state;
	assert_int_equal(wake_listen(path), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(close(fd), 0);		/* the file stays, as after a crash */
	again = wake_listen(path);
	assert_true(again >= 0);
	wake_send(path, 9);
	assert_true(wake_drain(again, &seq));
	assert_int_equal(seq, 9);
	assert_int_equal(close(again), 0);
	assert_int_equal(unlink(path), 0);
}

static void
paths_that_do_not_work(void **state)
{
	char longer[200];
	int fd;

	(void)state;
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(wake_listen(longer), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	wake_send(longer, 1);
	(void)snprintf(longer, sizeof(longer), "%s/no/wake.sock", dir);
	assert_int_equal(wake_listen(longer), -1);
	assert_int_equal(errno, ENOENT);
	fd = open(path, O_CREAT | O_WRONLY, 0600);	/* not ours to remove */
	assert_int_equal(close(fd), 0);
	assert_int_equal(wake_listen(path), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(unlink(path), 0);
}

static void
strange_datagrams(void **state)
{
	int fd = wake_listen(path), from = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	static const char junk[100];
	int64_t seq = 3;

	(void)state;
	strcpy(sa.sun_path, path);
	for (size_t n = 0; n <= sizeof(junk); n += n == 6 ? 3 : 1) {
		if (n == 8)
			continue;
		assert_int_equal(sendto(from, junk, n, 0, (struct sockaddr *)&sa, sizeof(sa)), n);
		assert_false(wake_drain(fd, &seq));
	}
	assert_int_equal(seq, 3);
	assert_int_equal(close(from), 0);
	assert_int_equal(close(fd), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(send_and_drain),
		cmocka_unit_test(nobody_reads),
		cmocka_unit_test(stale_and_live),
		cmocka_unit_test(paths_that_do_not_work),
		cmocka_unit_test(strange_datagrams),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
