#include "trustmaker.h"

#define DAY ((seki_time)86400)
#define APPROVE1 "\"approve\":0", "\"approve\":1"

struct by {
	int who;
	enum seki_purpose purpose;
	const char *name;
	seki_time after; /* CREATED */
};
#define BY_HOST                                                                \
	{                                                                      \
		HOST, SEKI_P_PREPARE, "sig/prepare.a.p7s", 60                  \
	}
#define BY_PERSON                                                              \
	{                                                                      \
		PERSON, SEKI_P_APPROVE, "sig/approve.a.p7s", 60                \
	}
#define BY_SECOND                                                              \
	{                                                                      \
		SECOND, SEKI_P_APPROVE, "sig/approve.b.p7s", 60                \
	}
#define NOBODY                                                                 \
	{                                                                      \
		-1, SEKI_P_PREPARE, NULL, 0                                    \
	}

/* The second person approves in every row's trust file. */
static const struct {
	const char *name;
	const char *from, *to; /* in the trust file */
	struct by by[4];
	enum seki_reason reason;
	const char *text;
} rows[] = {
	{ "the tour", NULL, NULL, { BY_HOST, NOBODY }, SEKI_OK, "" },
	{ "approved although not needed", NULL, NULL,
	    { BY_HOST, BY_PERSON, NOBODY }, SEKI_OK, "" },
	{ "nobody signed", NULL, NULL, { NOBODY }, SEKI_THRESHOLD,
	    "0 of 1 persons signed as prepare" },
	{ "not approved", APPROVE1, { BY_HOST, NOBODY }, SEKI_THRESHOLD,
	    "0 of 1 persons signed as approve" },
	{ "approved", APPROVE1, { BY_HOST, BY_PERSON, NOBODY }, SEKI_OK, "" },
	{ "only approved", NULL, NULL, { BY_PERSON, NOBODY }, SEKI_THRESHOLD,
	    "prepare" },
	{ "S5: one person twice", "\"approve\":0", "\"approve\":2",
	    { BY_HOST, BY_PERSON, BY_PERSON, NOBODY }, SEKI_THRESHOLD,
	    "1 of 2 persons signed as approve" },
	{ "two persons", "\"approve\":0", "\"approve\":2",
	    { BY_HOST, BY_PERSON, BY_SECOND, NOBODY }, SEKI_OK, "" },
	{ "S6: renamed", APPROVE1,
	    { { HOST, SEKI_P_PREPARE, "sig/approve.a.p7s", 60 }, NOBODY },
	    SEKI_THRESHOLD, "sig/approve.a.p7s was signed as prepare" },
	{ "the name is a hint", NULL, NULL,
	    { { HOST, SEKI_P_PREPARE, "sig/x.p7s", 60 }, NOBODY }, SEKI_OK,
	    "" },
	{ "S2: a stranger", NULL, NULL,
	    { { STRANGER, SEKI_P_PREPARE, "sig/prepare.a.p7s", 60 }, NOBODY },
	    SEKI_SIGNATURE, "not in the trust file" },
	{ "a stranger beside", NULL, NULL,
	    { BY_HOST, { STRANGER, SEKI_P_APPROVE, "sig/approve.a.p7s", 60 },
		NOBODY },
	    SEKI_SIGNATURE, "sig/approve.a.p7s" },
	{ "a host approves", NULL, NULL,
	    { BY_HOST, { HOST, SEKI_P_APPROVE, "sig/approve.a.p7s", 60 },
		NOBODY },
	    SEKI_SIGNATURE, "has not that role" },
	{ "the sealed key approves", NULL, NULL,
	    { BY_HOST, { SAFE, SEKI_P_APPROVE, "sig/approve.a.p7s", 60 },
		NOBODY },
	    SEKI_SIGNATURE, "has not that role" },
	{ "a trust signature", NULL, NULL,
	    { BY_HOST, { PERSON, SEKI_P_TRUST, "sig/approve.a.p7s", 60 },
		NOBODY },
	    SEKI_SIGNATURE, "signed as trust" },
	{ "a day too early", NULL, NULL,
	    { { HOST, SEKI_P_PREPARE, "sig/prepare.a.p7s", -DAY - 1 }, NOBODY },
	    SEKI_SIGNATURE, "does not fit" },
	{ "after the end", NULL, NULL,
	    { { HOST, SEKI_P_PREPARE, "sig/prepare.a.p7s", 14 * DAY + 1 },
		NOBODY },
	    SEKI_SIGNATURE, "does not fit" },
	{ "before the key's dates", "\"not_before\":\"2026-02-",
	    "\"not_before\":\"2026-04-", { BY_HOST, NOBODY }, SEKI_SIGNATURE,
	    "outside the dates" },
	{ "after the key's dates", "\"not_after\":\"2028-05-31",
	    "\"not_after\":\"2026-03-31", { BY_HOST, NOBODY }, SEKI_SIGNATURE,
	    "outside the dates" },
	{ "another stream's key", "\"streams\":[\"*\"]}",
	    "\"streams\":[\"zei\"]}", { BY_HOST, NOBODY }, SEKI_SIGNATURE,
	    "not for this stream" },
	{ "this stream's key", "\"streams\":[\"*\"]}",
	    "\"streams\":[\"zei\",\"soudan\"]}", { BY_HOST, NOBODY }, SEKI_OK,
	    "" },
	{ "another algorithm", "[\"ecdsa-p256\"]", "[\"ecdsa-p384\"]",
	    { BY_HOST, NOBODY }, SEKI_SIGNATURE, "algorithm" },
	/* what the policy says about the manifest */
	{ "no policy", "\"streams\":{\"*\"", "\"streams\":{\"zei\"",
	    { BY_HOST, NOBODY }, SEKI_POLICY, "no policy for the stream" },
	{ "its own policy", "\"streams\":{\"*\"", "\"streams\":{\"soudan\"",
	    { BY_HOST, NOBODY }, SEKI_OK, "" },
	{ "another carrier", "[\"media\"]", "[\"relay\"]", { BY_HOST, NOBODY },
	    SEKI_POLICY, "carrier" },
	{ "not in the clear", "\"clear\":true", "\"clear\":false",
	    { BY_HOST, NOBODY }, SEKI_POLICY, "unencrypted" },
	{ "another audience", "\"audience\":\"*\"", "\"audience\":\"lgwan-2\"",
	    { BY_HOST, NOBODY }, SEKI_POLICY, "lgwan-2" },
	{ "this audience", "\"audience\":\"*\"", "\"audience\":\"lgwan-1\"",
	    { BY_HOST, NOBODY }, SEKI_OK, "" },
	{ "too many records", "\"records\":0", "\"records\":1233",
	    { BY_HOST, NOBODY }, SEKI_POLICY, "1233" },
	{ "just enough records", "\"records\":0", "\"records\":1234",
	    { BY_HOST, NOBODY }, SEKI_OK, "" },
	{ "too many bytes", "\"bytes\":0", "\"bytes\":579231",
	    { BY_HOST, NOBODY }, SEKI_POLICY, "579231" },
	{ "just enough bytes", "\"bytes\":0", "\"bytes\":579232",
	    { BY_HOST, NOBODY }, SEKI_OK, "" },
	{ "with a workbook", "\"view\":false", "\"view\":true",
	    { BY_HOST, NOBODY }, SEKI_OK, "" },
};

