#include "trustmaker.h"

/* The folder back to what init made. */
static void
reset(void)
{
	shell("rm -rf trust/* && chmod 755 trust");
	publish(1, &base, 1U << PERSON);
}

static void
test_made(void **state)
{
	const struct seki_trust_member *m;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_policy p;
	struct seki_trust *t;
	char digits[SEKI_DIGITS];

	(void)state;
	t = open_trust(CREATED, &err);
	if (t == NULL)
		fail_msg("%s: %s", seki_err_word(err.reason), err.text);
	assert_int_equal(seki_trust_version(t), 1);
	assert_string_equal(seki_trust_org(t), "012041");
	assert_int_equal(seki_trust_persons(t), 1);
	assert_int_equal(seki_trust_threshold(t), 1);
	assert_non_null(m = seki_trust_member(t, 1));
	assert_true(m->safe && m->root);
	assert_string_equal(
	    seki_trust_owner(t, seki_key_id(key[HOST])), "inet-1");
	assert_null(seki_trust_owner(t, seki_key_id(key[STRANGER])));
	assert_int_equal(seki_trust_policy(t, "soudan", &p, &err), 0);
	assert_int_equal(p.prepare, 1);
	assert_int_equal(p.approve, 0);
	assert_int_equal(p.max_jump, 32);
	assert_true(p.clear && p.media && !p.relay);
	assert_int_equal(seki_enrol_digits(t, digits, &err), 0);
	assert_int_equal(strlen(digits), 35);
	seki_trust_free(t);
}

/* Each edit is signed by a good root key. */
static const struct {
	const char *from, *to, *text;
} rows[] = {
	{ "\"version\":1", "\"version\": 1", "canonical" },
	{ "\"version\":1", "\"version\":1,\"version\":1", "twice" },
	{ "\"version\":1", "\"version\":2", "file's name" },
	{ "\"version\":1", "\"version\":0", "out of range" },
	{ "\"version\":1", "\"version\":1,\"x\":1", "unknown key" },
	{ "seki-trust/1", "seki-trust/2", "newer seki" },
	{ "seki-trust/1", "seki-trusd/1", "not a trust file" },
	{ "\"notes\":{},", "", "notes" },
	{ "\"notes\":{}", "\"notes\":{\"a\":1}", "notes" },
	{ "\"org\":\"012041\"", "\"org\":\"012040\"", "\"org\"" },
	{ "\"expires\":\"2026", "\"expires\":\"2025", "expires" },
	{ "\"threshold\":1", "\"threshold\":0", "threshold" },
	{ "\"threshold\":1", "\"threshold\":3", "threshold" },
	{ "\"threshold\":1", "\"threshold\":2", "1 of the 2 root persons" },
	{ "[\"p-0001\",\"safe-1\"]", "[\"p-0001\",\"p-0001\"]", "different" },
	{ "[\"p-0001\",\"safe-1\"]", "[\"p-0001\",\"inet-1\"]", "different" },
	{ "[\"p-0001\",\"safe-1\"]", "[\"p-0001\",\"p-0009\"]", "different" },
	{ "[\"p-0001\",\"safe-1\"]", "[\"safe-1\"]", "0 of the 1 root" },
	{ "\"hosts\":[{\"id\":\"inet-1\"", "\"hosts\":[{\"id\":\"p-0001\"",
	    "one id for two" },
	{ "\"hosts\":[{\"id\":\"inet-1\"", "\"hosts\":[{\"id\":\"In\"",
	    "\"id\"" },
	{ "\"hosts\":[{\"id\":\"inet-1\"", "\"hosts\":[{\"id\":\"inet-2\"",
	    "\"owner\"" },
	{ "\"safe\":false", "\"safe\":0", "\"safe\"" },
	{ "\"safe\":false", "\"safe\":true", "\"roles\"" },
	/* what an owner may not do */
	{ "[\"prepare\"]", "[\"approve\"]", "\"roles\"" },
	{ "[\"prepare\"]", "[\"prepare\",\"root\"]", "\"roles\"" },
	{ "[\"prepare\"]", "[\"prepare\",\"prepare\"]", "a word twice" },
	{ "[\"prepare\"]", "[\"admin\"]", "unknown word" },
	{ "[\"prepare\"]", "[]", "empty" },
	{ "[\"approve\",\"root\"]", "[\"receipt\"]", "\"roles\"" },
	{ "[\"ecdsa-p256\"]", "[\"md5\"]", "unknown word" },
	{ "[\"ecdsa-p256\"]", "[]", "empty" },
	{ "\"streams\":[\"*\"]", "\"streams\":[\"**\"]", "\"streams\"" },
	{ "\"streams\":[\"*\"]", "\"streams\":[1]", "\"streams\"" },
	{ "\"certificate\":\"MII", "\"certificate\":\"NII", "certificate" },
	{ "\"certificate\":\"MII", "\"certificate\":\"!II", "not base64" },
	{ "\"certificate\":\"MII", "\"certificate\":\"AMII", "not base64" },
	{ "\"owner\":\"inet-1\"", "\"owner\":\"p-0009\"", "\"owner\"" },
	/* policies */
	{ "\"prepare\":1", "\"prepare\":0", "out of range" },
	{ "\"prepare\":1", "\"prepare\":17", "out of range" },
	{ "\"epoch\":1", "\"epoch\":0", "out of range" },
	{ "\"clear\":true", "\"clear\":1", "\"clear\"" },
	{ "[\"media\"]", "[\"mail\"]", "unknown word" },
	{ "\"audience\":\"*\"", "\"audience\":\"\"", "\"audience\"" },
	{ "\"separate_operator\":false", "\"separate_operator\":true",
	    "cannot enforce" },
	{ "\"recipients\":[]", "\"recipients\":[\"x\"]", "recipients" },
	{ "\"streams\":{\"*\"", "\"streams\":{\"A\"", "streams" },
	{ "\"view\":false", "\"view\":false,\"vue\":1", "unknown key" },
	{ "\"revoked\":[]",
	    "\"revoked\":[{\"key\":\"x\",\"reason\":\"\",\"time\":"
	    "\"2026-01-01T00:00:00Z\"}]",
	    "\"key\"" },
};

