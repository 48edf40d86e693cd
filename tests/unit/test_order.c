#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "seki_int.h"

/*
 * Table C6, a row each, with its edges.  The stream stands at epoch 2, seq 9,
 * made at T; the trust file says epoch 2, start 0, max_jump 3.
 */
#define T ((seki_time)1775000000)
#define DAY 86400
#define HERE "aa" /* digest of the bundle that stands, 32 times */
#define OTHER "bb"

static const struct {
	const char *name;
	int known;
	uint64_t at_epoch, trust_epoch, start;
	uint64_t epoch, seq;
	const char *kind, *digest, *prev; /* byte in hexadecimal, or "" */
	seki_time created;
	int taken;
	int r;
	enum seki_reason reason;
	uint64_t gap;
} rows[] = {
	/* same epoch, seq = stored */
	{ "same again", 1, 2, 2, 0, 2, 9, "full", HERE, "cc", T, 1, 1, SEKI_OK,
	    0 },
	{ "same seq, other bundle", 1, 2, 2, 0, 2, 9, "full", OTHER, "cc",
	    T + 1, 0, -1, SEKI_FORK, 0 },
	{ "its twin for another carrier", 1, 2, 2, 0, 2, 9, "full", OTHER, "cc",
	    T + 1, 1, 1, SEKI_OK, 0 },
	/* seq < stored */
	{ "older, was taken", 1, 2, 2, 0, 2, 4, "full", OTHER, "cc", T - 9, 1,
	    1, SEKI_OK, 0 },
	{ "older, never taken", 1, 2, 2, 0, 2, 4, "full", OTHER, "cc", T - 9, 0,
	    -1, SEKI_REPLAY, 0 },
	{ "older, made later", 1, 2, 2, 0, 2, 8, "full", OTHER, "cc", T + 9, 0,
	    -1, SEKI_REPLAY, 0 },
	/* seq = stored + 1 */
	{ "next", 1, 2, 2, 0, 2, 10, "full", OTHER, HERE, T + 1, 0, 0, SEKI_OK,
	    0 },
	{ "next delta", 1, 2, 2, 0, 2, 10, "delta", OTHER, HERE, T + 1, 0, 0,
	    SEKI_OK, 0 },
	{ "next of another chain", 1, 2, 2, 0, 2, 10, "full", OTHER, "cc",
	    T + 1, 0, -1, SEKI_FORK, 0 },
	{ "next, same second", 1, 2, 2, 0, 2, 10, "full", OTHER, HERE, T, 0, -1,
	    SEKI_ORDER, 0 },
	{ "next, made earlier", 1, 2, 2, 0, 2, 10, "full", OTHER, HERE, T - 1,
	    0, -1, SEKI_ORDER, 0 },
	/* seq > stored + 1 */
	{ "delta with a gap", 1, 2, 2, 0, 2, 11, "delta", OTHER, "cc", T + 1, 0,
	    -1, SEKI_GAP, 0 },
	{ "delta far ahead", 1, 2, 2, 0, 2, 99, "delta", OTHER, "cc", T + 1, 0,
	    -1, SEKI_GAP, 0 },
	{ "full with a gap of one", 1, 2, 2, 0, 2, 11, "full", OTHER, "cc",
	    T + 1, 0, 0, SEKI_OK, 1 },
	{ "full at the last allowed", 1, 2, 2, 0, 2, 12, "full", OTHER, "cc",
	    T + 1, 0, 0, SEKI_OK, 2 },
	{ "full one past it", 1, 2, 2, 0, 2, 13, "full", OTHER, "cc", T + 1, 0,
	    -1, SEKI_JUMP, 0 },
	{ "full with a gap, made earlier", 1, 2, 2, 0, 2, 11, "full", OTHER,
	    "cc", T, 0, -1, SEKI_ORDER, 0 },
	/* epochs */
	{ "older epoch", 1, 2, 2, 0, 1, 10, "full", OTHER, HERE, T + 1, 0, -1,
	    SEKI_REPLAY, 0 },
	{ "epoch raised without the trust file", 1, 2, 2, 0, 3, 1, "full",
	    OTHER, "", T + 1, 0, -1, SEKI_EPOCH, 0 },
	{ "epoch raised by the trust file", 1, 2, 3, 0, 3, 1, "full", OTHER, "",
	    T + 1, 0, 0, SEKI_OK, 0 },
	{ "new epoch, first one missing", 1, 2, 3, 0, 3, 2, "full", OTHER, "cc",
	    T + 1, 0, 0, SEKI_OK, 1 },
	{ "new epoch, too many missing", 1, 2, 3, 0, 3, 4, "full", OTHER, "cc",
	    T + 1, 0, -1, SEKI_JUMP, 0 },
	{ "new epoch, delta with a gap", 1, 2, 3, 0, 3, 2, "delta", OTHER, "cc",
	    T + 1, 0, -1, SEKI_GAP, 0 },
	{ "old epoch after a new one was trusted", 1, 2, 3, 0, 2, 10, "full",
	    OTHER, HERE, T + 1, 0, -1, SEKI_REPLAY, 0 },
	{ "old trust file, store is further", 1, 3, 2, 0, 2, 10, "full", OTHER,
	    HERE, T + 1, 0, -1, SEKI_REPLAY, 0 },
	/* nothing stored yet */
	{ "first", 0, 0, 2, 0, 2, 1, "full", OTHER, "", T, 0, 0, SEKI_OK, 0 },
	{ "first, start 0, seq 2", 0, 0, 2, 0, 2, 2, "full", OTHER, "cc", T, 0,
	    0, SEKI_OK, 1 },
	{ "a full one founds a new store", 0, 0, 2, 0, 2, 4, "full", OTHER,
	    "cc", T, 0, 0, SEKI_OK, 3 },
	{ "start 1, too far", 0, 0, 2, 1, 2, 5, "full", OTHER, "cc", T, 0, -1,
	    SEKI_JUMP, 0 },
	{ "first, a delta that is not seq 1", 0, 0, 2, 0, 2, 2, "delta", OTHER,
	    "cc", T, 0, -1, SEKI_GAP, 0 },
	{ "first, a delta of seq 1", 0, 0, 2, 0, 2, 1, "delta", OTHER, "", T, 0,
	    -1, SEKI_GAP, 0 },
	{ "start 5, a delta of seq 6", 0, 0, 2, 5, 2, 6, "delta", OTHER, "cc",
	    T, 0, -1, SEKI_GAP, 0 },
	{ "a new epoch begins with a delta", 1, 2, 3, 0, 3, 1, "delta", OTHER,
	    "", T + 1, 0, -1, SEKI_GAP, 0 },
	{ "next delta of another chain", 1, 2, 2, 0, 2, 10, "delta", OTHER,
	    "cc", T + 1, 0, -1, SEKI_FORK, 0 },
	{ "next delta, same second", 1, 2, 2, 0, 2, 10, "delta", OTHER, HERE, T,
	    0, -1, SEKI_ORDER, 0 },
	{ "start 5, seq 6", 0, 0, 2, 5, 2, 6, "full", OTHER, "cc", T, 0, 0,
	    SEKI_OK, 0 },
	{ "start 5, seq 5", 0, 0, 2, 5, 2, 5, "full", OTHER, "cc", T, 0, -1,
	    SEKI_REPLAY, 0 },
	{ "start 5, seq 1", 0, 0, 2, 5, 2, 1, "full", OTHER, "", T, 0, -1,
	    SEKI_REPLAY, 0 },
	{ "first, wrong epoch", 0, 0, 2, 0, 3, 1, "full", OTHER, "", T, 0, -1,
	    SEKI_EPOCH, 0 },
	{ "first, closed epoch", 0, 0, 2, 0, 1, 1, "full", OTHER, "", T, 0, -1,
	    SEKI_REPLAY, 0 },
	/* numbers at their ceiling */
	{ "the largest seq", 1, 2, 2, 0, 2, ((uint64_t)1 << 53) - 1, "full",
	    OTHER, "cc", T + 1, 0, -1, SEKI_JUMP, 0 },
};
#define N(a) (sizeof(a) / sizeof((a)[0]))

