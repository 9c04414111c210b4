/* tests/unit/noise_test.c -- Noise IK against the worked example. */
#include "tests/unit/vector.h"

#include <sodium.h>
#include <stdlib.h>

static const struct span none = { NULL, 0 };

static struct span
span_of(const char *s)
{
	return (struct span){ (const uint8_t *)s, strlen(s) };
}

static void
step_is(const uint8_t *got, const char *name)
{
	assert_hex(got, 32, vector_text("steps", name));
}

static void
hkdf_selftest(void **state)
{
	uint8_t ck[32], ikm[8], got[32], t1[32], t2[32];
	size_t n = unhex(vector_text("hkdf_selftest", "ikm"), ikm, sizeof(ikm));

	(void)state;
	unhex(vector_text("hkdf_selftest", "ck"), ck, sizeof(ck));
	blake2s_hmac(got, ck, (struct span){ ikm, n }, none);
	assert_hex(got, 32, vector_text("hkdf_selftest", "prk"));
	blake2s_hkdf2(ck, (struct span){ ikm, n }, t1, t2);
	assert_hex(t1, 32, vector_text("hkdf_selftest", "t1"));
	assert_hex(t2, 32, vector_text("hkdf_selftest", "t2"));
	blake2s_hkdf2(ck, (struct span){ ikm, n }, ck, t2);	/* in place */
	assert_memory_equal(ck, t1, 32);
}

static void
public_keys(void **state)
{
	static const char *const names[] = { "control_static",
	    "control_ephemeral", "machine_static", "machine_ephemeral" };
	char name[64];
	struct key32 priv, pub;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		(void)snprintf(name, sizeof(name), "%s_priv", names[i]);
		priv = vector_key(name);
		key_public(&priv, &pub);
		(void)snprintf(name, sizeof(name), "%s_pub", names[i]);
		assert_hex(pub.b, 32, vector_text("inputs", name));
	}
}

static void
name_and_prologue(void **state)
{
	uint8_t h[32];

	(void)state;
	blake2s(h, span_of(vector_text("inputs", "protocol_name")), none);
	step_is(h, "h0_ck0");
	blake2s(h, (struct span){ h, 32 },
	    span_of(vector_text("inputs", "prologue_ascii")));
	step_is(h, "h1_after_prologue");
}

/* One Diffie-Hellman step with every value that it makes. */
static void
dh_is(struct noise_sym *y, struct key32 priv, struct key32 pub, const char *what)
{
	uint8_t dh[32], prk[32];
	char name[32];

	assert_int_equal(crypto_scalarmult(dh, priv.b, pub.b), 0);
	(void)snprintf(name, sizeof(name), "dh_%s", what);
	step_is(dh, name);
	blake2s_hmac(prk, y->ck, (struct span){ dh, 32 }, none);
	(void)snprintf(name, sizeof(name), "hkdf_prk_%s", what);
	step_is(prk, name);
	assert_int_equal(noise_sym_dh(y, &priv, &pub), OK);
	(void)snprintf(name, sizeof(name), "ck_after_%s", what);
	step_is(y->ck, name);
	(void)snprintf(name, sizeof(name), "k_%s", what);
	step_is(y->k, name);
}

static void
initiation_steps(struct noise_sym *y, const uint8_t *in)
{
	struct key32 e = vector_key("machine_ephemeral_pub"), s;

	noise_sym_hash(y, e.b, 32);
	step_is(y->h, "h3_after_e");
	step_is(y->h, "ad_for_static");
	dh_is(y, vector_key("control_static_priv"), e, "es");
	assert_int_equal(noise_sym_open(y, in + 37, 48, s.b), OK);
	assert_hex(s.b, 32, vector_text("inputs", "machine_static_pub"));
	step_is(y->h, "h4_after_s_ciphertext");
	dh_is(y, vector_key("control_static_priv"), s, "ss");
	assert_int_equal(noise_sym_open(y, in + 85, 16, NULL), OK);
	step_is(y->h, "h5_after_payload_tag");
}