static void
test_rows(void **state)
{
	struct seki_buf text;
	struct seki_trust *t;
	struct seki_err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		copy(&text);
		edit(&text, rows[i].from, rows[i].to);
		publish(1, &text, 1U << PERSON);
		t = open_trust(CREATED, &err);
		if (t != NULL || err.reason != SEKI_TRUST ||
		    strstr(err.text, rows[i].text) == NULL)
			fail_msg("row %zu: %s: %s: %s", i, rows[i].to,
			    seki_err_word(err.reason), err.text);
		seki_buf_free(&text);
	}
	reset();
}

/* S5's other way: one public key under two owners would count twice. */
static void
test_shared_key(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	char one[4096] = "\"keys\":[";
	struct seki_buf text;

	(void)state;
	copy(&text);
	add_second(&text, "\"approve\"", "\"*\"");
	entry(one + strlen(one), sizeof(one) - strlen(one), SECOND, "p-0001",
	    "\"approve\"", "\"*\"");
	edit(&text, "\"keys\":[", one);
	publish(1, &text, 1U << PERSON);
	assert_null(open_trust(CREATED, &err));
	assert_int_equal(err.reason, SEKI_TRUST);
	assert_non_null(strstr(err.text, "twice"));
	seki_buf_free(&text);
	reset();
}

static void
wants(const char *name, struct seki_trust *t, enum seki_reason reason,
    const char *text, const struct seki_err *err)
{
	if ((t != NULL) != (reason == SEKI_OK) || err->reason != reason ||
	    strstr(err->text, text) == NULL)
		fail_msg(
		    "%s: %s: %s", name, seki_err_word(err->reason), err->text);
	seki_trust_free(t);
}

/* Version 2 with another root person. */
static void
second_version(struct seki_buf *text)
{
	copy(text);
	add_second(text, "\"root\",\"approve\"", "\"*\"");
	edit(text, "\"version\":1", "\"version\":2");
	edit(text, "[\"p-0001\",\"safe-1\"]", "[\"p-0002\"]");
	edit(text, "\"created\":\"2026-02-", "\"created\":\"2026-03-");
}

/* S9 and the TUF root rule. */
static void
test_chain(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf text, other;

	(void)state;
	second_version(&text);
	publish(2, &text, 1U << PERSON | 1U << SECOND);
	wants("both", open_trust(CREATED, &err), SEKI_OK, "", &err);
	publish(2, &text, 1U << SAFE | 1U << SECOND);
	wants("safe key", open_trust(CREATED, &err), SEKI_OK, "", &err);
	publish(2, &text, 1U << SECOND);
	wants("new people only", open_trust(CREATED, &err), SEKI_TRUST,
	    "0 of the 1 root persons that 1.json", &err);
	publish(2, &text, 1U << PERSON);
	wants("old people only", open_trust(CREATED, &err), SEKI_TRUST,
	    "0 of the 1 root persons that 2.json", &err);
	publish(2, &text, 1U << PERSON | 1U << SECOND | 1U << STRANGER);
	wants("a stranger too", open_trust(CREATED, &err), SEKI_TRUST,
	    "not in the trust file", &err);
	publish(2, &text, 0);
	wants("nobody", open_trust(CREATED, &err), SEKI_TRUST, "0 of", &err);
	copy(&other);
	edit(&other, "\"version\":1", "\"version\":2");
	publish(2, &other, 1U << PERSON);
	wants("not later", open_trust(CREATED, &err), SEKI_TRUST, "not later",
	    &err);
	edit(&other, "012041", "131041");
	edit(&other, "\"created\":\"2026-02-", "\"created\":\"2026-03-");
	publish(2, &other, 1U << PERSON);
	wants("another town", open_trust(CREATED, &err), SEKI_TRUST,
	    "another organisation", &err);
	edit(&text, "\"version\":2", "\"version\":3");
	shell("rm trust/2.*");
	publish(3, &text, 1U << PERSON | 1U << SECOND);
	wants("N+2 without N+1", open_trust(CREATED, &err), SEKI_TRUST,
	    "2.json is missing", &err);
	shell("rm trust/1.*");
	publish(3, &text, 1U << SECOND);
	wants("enrolled at 3", open_trust(CREATED, &err), SEKI_OK, "", &err);
	seki_buf_free(&text);
	seki_buf_free(&other);
	reset();
}