static struct seki_manifest *m;
static struct seki_buf bytes = SEKI_BUF_INIT;

static int
setup(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf v = SEKI_BUF_INIT;

	assert_int_equal(trust_setup(state), 0);
	assert_int_equal(
	    seki_in_slurp("tests/data/bundle/manifest.json", 65536, &v, &err),
	    0);
	m = seki_manifest_parse(v.p, v.n, &err);
	if (m == NULL)
		fail_msg("%s", err.text);
	bytes = v;
	return 0;
}

static int
teardown(void **state)
{
	seki_manifest_free(m);
	seki_buf_free(&bytes);
	return trust_teardown(state);
}

/* Sign as the row says, check, clean up. */
static int
check(const struct seki_trust *t, const struct by *by,
    struct seki_signer *signer, struct seki_err *err)
{
	struct seki_buf der[4];
	struct seki_sig sig[4] = { { NULL, NULL, 0 } };
	size_t n;
	int r;

	for (n = 0; by[n].who != -1; n++) {
		der[n] = (struct seki_buf)SEKI_BUF_INIT;
		assert_int_equal(
		    seki_cms_sign(key[by[n].who], by[n].purpose, bytes.p,
			bytes.n, CREATED + by[n].after, &der[n], err),
		    0);
		sig[n] = (struct seki_sig){ by[n].name, der[n].p, der[n].n };
	}
	r = seki_trust_check(t, m, bytes.p, bytes.n, sig, n, signer, err);
	while (n > 0)
		seki_buf_free(&der[--n]);
	return r;
}