static void
response_steps(struct noise_sym *y)
{
	struct key32 priv = vector_key("control_ephemeral_priv");
	struct key32 re = vector_key("control_ephemeral_pub");
	uint8_t tag[16];

	noise_sym_hash(y, re.b, 32);
	step_is(y->h, "h6_after_responder_e");
	dh_is(y, priv, vector_key("machine_ephemeral_pub"), "ee");
	dh_is(y, priv, vector_key("machine_static_pub"), "se");
	noise_sym_seal(y, NULL, 0, tag);
	assert_hex(tag, 16, vector_text("response", "tag"));
	step_is(y->h, "h7_handshake_hash");
}

static void
every_intermediate(void **state)
{
	struct key32 control = vector_key("control_static_pub");
	uint8_t in[NOISE_INITIATION_SIZE], k1[32], k2[32], prk[32];
	struct noise_sym y;

	(void)state;
	unhex(vector_text("initiation", "message"), in, sizeof(in));
	noise_sym_init(&y, 142, &control);
	step_is(y.ck, "h0_ck0");
	step_is(y.h, "h2_after_responder_static");
	initiation_steps(&y, in);
	response_steps(&y);
	blake2s_hmac(prk, y.ck, none, none);
	step_is(prk, "split_prk");
	noise_sym_split(&y, k1, k2);
	step_is(k1, "split_k1_client_to_server");
	step_is(k2, "split_k2_server_to_client");
}

static void
responder_whole(void **state)
{
	struct key32 priv = vector_key("control_static_priv");
	struct key32 eph = vector_key("control_ephemeral_priv");
	uint8_t in[NOISE_INITIATION_SIZE], out[NOISE_RESPONSE_SIZE];
	struct noise_static self;
	struct noise_session s;
	struct noise_peer peer;

	(void)state;
	noise_static_init(&self, &priv);
	unhex(vector_text("initiation", "message"), in, sizeof(in));
	assert_int_equal(noise_respond_with(&self, &eph, in, out, &s, &peer), OK);
	assert_hex(out, sizeof(out), vector_text("response", "message"));
	assert_hex(peer.machine.b, 32, vector_text("inputs", "machine_static_pub"));
	assert_int_equal(peer.version, 142);
	step_is(s.recv_key, "split_k1_client_to_server");
	step_is(s.send_key, "split_k2_server_to_client");
	step_is(s.hash, "h7_handshake_hash");
	noise_static_wipe(&self);
	assert_true(sodium_is_zero((uint8_t *)&self, sizeof(self)));
	noise_session_wipe(&s);
	assert_true(sodium_is_zero((uint8_t *)&s, sizeof(s)));
}

static void
initiator_whole(void **state)
{
	struct key32 priv = vector_key("machine_static_priv");
	struct key32 eph = vector_key("machine_ephemeral_priv");
	uint8_t out[NOISE_INITIATION_SIZE], in[NOISE_RESPONSE_SIZE];
	struct noise_initiator i = { .version = 142 };
	struct noise_session s;

	(void)state;
	noise_static_init(&i.self, &priv);
	i.control = vector_key("control_static_pub");
	assert_int_equal(noise_initiate_with(&i, &eph, out), OK);
	assert_hex(out, sizeof(out), vector_text("initiation", "message"));
	unhex(vector_text("response", "message"), in, sizeof(in));
	assert_int_equal(noise_finish(&i, in, &s), OK);
	step_is(s.send_key, "split_k1_client_to_server");
	step_is(s.recv_key, "split_k2_server_to_client");
	assert_true(sodium_is_zero((uint8_t *)&i.sym, sizeof(i.sym)));
	assert_true(key_is_zero(&i.ephemeral) && key_is_zero(&i.self.priv));
}

