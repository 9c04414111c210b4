/* tests/unit/key_test.c -- keys, their text, their files, base64. */
#include "lib/crypto/key.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGITS "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
#define UPPER "0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void
text_form(void **state)
{
	char text[KEY_TEXT_SIZE];
	struct key32 k, again;

	(void)state;
	assert_true(key_read(STR("mkey:" DIGITS), MKEY_PREFIX, &k));
	assert_int_equal(k.b[0], 1);
	assert_int_equal(k.b[31], 0x20);
	assert_string_equal(key_write(&k, MKEY_PREFIX, text), "mkey:" DIGITS);
	assert_true(key_read(STR("mkey:" UPPER), MKEY_PREFIX, &again));
	assert_memory_equal(&k, &again, sizeof(k));
}

static void
text_refused(void **state)
{
	static const char *const bad[] = { "", "mkey:", DIGITS, "mkey:" DIGITS "0",
	    "mkey:" DIGITS "\n", "nodekey:" DIGITS, "MKEY:" DIGITS,
	    "mkey:x102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
	    "mkey:01020304050607080 0a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
	    "mkey:0102030405060708:90a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2" };
	struct key32 k;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_false(key_read(str_of(bad[i]), MKEY_PREFIX, &k));
		assert_false(key_valid(str_of(bad[i]), MKEY_PREFIX));
	}
	assert_false(key_read((struct str){ NULL, 0 }, MKEY_PREFIX, &k));
	assert_true(key_read(STR("mkey:" ZEROS), MKEY_PREFIX, &k));
	assert_true(key_is_zero(&k));
	assert_false(key_valid(STR("mkey:" ZEROS), MKEY_PREFIX));
	assert_true(key_valid(STR("mkey:" DIGITS), MKEY_PREFIX));
}

static void
short_form(void **state)
{
	char out[32];

	(void)state;
	assert_string_equal(key_short("nodekey:" DIGITS, out), "nodekey:01020304");
	assert_string_equal(key_short("privkey:" DIGITS, out), "privkey:(hidden)");
	assert_string_equal(key_short("", out), "[no key]");
	assert_string_equal(key_short(NULL, out), "[no key]");
	assert_string_equal(key_short(DIGITS, out), "[no key]");
	assert_string_equal(key_short("mkey:", out), "mkey:");
	assert_string_equal(key_short("a-prefix-of-great-length:0123456789", out),
	    "a-prefix-of-grea:01234567");
}

static void
pairs(void **state)
{
	struct key32 a, b, pub_a, pub_b;

	(void)state;
	key_generate(&a);
	key_generate(&b);
	key_public(&a, &pub_a);
	key_public(&b, &pub_b);
	assert_memory_not_equal(&a, &b, sizeof(a));
	assert_memory_not_equal(&pub_a, &pub_b, sizeof(a));
	assert_int_equal(a.b[0] & 7, 0);
	assert_int_equal(a.b[31] & 0xc0, 0x40);
	key_wipe(&a);
	assert_true(key_is_zero(&a));
}

static char dir[] = "/tmp/headrace-key-XXXXXX";
static char path[64];

static int
files_begin(void **state)
{
	(void)state;
	(void)snprintf(path, sizeof(path), "%s/noise.key", mkdtemp(dir));
	return 0;
}

static int
files_end(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);	/* fails if anything was left behind */
}

static void
file_put(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
file_made_once(void **state)
{
	struct key32 a, b;
	struct stat st;

	(void)state;
	assert_int_equal(key_file_load(path, &a), ERR_INTERNAL);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(key_file_load_or_make(path, &a), OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, 8 + 64 + 1);
	assert_int_equal(key_file_load_or_make(path, &b), OK);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_int_equal(key_file_load(path, &b), OK);
	assert_memory_equal(&a, &b, sizeof(a));
}

static void
file_contents(void **state)
{
	struct key32 k;

	(void)state;
	file_put("privkey:" DIGITS);
	assert_int_equal(key_file_load(path, &k), OK);
	assert_int_equal(k.b[1], 2);
	file_put("privkey:" DIGITS "\r\n");
	assert_int_equal(key_file_load(path, &k), OK);
	file_put("");
	assert_int_equal(key_file_load(path, &k), ERR_BADREQ);
	file_put("privkey:" ZEROS "\n");
	assert_int_equal(key_file_load(path, &k), ERR_BADREQ);
	file_put("mkey:" DIGITS "\n");
	assert_int_equal(key_file_load_or_make(path, &k), ERR_BADREQ);
	assert_int_equal(key_file_load_or_make("/nonexistent/folder/key", &k),
	    ERR_INTERNAL);
	assert_int_equal(errno, ENOENT);
}

static void
base64_both_ways(void **state)
{
	static const struct { const char *plain, *text; } pair[] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
		{ "foobar", "Zm9vYmFy" }, { "\xff\xfe\xfd", "//79" },
	};
	uint8_t back[16];
	struct buf b;
	size_t n;

	(void)state;
	buf_init(&b, 100);
	for (size_t i = 0; i < COUNT(pair); i++) {
		buf_clear(&b);
		base64_write(&b, (const uint8_t *)pair[i].plain,
		    strlen(pair[i].plain));
		assert_str(buf_as_str(&b), pair[i].text);
		assert_true(base64_read(str_of(pair[i].text), back,
		    sizeof(back), &n));
		assert_int_equal(n, strlen(pair[i].plain));
		assert_memory_equal(back, pair[i].plain, n);
	}
	buf_fini(&b);
}

static void
base64_refused(void **state)
{
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Zg===", "Zh==",
	    "Zm9", "Zm9=", "Zm9v\n", " Zm9v", "Zm9vZg==Zm9v", "__79", "Zm 9v", "=",
	    "\xa6\x94" "9v", "Zm9\xf6" };
	uint8_t out[16];
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (base64_read(str_of(bad[i]), out, sizeof(out), &n))
			fail_msg("accepted \"%s\"", bad[i]);
	assert_false(base64_read(STR("Zm9v"), out, 2, &n));
	assert_true(base64_read(STR("Zm9v"), out, 3, &n));
}

static void
randomness(void **state)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };
	char hex[9];

	(void)state;
	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	for (int i = 0; i < 100; i++)
		assert_true(random_below(7) < 7);
	assert_int_equal(random_below(1), 0);
	hex_write((const uint8_t *)"\x00\xab\x10\xff", 4, hex);
	assert_string_equal(hex, "00ab10ff");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_form),
		cmocka_unit_test(text_refused),
		cmocka_unit_test(short_form),
		cmocka_unit_test(pairs),
		cmocka_unit_test(file_made_once),
		cmocka_unit_test(file_contents),
		cmocka_unit_test(base64_both_ways),
		cmocka_unit_test(base64_refused),
		cmocka_unit_test(randomness),
	};

	crypto_init();
	return cmocka_run_group_tests(tests, files_begin, files_end);
}