static void
spread(const char *byte, char hex[SEKI_HEX])
{
	size_t i;

	hex[0] = '\0';
	for (i = 0; byte[0] != '\0' && i < SEKI_SHA256; i++)
		memcpy(hex + 2 * i, byte, 3);
}

static void
bytes(const char *byte, unsigned char *out)
{
	char hex[SEKI_HEX];

	spread(byte, hex);
	assert_int_equal(seki_text_unhex(hex, out, SEKI_SHA256), 0);
}

static struct seki_manifest *
manifest(const char *kind, const char *prev)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_manifest *m = seki_manifest_new(&err);

	assert_non_null(m);
	assert_int_equal(seki_manifest_set(&m->stream, "soudan", &err), 0);
	assert_int_equal(seki_manifest_set(&m->kind, kind, &err), 0);
	assert_int_equal(
	    seki_manifest_set(&m->source.domain, "x.example.jp", &err), 0);
	assert_int_equal(seki_manifest_set(&m->source.app, "7", &err), 0);
	spread(prev, m->prev);
	return m;
}

static struct seki_order
stands(int known, uint64_t epoch)
{
	struct seki_order o;

	memset(&o, 0, sizeof(o));
	o.at.known = known;
	if (!known)
		return o;
	o.at.epoch = epoch;
	o.at.seq = 9;
	o.at.created = T;
	o.at.taken = T + 60;
	o.floor = T;
	bytes(HERE, o.at.digest);
	strcpy(o.at.domain, "x.example.jp");
	strcpy(o.at.app, "7");
	return o;
}