/* The vector gives only the ends and a digest of the largest frame. */
static size_t
frame_plain(jv *f, uint8_t *out)
{
	const char *hex = json_get_str(f, "plaintext", NULL);
	size_t n = (size_t)json_get_i64(f, "plaintext_len", 0);

	if (hex != NULL)
		return unhex(hex, out, NOISE_PLAIN_MAX);
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(i * 7);
	return n;
}

static void
frame_is(jv *f, const uint8_t *got, size_t n)
{
	uint8_t sum[crypto_hash_sha256_BYTES];
	const char *hex = json_get_str(f, "frame", NULL);

	assert_int_equal(n, json_get_i64(f, "frame_len", 0));
	crypto_hash_sha256(sum, got, n);
	assert_hex(sum, sizeof(sum), json_get_str(f, "frame_sha256", NULL));
	if (hex != NULL)
		assert_hex(got, n, hex);
	else
		assert_hex(got + n - 16, 16,
		    json_get_str(f, "frame_last_16", NULL));
}

static void
one_frame(jv *f, struct noise_session *from, struct noise_session *to)
{
	uint8_t plain[NOISE_PLAIN_MAX], out[NOISE_RECORD_MAX];
	uint8_t back[NOISE_PLAIN_MAX];
	size_t n = frame_plain(f, plain);

	print_message("  %s\n", json_get_str(f, "note", ""));
	from->send_n = to->recv_n = (uint64_t)json_get_i64(f, "counter", 0);
	assert_int_equal(noise_seal(from, plain, n, out), OK);
	frame_is(f, out, n + NOISE_OVERHEAD);
	assert_int_equal(noise_open(to, out + 3, n + 16, back), OK);
	assert_memory_equal(back, plain, n);

	/* The same in place. */
	from->send_n = to->recv_n = (uint64_t)json_get_i64(f, "counter", 0);
	memcpy(out + NOISE_HEAD_SIZE, plain, n);
	assert_int_equal(noise_seal(from, out + 3, n, out), OK);
	frame_is(f, out, n + NOISE_OVERHEAD);
	assert_int_equal(noise_open(to, out + 3, n + 16, out + 3), OK);
	assert_memory_equal(out + 3, plain, n);
}

static void
transport_frames(void **state)
{
	jv *frames = json_get(vector, "transport_frames"), *f;
	struct noise_session server, client;
	bool up;

	(void)state;
	vector_handshake(&server, &client);
	assert_int_equal(json_len(frames), 7);
	for (size_t i = 0; i < json_len(frames); i++) {
		f = json_at(frames, i);
		up = strcmp(json_get_str(f, "direction", ""),
		    "client_to_server") == 0;
		one_frame(f, up ? &client : &server, up ? &server : &client);
	}
}

static void
must_fail(void **state)
{
	jv *list = json_get(vector, "must_fail");
	struct key32 priv = vector_key("control_static_priv");
	uint8_t in[NOISE_INITIATION_SIZE], out[NOISE_RESPONSE_SIZE];
	struct noise_static self;
	struct noise_session s;
	struct noise_peer peer;

	(void)state;
	noise_static_init(&self, &priv);
	assert_int_equal(json_len(list), 3);
	for (size_t i = 0; i < json_len(list); i++) {
		unhex(json_get_str(json_at(list, i), "message", ""), in,
		    sizeof(in));
		assert_int_equal(noise_respond(&self, in, out, &s, &peer),
		    ERR_AUTH);
		assert_true(key_is_zero(&peer.machine));
		assert_true(sodium_is_zero((uint8_t *)&s, sizeof(s)));
	}
	unhex(vector_text("initiation", "message"), in, sizeof(in));
	for (size_t i = 2; i < 5; i++) {	/* type and length */
		in[i] ^= 1;
		assert_int_equal(noise_respond(&self, in, out, &s, &peer),
		    ERR_BADREQ);
		in[i] ^= 1;
	}
	assert_int_equal(noise_respond(&self, in, out, &s, &peer), OK);
}