static void
test_rows(void **state)
{
	struct seki_signer signer[4];
	struct seki_buf text;
	struct seki_trust *t;
	struct seki_err err;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		copy(&text);
		edit(&text, rows[i].from, rows[i].to);
		add_second(&text, "\"approve\"", "\"*\"");
		publish(1, &text, 1U << PERSON);
		if ((t = open_trust(CREATED, &err)) == NULL)
			fail_msg("%s: %s", rows[i].name, err.text);
		r = check(t, rows[i].by, signer, &err);
		if (r != (rows[i].reason == SEKI_OK ? 0 : -1) ||
		    err.reason != rows[i].reason ||
		    strstr(err.text, rows[i].text) == NULL)
			fail_msg("%s: %d %s: %s", rows[i].name, r,
			    seki_err_word(err.reason), err.text);
		seki_trust_free(t);
		seki_buf_free(&text);
	}
}

/* S7: whatever date it claims; and the same for the deny list. */
static void
test_revoked(void **state)
{
	static const struct by host[] = { BY_HOST, NOBODY };
	struct seki_signer signer[4];
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf text;
	struct seki_trust *t;
	char entry_text[256];

	(void)state;
	copy(&text);
	(void)snprintf(entry_text, sizeof(entry_text),
	    "\"revoked\":[{\"key\":\"%s\",\"reason\":\"lost\",\"time\":"
	    "\"2026-05-01T00:00:00Z\"}]",
	    seki_key_id(key[HOST]));
	edit(&text, "\"revoked\":[]", entry_text);
	publish(1, &text, 1U << PERSON);
	assert_non_null(t = open_trust(CREATED, &err));
	assert_int_equal(check(t, host, signer, &err), -1);
	assert_int_equal(err.reason, SEKI_REVOKED);
	assert_non_null(strstr(err.text, "inet-1"));
	assert_non_null(strstr(err.text, "2026-05-01 09:00"));
	seki_trust_free(t);
	seki_buf_free(&text);

	publish(1, &base, 1U << PERSON);
	(void)snprintf(
	    entry_text, sizeof(entry_text), "%s\n", seki_key_id(key[HOST]));
	save("trust/deny", entry_text, strlen(entry_text));
	assert_non_null(t = open_trust(CREATED, &err));
	assert_int_equal(check(t, host, signer, &err), -1);
	assert_int_equal(err.reason, SEKI_REVOKED);
	assert_non_null(strstr(err.text, "deny list"));
	seki_trust_free(t);
	shell("rm trust/deny");
}

/* Who prepared does not approve, with whichever key. */
static void
test_preparer(void **state)
{
	static const struct by both[] = { BY_HOST,
		{ SECOND, SEKI_P_PREPARE, "sig/prepare.b.p7s", 60 }, BY_SECOND,
		NOBODY };
	struct seki_signer signer[4];
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf text;
	struct seki_trust *t;

	(void)state;
	copy(&text);
	edit(&text, APPROVE1);
	add_second(&text, "\"approve\",\"prepare\"", "\"*\"");
	publish(1, &text, 1U << PERSON);
	assert_non_null(t = open_trust(CREATED, &err));
	assert_int_equal(check(t, both, signer, &err), -1);
	assert_int_equal(err.reason, SEKI_THRESHOLD);
	assert_non_null(strstr(err.text, "0 of 1 persons signed as approve"));
	seki_trust_free(t);
	seki_buf_free(&text);
}