static void
test_table(void **state)
{
	struct seki_policy p;
	struct seki_verdict v;
	struct seki_manifest *m;
	struct seki_order o;
	struct seki_err err;
	unsigned char digest[SEKI_SHA256];
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < N(rows); i++) {
		memset(&p, 0, sizeof(p));
		memset(&v, 0, sizeof(v));
		err = (struct seki_err)SEKI_ERR_INIT;
		p.epoch = rows[i].trust_epoch;
		p.start = rows[i].start;
		p.max_jump = 3;
		o = stands(rows[i].known, rows[i].at_epoch);
		o.taken = rows[i].taken;
		o.when = T + 60;
		m = manifest(rows[i].kind, rows[i].prev);
		m->epoch = rows[i].epoch;
		m->seq = rows[i].seq;
		m->created = m->not_before = rows[i].created;
		m->expires = T + 10 * DAY;
		bytes(rows[i].digest, digest);
		r = seki_order_decide(&o, &p, m, digest, T + DAY, &v, &err);
		if (r != (rows[i].r == -1 ? -1 : 0) ||
		    v.already != (rows[i].r == 1) ||
		    err.reason != rows[i].reason || v.gap != rows[i].gap)
			fail_msg("%s: %d, already %d, %s (%s), gap %llu",
			    rows[i].name, r, v.already,
			    seki_err_word(err.reason), err.text,
			    (unsigned long long)v.gap);
		if (rows[i].r == 1 && v.taken != T + 60)
			fail_msg("%s: does not say when", rows[i].name);
		seki_manifest_free(m);
	}
}

/* Dates, clock and source; the bundle is the next one. */
static const struct {
	const char *name;
	seki_time now, created, not_before, expires;
	int64_t max_age;
	const char *domain, *app;
	uint64_t epoch;
	int taken;
	enum seki_reason reason;
} dates[] = {
	{ "good", T + 9, T + 1, T + 1, T + 99, 0, "x.example.jp", "7", 2, 0,
	    SEKI_OK },
	{ "last second", T + 98, T + 1, T + 1, T + 99, 0, "x.example.jp", "7",
	    2, 0, SEKI_OK },
	{ "expires now", T + 99, T + 1, T + 1, T + 99, 0, "x.example.jp", "7",
	    2, 0, SEKI_EXPIRED },
	{ "was taken, expired since", T + 999, T + 1, T + 1, T + 99, 0,
	    "x.example.jp", "7", 2, 1, SEKI_OK },
	{ "five minutes ahead", T, T + 300, T + 300, T + 999, 0, "x.example.jp",
	    "7", 2, 0, SEKI_OK },
	{ "one second more", T, T + 301, T + 1, T + 999, 0, "x.example.jp", "7",
	    2, 0, SEKI_EARLY },
	{ "not before", T, T + 1, T + 301, T + 999, 0, "x.example.jp", "7", 2,
	    0, SEKI_EARLY },
	{ "old enough", T + 3601, T + 1, T + 1, T + DAY, 3600, "x.example.jp",
	    "7", 2, 0, SEKI_OK },
	{ "older than max_age", T + 3602, T + 1, T + 1, T + DAY, 3600,
	    "x.example.jp", "7", 2, 0, SEKI_EXPIRED },
	{ "clock a day behind", T - DAY, T + 1, T + 1, T + 999, 0,
	    "x.example.jp", "7", 2, 0, SEKI_EARLY },
	{ "clock behind a day and a second", T - DAY - 1, T + 1, T + 1, T + 999,
	    0, "x.example.jp", "7", 2, 0, SEKI_CLOCK },
	{ "clock behind, taken before", T - DAY - 1, T + 1, T + 1, T + 999, 0,
	    "x.example.jp", "7", 2, 1, SEKI_CLOCK },
	{ "another app", T + 9, T + 1, T + 1, T + 99, 0, "x.example.jp", "8", 2,
	    0, SEKI_SOURCE },
	{ "another domain", T + 9, T + 1, T + 1, T + 99, 0, "y.example.jp", "7",
	    2, 0, SEKI_SOURCE },
};