/* Signatures beside the file. */
static void
test_signatures(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	sign("trust/1.0.p7s", &base, HOST, SEKI_P_TRUST, CREATED);
	wants("a host's", open_trust(CREATED, &err), SEKI_OK, "", &err);
	shell("rm trust/1.1.p7s");
	wants("only a host's", open_trust(CREATED, &err), SEKI_TRUST, "0 of",
	    &err);
	sign("trust/1.1.p7s", &base, PERSON, SEKI_P_APPROVE, CREATED);
	wants("another purpose", open_trust(CREATED, &err), SEKI_TRUST,
	    "signed as approve", &err);
	sign("trust/1.1.p7s", &base, PERSON, SEKI_P_TRUST, BORN - 1);
	wants(
	    "too early", open_trust(CREATED, &err), SEKI_TRUST, "dates", &err);
	save("trust/1.1.p7s", "x", 1);
	wants(
	    "rubbish", open_trust(CREATED, &err), SEKI_TRUST, "1.1.p7s", &err);
	reset();
	shell("cp trust/1.json x && printf ' ' >> x && mv x trust/1.json");
	wants("a byte more", open_trust(CREATED, &err), SEKI_TRUST, "canonical",
	    &err);
	reset();
	wants("expired", open_trust(CREATED + 70 * 86400, &err), SEKI_TRUST,
	    "expired on 2026-06-01 00:00", &err);
	wants("expired, to look at", open_trust(0, &err), SEKI_OK, "", &err);
}

static void
test_folder(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_trust *t;
	seki_time when;
	char line[128];

	(void)state;
	shell("chmod 775 trust");
	wants("open to a group", open_trust(CREATED, &err), SEKI_UNSAFE, "0775",
	    &err);
	shell("chmod 757 trust");
	wants("open to all", open_trust(CREATED, &err), SEKI_UNSAFE, "0757",
	    &err);
	reset();
	shell("mv trust/1.json trust/real && ln -s real trust/1.json");
	wants("a link", open_trust(CREATED, &err), SEKI_FILE, "", &err);
	reset();
	shell("rm trust/*");
	wants("empty", open_trust(CREATED, &err), SEKI_CONFIG, "no trust file",
	    &err);
	reset();
	shell("touch trust/01.json trust/a.json trust/1.p7s trust/Thumbs.db");
	wants("other files", open_trust(CREATED, &err), SEKI_OK, "", &err);
	shell("echo abc > trust/deny");
	wants(
	    "bad deny", open_trust(CREATED, &err), SEKI_CONFIG, "line 1", &err);
	(void)snprintf(
	    line, sizeof(line), "# lost\n\n%s\r\n", seki_key_id(key[HOST]));
	save("trust/deny", line, strlen(line));
	t = open_trust(CREATED, &err);
	assert_non_null(t);
	assert_int_equal(
	    seki_trust_revoked(t, seki_key_id(key[HOST]), &when), 1);
	assert_int_equal(when, 0);
	assert_int_equal(
	    seki_trust_revoked(t, seki_key_id(key[PERSON]), &when), 0);
	seki_trust_free(t);
	reset();
}

static void
test_warn(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_trust *t = open_trust(0, &err);
	seki_time end;
	char text[256];

	(void)state;
	assert_non_null(t);
	end = seki_trust_expires(t);
	assert_int_equal(seki_trust_warn(t, end - 31 * 86400, 0, text, 256), 0);
	assert_int_equal(seki_trust_warn(t, end - 30 * 86400, 0, text, 256), 1);
	assert_non_null(strstr(text, "1.json"));
	assert_int_equal(seki_trust_warn(t, end - 30 * 86400, 1, text, 256), 0);
	end = seki_trust_key(t, 0)->not_after;
	assert_int_equal(seki_trust_warn(t, end - 86400, 0, text, 256), 1);
	assert_non_null(strstr(text, "inet-1"));
	assert_int_equal(seki_trust_warn(t, end - 86400, 1, text, 256), 1);
	assert_int_equal(seki_trust_warn(t, end - 86400, 2, text, 256), 0);
	seki_trust_free(t);
}