/* An all-zero ephemeral key gives an all-zero secret. */
static void
low_order_refused(void **state)
{
	struct key32 priv = vector_key("control_static_priv");
	uint8_t in[NOISE_INITIATION_SIZE], out[NOISE_RESPONSE_SIZE];
	struct noise_initiator i = { .version = 1 };
	struct noise_static self;
	struct noise_session s;
	struct noise_peer peer;

	(void)state;
	noise_static_init(&self, &priv);
	unhex(vector_text("initiation", "message"), in, sizeof(in));
	memset(in + 5, 0, 32);
	assert_int_equal(noise_respond(&self, in, out, &s, &peer), ERR_AUTH);
	noise_static_init(&i.self, &priv);
	assert_int_equal(noise_initiate(&i, in), ERR_AUTH);
	assert_true(key_is_zero(&i.ephemeral));
}

/* Fresh keys each time; a changed response is refused. */
static void
random_handshakes(void **state)
{
	uint8_t in[NOISE_INITIATION_SIZE], out[NOISE_RESPONSE_SIZE];
	uint8_t last[NOISE_RESPONSE_SIZE] = { 0 };
	struct noise_static self;
	struct noise_session server, client;
	struct noise_peer peer;
	struct key32 k;

	(void)state;
	key_generate(&k);
	noise_static_init(&self, &k);
	for (int round = 0; round < 20; round++) {
		struct noise_initiator i = { .control = self.pub,
		    .version = (uint16_t)(round * 3000) };
		key_generate(&k);
		noise_static_init(&i.self, &k);
		key_public(&k, &k);
		assert_int_equal(noise_initiate(&i, in), OK);
		assert_int_equal(noise_respond(&self, in, out, &server, &peer), OK);
		assert_memory_not_equal(out, last, sizeof(out));
		memcpy(last, out, sizeof(out));
		assert_memory_equal(peer.machine.b, k.b, 32);
		assert_int_equal(peer.version, round * 3000);
		out[round % 51] ^= round % 2 ? 1 : 0;
		assert_int_equal(noise_finish(&i, out, &client),
		    round % 2 == 0 ? OK : round % 51 < 3 ? ERR_BADREQ : ERR_AUTH);
		if (round % 2 == 0)
			assert_memory_equal(client.send_key, server.recv_key, 32);
	}
}

static void
record_limits(void **state)
{
	uint8_t plain[NOISE_PLAIN_MAX + 1] = { 0 }, out[NOISE_RECORD_MAX + 1];
	struct noise_session server, client;

	(void)state;
	vector_handshake(&server, &client);
	assert_int_equal(noise_seal(&server, plain, sizeof(plain), out), ERR_TOOBIG);
	assert_int_equal(server.send_n, 0);
	assert_int_equal(noise_open(&client, out, 15, plain), ERR_AUTH);
	server.send_n = UINT64_MAX;
	assert_int_equal(noise_seal(&server, plain, 1, out), ERR_TOOBIG);
	server.send_n = 0;
	assert_int_equal(noise_seal(&server, plain, 1, out), OK);
	out[3] ^= 1;
	assert_int_equal(noise_open(&client, out + 3, 17, plain), ERR_AUTH);
	assert_int_equal(client.recv_n, 0);
	client.recv_n = UINT64_MAX;
	assert_int_equal(noise_open(&client, out + 3, 17, plain), ERR_AUTH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hkdf_selftest),
		cmocka_unit_test(public_keys),
		cmocka_unit_test(name_and_prologue),
		cmocka_unit_test(every_intermediate),
		cmocka_unit_test(responder_whole),
		cmocka_unit_test(initiator_whole),
		cmocka_unit_test(transport_frames),
		cmocka_unit_test(must_fail),
		cmocka_unit_test(low_order_refused),
		cmocka_unit_test(random_handshakes),
		cmocka_unit_test(record_limits),
	};

	crypto_init();
	return cmocka_run_group_tests(tests, vector_open, vector_close);
}