static void
test_dates(void **state)
{
	struct seki_policy p;
	struct seki_verdict v;
	struct seki_manifest *m;
	struct seki_order o = stands(1, 2);
	struct seki_err err;
	unsigned char digest[SEKI_SHA256];
	size_t i;

	(void)state;
	bytes(OTHER, digest);
	for (i = 0; i < N(dates); i++) {
		memset(&p, 0, sizeof(p));
		memset(&v, 0, sizeof(v));
		err = (struct seki_err)SEKI_ERR_INIT;
		p.epoch = 2;
		p.max_age = dates[i].max_age;
		o.taken = dates[i].taken;
		m = manifest("full", HERE);
		(void)seki_manifest_set(
		    &m->source.domain, dates[i].domain, &err);
		(void)seki_manifest_set(&m->source.app, dates[i].app, &err);
		m->epoch = dates[i].epoch;
		m->seq = 10;
		m->created = dates[i].created;
		m->not_before = dates[i].not_before;
		m->expires = dates[i].expires;
		(void)seki_order_decide(
		    &o, &p, m, digest, dates[i].now, &v, &err);
		if (err.reason != dates[i].reason)
			fail_msg("%s: %s (%s)", dates[i].name,
			    seki_err_word(err.reason), err.text);
		seki_manifest_free(m);
	}
}

/* A new epoch, which the trust file opened, may bring another source. */
static void
test_new_source(void **state)
{
	struct seki_policy p = { .epoch = 3, .max_jump = 1 };
	struct seki_order o = stands(1, 2);
	struct seki_verdict v = { .gap = 0 };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_manifest *m = manifest("full", "");
	unsigned char digest[SEKI_SHA256] = { 1 };

	(void)state;
	(void)seki_manifest_set(&m->source.app, "8", &err);
	m->epoch = 3;
	m->seq = 1;
	m->created = m->not_before = T + 1;
	m->expires = T + DAY;
	assert_int_equal(
	    seki_order_decide(&o, &p, m, digest, T + 2, &v, &err), 0);
	seki_manifest_free(m);
}

/* What people read: Japan time, both numbers, and the next step. */
static void
test_words(void **state)
{
	struct seki_policy p = { .epoch = 2 };
	struct seki_order o = stands(1, 2);
	struct seki_verdict v = { .gap = 0 };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_manifest *m = manifest("full", "cc");
	unsigned char digest[SEKI_SHA256] = { 1 };
	char day[SEKI_TIME];

	(void)state;
	m->epoch = 2;
	m->seq = 4;
	m->created = m->not_before = T - 9;
	m->expires = T + DAY;
	assert_int_equal(
	    seki_order_decide(&o, &p, m, digest, T + 2, &v, &err), -1);
	seki_time_jst(T + 60, day);
	assert_non_null(strstr(err.text, "seq 4 was superseded by 9 on"));
	assert_non_null(strstr(err.text, day));
	err = (struct seki_err)SEKI_ERR_INIT;
	m->seq = 11;
	m->created = T + 1;
	assert_int_equal(seki_manifest_set(&m->kind, "delta", &err), 0);
	assert_int_equal(
	    seki_order_decide(&o, &p, m, digest, T + 2, &v, &err), -1);
	assert_non_null(strstr(err.text, "seq 10 is missing"));
	assert_non_null(strstr(err.hint, "seki-pack --resend 10"));
	seki_manifest_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_new_source),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