/* What the manifest says of itself. */
static void
test_manifest(void **state)
{
	static const struct by host[] = { BY_HOST, NOBODY };
	struct seki_signer signer[4];
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_trust *t;

	(void)state;
	publish(1, &base, 1U << PERSON);
	assert_non_null(t = open_trust(CREATED, &err));
	assert_int_equal(check(t, host, signer, &err), 0);
	assert_string_equal(signer[0].id, "inet-1");
	assert_string_equal(signer[0].key, seki_key_id(key[HOST]));
	assert_int_equal(signer[0].purpose, SEKI_P_PREPARE);
	assert_int_equal(signer[0].when, CREATED + 60);
	m->trust = 2;
	assert_int_equal(check(t, host, signer, &err), -1);
	assert_int_equal(err.reason, SEKI_TRUST_OLD);
	m->trust = 1;
	seki_err_clear(&err);
	assert_int_equal(seki_manifest_set(&m->prepared_by, "p-0001", &err), 0);
	assert_int_equal(check(t, host, signer, &err), -1);
	assert_int_equal(err.reason, SEKI_SIGNATURE);
	assert_non_null(strstr(err.text, "did not sign"));
	seki_err_clear(&err);
	assert_int_equal(seki_manifest_set(&m->prepared_by, "inet-1", &err), 0);
	assert_int_equal(seki_manifest_set(&m->org, "131041", &err), 0);
	assert_int_equal(check(t, host, signer, &err), -1);
	assert_int_equal(err.reason, SEKI_TRUST);
	seki_err_clear(&err);
	assert_int_equal(seki_manifest_set(&m->org, "012041", &err), 0);
	seki_trust_free(t);
}

/* S1: over other bytes, or broken. */
static void
test_altered(void **state)
{
	struct seki_signer signer[SEKI_SIGNATURES_MAX];
	struct seki_sig sig[SEKI_SIGNATURES_MAX + 1];
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf der = SEKI_BUF_INIT;
	struct seki_trust *t;
	size_t i;

	(void)state;
	publish(1, &base, 1U << PERSON);
	assert_non_null(t = open_trust(CREATED, &err));
	assert_int_equal(seki_cms_sign(key[HOST], SEKI_P_PREPARE, bytes.p,
			     bytes.n, CREATED, &der, &err),
	    0);
	for (i = 0; i <= SEKI_SIGNATURES_MAX; i++)
		sig[i] = (struct seki_sig){ "sig/prepare.a.p7s", der.p, der.n };
	assert_int_equal(
	    seki_trust_check(t, m, bytes.p, bytes.n, sig, 1, signer, &err), 0);
	assert_int_equal(
	    seki_trust_check(t, m, bytes.p, bytes.n - 1, sig, 1, signer, &err),
	    -1);
	assert_int_equal(err.reason, SEKI_SIGNATURE);
	assert_non_null(strstr(err.text, "sig/prepare.a.p7s: "));
	seki_err_clear(&err);
	sig[0].n--;
	assert_int_equal(
	    seki_trust_check(t, m, bytes.p, bytes.n, sig, 1, signer, &err), -1);
	assert_int_equal(err.reason, SEKI_CMS);
	seki_err_clear(&err);
	assert_int_equal(seki_trust_check(t, m, bytes.p, bytes.n, sig,
			     SEKI_SIGNATURES_MAX + 1, signer, &err),
	    -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	seki_buf_free(&der);
	seki_trust_free(t);
}

/* The published vectors belong together; their digits stand in none of them. */
static void
test_vector(void **state)
{
	struct seki_buf bundle = SEKI_BUF_INIT, der = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_signer signer[1];
	char digits[SEKI_DIGITS];
	struct seki_sig sig;
	struct seki_trust *t;

	(void)state;
	t = seki_enrol_open("tests/data/bundle/trust", CREATED, &err);
	if (t == NULL)
		fail_msg("%s: %s", seki_err_word(err.reason), err.text);
	assert_int_equal(seki_enrol_digits(t, digits, &err), 0);
	assert_string_equal(digits, "98211 58853 60904 49131 11518 76402");
	assert_int_equal(seki_in_slurp("tests/data/bundle/manifest.json", 65536,
			     &bundle, &err),
	    0);
	assert_int_equal(
	    seki_in_slurp("tests/data/bundle/prepare.p7s", 65536, &der, &err),
	    0);
	sig = (struct seki_sig){ "sig/prepare.p7s", der.p, der.n };
	assert_int_equal(
	    seki_trust_check(t, m, bundle.p, bundle.n, &sig, 1, signer, &err),
	    0);
	assert_string_equal(signer[0].id, "inet-1");
	assert_int_equal(signer[0].when, CREATED);
	seki_buf_free(&bundle);
	seki_buf_free(&der);
	seki_trust_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_revoked),
		cmocka_unit_test(test_preparer),
		cmocka_unit_test(test_manifest),
		cmocka_unit_test(test_altered),
		cmocka_unit_test(test_vector),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