/* The end of 31 May after the next April, Japan time. */
static void
test_end(void **state)
{
	static const struct {
		const char *now, *end;
	} ends[] = {
		{ "2026-03-31T14:59:59Z", "2026-05-31T15:00:00Z" },
		{ "2026-03-31T15:00:00Z", "2027-05-31T15:00:00Z" },
		{ "2026-12-31T14:59:59Z", "2027-05-31T15:00:00Z" },
		{ "2026-12-31T15:00:00Z", "2027-05-31T15:00:00Z" },
	};
	char text[SEKI_TIME];
	seki_time now;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		assert_int_equal(
		    seki_time_parse(ends[i].now, strlen(ends[i].now), &now), 0);
		seki_time_format(seki_enrol_end(now), text);
		assert_string_equal(text, ends[i].end);
	}
}

static void
test_digits(void **state)
{
	static const char ours[] = "12345 67890 00000 11111 22222 33333";
	static const struct {
		const char *s;
		int same;
	} spelt[] = {
		{ "12345 67890 00000 11111 22222 33333", 1 },
		{ "123456789000000111112222233333", 1 },
		{ " 12345-67890-00000-11111-22222-33333\n", 1 },
		{ "１２３４５　６７８９０ 00000 11111 22222 33333", 1 },
		{ "12345 67890 00000 11111 22222 33334", 0 },
		{ "12345 67890 00000 11111 22222 3333", 0 },
		{ "12345 67890 00000 11111 22222 333333", 0 },
		{ "12345 67890 00000 11111 22222 33333x", 0 },
		{ "12345", 0 },
		{ "", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(spelt) / sizeof(spelt[0]); i++)
		if (seki_enrol_same(ours, spelt[i].s) != spelt[i].same)
			fail_msg("row %zu: %s", i, spelt[i].s);
}

/* What is here already must be a part of what was brought. */
static void
test_accept(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf text;
	struct seki_trust *t;
	char path[128], to[128];

	(void)state;
	at(path, "trust");
	at(to, "here");
	t = seki_enrol_open(path, CREATED, &err);
	assert_non_null(t);
	assert_int_equal(seki_enrol_accept(t, to, &err), 0);
	assert_int_equal(seki_enrol_accept(t, to, &err), 1);
	/* What was verified is installed, whatever the stick says now. */
	shell("rm -r here && echo x > trust/1.json");
	assert_int_equal(seki_enrol_accept(t, to, &err), 0);
	shell("test $(wc -c < here/1.json) -gt 1000");
	seki_trust_free(t);
	reset();
	/* N -> N+1 */
	second_version(&text);
	publish(2, &text, 1U << PERSON | 1U << SECOND);
	t = seki_enrol_open(path, CREATED, &err);
	assert_non_null(t);
	assert_int_equal(seki_enrol_accept(t, to, &err), 0);
	seki_trust_free(t);
	t = seki_trust_open(to, CREATED, &err);
	assert_non_null(t);
	assert_int_equal(seki_trust_version(t), 2);
	seki_trust_free(t);
	/* back to N */
	reset();
	t = seki_enrol_open(path, CREATED, &err);
	assert_non_null(t);
	assert_int_equal(seki_enrol_accept(t, to, &err), -1);
	assert_int_equal(err.reason, SEKI_TRUST);
	assert_non_null(strstr(err.text, "version 2 is installed here"));
	seki_trust_free(t);
	/* S9: N again with other bytes */
	seki_err_clear(&err);
	shell("rm here/2.*");
	seki_buf_free(&text);
	copy(&text);
	edit(&text, "\"notes\":{}", "\"notes\":{\"a\":\"b\"}");
	publish(1, &text, 1U << PERSON);
	t = seki_enrol_open(path, CREATED, &err);
	assert_non_null(t);
	assert_int_equal(seki_enrol_accept(t, to, &err), -1);
	assert_int_equal(err.reason, SEKI_TRUST);
	assert_non_null(strstr(err.text, "other bytes"));
	seki_trust_free(t);
	seki_buf_free(&text);
	shell("rm -r here");
	reset();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_shared_key),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_warn),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_digits),
		cmocka_unit_test(test_accept),
	};

	return cmocka_run_group_tests(tests, trust_setup, trust_teardown);
}
