/* A trust folder for tests: made by seki_enrol_init, then edited and signed
 * anew, so that only the named fault is left. */
#ifndef TRUSTMAKER_H
#define TRUSTMAKER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "seki_int.h"

/* The manifest of tests/data/bundle is made at this instant. */
#define CREATED ((seki_time)1775002500)
#define BORN (CREATED - 40 * 86400)

enum { HOST, PERSON, SAFE, SECOND, STRANGER, KEYS };

static char folder[64];
static struct seki_key *key[KEYS];
static struct seki_buf base = SEKI_BUF_INIT; /* 1.json as made */

static char *
at(char path[128], const char *name)
{
	(void)snprintf(path, 128, "%s/%s", folder, name);
	return path;
}

static void
shell(const char *command)
{
	char line[512];

	(void)snprintf(line, sizeof(line), "cd %s && %s", folder, command);
	if (system(line) != 0)
		fail_msg("%s", line);
}

static void
save(const char *name, const void *p, size_t n)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_out *out;
	char path[128];

	out = seki_out_file(at(path, name), 0644, SEKI_OUT_REPLACE, &err);
	if (out == NULL || seki_out_write(out, p, n, &err) == -1 ||
	    seki_out_commit(out, &err) == -1)
		fail_msg("%s: %s", name, err.text);
}

static int
trust_setup(void **state)
{
	static const char *const files[] = { "inet-1.key", "p-0001.key",
		"safe-1.key" };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_enrol e = { .org = "012041",
		.host = "inet-1",
		.person = "p-0001",
		.safe = "safe-1",
		.now = BORN };
	char path[128], keys[128];
	int i;

	(void)state;
	(void)strcpy(folder, "/tmp/seki-trust.XXXXXX");
	assert_non_null(mkdtemp(folder));
	e.keys = at(keys, "");
	keys[strlen(keys) - 1] = '\0';
	e.trust = at(path, "trust");
	if (seki_enrol_init(&e, &err) == -1)
		fail_msg("%s: %s", seki_err_word(err.reason), err.text);
	for (i = HOST; i <= SAFE; i++)
		assert_non_null(
		    key[i] = seki_key_open(at(path, files[i]), &err));
	key[SECOND] = seki_key_make(
	    at(path, "p-0002.key"), "p-0002", BORN, BORN + 86400000, &err);
	key[STRANGER] = seki_key_make(
	    at(path, "stranger.key"), "inet-1", BORN, BORN + 86400000, &err);
	assert_non_null(key[SECOND]);
	assert_non_null(key[STRANGER]);
	return seki_in_slurp(at(path, "trust/1.json"), 65536, &base, &err);
}

static int
trust_teardown(void **state)
{
	char line[128];
	int i;

	(void)state;
	for (i = 0; i < KEYS; i++)
		seki_key_free(key[i]);
	seki_buf_free(&base);
	(void)snprintf(line, sizeof(line), "rm -r %s", folder);
	return system(line);
}

/* In place: the first FROM becomes TO. */
static void
edit(struct seki_buf *text, const char *from, const char *to)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf new = SEKI_BUF_INIT;
	const char *where;

	if (from == NULL)
		return;
	if ((where = strstr(text->p, from)) == NULL)
		fail_msg("%s is not there", from);
	else if (seki_buf_add(&new, text->p, (size_t)(where - text->p), &err) ==
		     -1 ||
		 seki_buf_str(&new, to, &err) == -1 ||
		 seki_buf_str(&new, where + strlen(from), &err) == -1)
		fail_msg("memory");
	seki_buf_free(text);
	*text = new;
}

static void
copy(struct seki_buf *to)
{
	struct seki_err err = SEKI_ERR_INIT;

	*to = (struct seki_buf)SEKI_BUF_INIT;
	assert_int_equal(seki_buf_add(to, base.p, base.n, &err), 0);
}

/* One entry of "keys" for the second person. */
static void
entry(char *out, size_t size, int who, const char *owner, const char *roles,
    const char *streams)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf der = SEKI_BUF_INIT;
	unsigned char text[2048];

	assert_int_equal(seki_key_cert(key[who], &der, &err), 0);
	assert_true(
	    EVP_EncodeBlock(text, (unsigned char *)der.p, (int)der.n) > 0);
	(void)snprintf(out, size,
	    "{\"algorithms\":[\"ecdsa-p256\"],\"certificate\":\"%s\","
	    "\"not_after\":\"2028-04-01T00:00:00Z\","
	    "\"not_before\":\"2026-01-01T00:00:00Z\",\"owner\":\"%s\","
	    "\"roles\":[%s],\"streams\":[%s]},",
	    (char *)text, owner, roles, streams);
	seki_buf_free(&der);
}

/* A second person with a key in the text. */
static void
add_second(struct seki_buf *text, const char *roles, const char *streams)
{
	char one[4096] = "\"keys\":[";

	entry(one + strlen(one), sizeof(one) - strlen(one), SECOND, "p-0002",
	    roles, streams);
	edit(text, "\"keys\":[", one);
	edit(text, "{\"id\":\"p-0001\",\"name\":\"\",\"safe\":false}",
	    "{\"id\":\"p-0001\",\"name\":\"\",\"safe\":false},"
	    "{\"id\":\"p-0002\",\"name\":\"\",\"safe\":false}");
}

static void
sign(const char *name, const struct seki_buf *text, int who,
    enum seki_purpose purpose, seki_time when)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf der = SEKI_BUF_INIT;

	assert_int_equal(seki_cms_sign(key[who], purpose, text->p, text->n,
			     when, &der, &err),
	    0);
	save(name, der.p, der.n);
	seki_buf_free(&der);
}

/* Version n of the folder trust, signed by the keys in the bit set. */
static void
publish(unsigned n, const struct seki_buf *text, unsigned who)
{
	char name[64];
	int i;

	(void)snprintf(name, sizeof(name), "rm -f trust/%u.*", n);
	shell(name);
	(void)snprintf(name, sizeof(name), "trust/%u.json", n);
	save(name, text->p, text->n);
	for (i = 0; i < KEYS; i++) {
		if ((who & 1U << i) == 0)
			continue;
		(void)snprintf(name, sizeof(name), "trust/%u.%d.p7s", n, i);
		sign(name, text, i, SEKI_P_TRUST, CREATED - 86400);
	}
}

static struct seki_trust *
open_trust(seki_time now, struct seki_err *err)
{
	char path[128];

	seki_err_clear(err);
	return seki_trust_open(at(path, "trust"), now, err);
}

#endif
