#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "trust_int.h"

#define JST ((seki_time)9 * 3600)
/* The trust file is renewed every year; keys outlive two renewals that were
 * forgotten, the sealed key the people who sealed it. */
#define KEY_YEARS 2
#define SAFE_YEARS 10

enum { HOST, PERSON, SAFE };

/* The first instant after 31 May, Japan time, some years after the first April
 * that is still to come. */
static seki_time
end_of_may(seki_time now, int years)
{
	time_t local = now + JST;
	struct tm tm;
	int year;

	(void)gmtime_r(&local, &tm);
	year = tm.tm_year + 1900 + (tm.tm_mon >= 3) + years;
	return seki_time_days(year, 6, 1) * 86400 - JST;
}

seki_time
seki_enrol_end(seki_time now)
{
	return end_of_may(now, 0);
}

seki_time
seki_enrol_key_end(seki_time now)
{
	return end_of_may(now, KEY_YEARS);
}

int
seki_enrol_digits(
    const struct seki_trust *t, char out[SEKI_DIGITS], struct seki_err *err)
{
	return seki_enrol_digits_of(
	    t->file->bytes.p, t->file->bytes.n, out, err);
}

int
seki_enrol_digits_of(
    const void *p, size_t len, char out[SEKI_DIGITS], struct seki_err *err)
{
	unsigned char digest[SEKI_SHA256];
	uint64_t n;
	size_t i, j;

	if (seki_sha256_of(p, len, digest, err) == -1)
		return -1;
	for (i = 0; i < 6; i++) {
		for (n = j = 0; j < 5; j++)
			n = n << 8 | digest[5 * i + j];
		(void)snprintf(out + 6 * i, SEKI_DIGITS - 6 * i, "%05u%s",
		    (unsigned)(n % 100000), i < 5 ? " " : "");
	}
	return 0;
}

/* The next digit of people's spelling, 0 at the end, -1 for anything else:
 * spaces and hyphens are passed over, full-width forms taken. */
static int
next_digit(const char **p)
{
	static const char *const over[] = { " ", "\t", "-", "\n", "\r",
		"\xE3\x80\x80" /* U+3000 */ };
	size_t i, n;

	for (i = 0; i < sizeof(over) / sizeof(over[0]); i++) {
		n = strlen(over[i]);
		if (strncmp(*p, over[i], n) == 0) {
			*p += n;
			i = (size_t)-1;
		}
	}
	if (**p == '\0')
		return 0;
	if (strncmp(*p, "\xEF\xBC", 2) == 0 && (unsigned char)(*p)[2] >= 0x90 &&
	    (unsigned char)(*p)[2] <= 0x99) {
		*p += 3;
		return '0' + (unsigned char)(*p)[-1] - 0x90;
	}
	return **p >= '0' && **p <= '9' ? *(*p)++ : -1;
}

int
seki_enrol_same(const char *digits, const char *theirs)
{
	int a, b;

	do {
		a = next_digit(&digits);
		b = next_digit(&theirs);
	} while (a == b && a > 0);
	return a == b && a == 0;
}

static int
absent(const char *path, struct seki_err *err)
{
	struct stat st;

	if (lstat(path, &st) == -1 && errno == ENOENT)
		return 0;
	seki_err_object(err, path);
	seki_err_hint(err, "%s",
	    _("Move it away first, or choose another folder with --keys and "
	      "--trust. Nothing was made."));
	return seki_fail(err, SEKI_FILE, "%s", _("exists already"));
}

static int
join(char *to, size_t size, const char *dir, const char *name, const char *end,
    struct seki_err *err)
{
	int n = snprintf(to, size, "%s%s%s%s", dir == NULL ? "" : dir,
	    dir == NULL ? "" : "/", name, end);

	if (n >= 0 && (size_t)n < size)
		return 0;
	return seki_fail(err, SEKI_FILE, "%s", _("the name is too long"));
}

static int
ids(const struct seki_enrol *e, struct seki_err *err)
{
	const char *const id[] = { e->host, e->person, e->safe };
	size_t i;

	if (!seki_form_ok(SEKI_F_ORG, e->org)) {
		seki_err_object(err, "--org");
		return seki_fail(
		    err, SEKI_USAGE, "%s", seki_form_what(SEKI_F_ORG));
	}
	for (i = 0; i < 3; i++)
		if (!seki_form_ok(SEKI_F_ID, id[i])) {
			seki_err_object(err, i == HOST ? "--host" : "--person");
			return seki_fail(
			    err, SEKI_USAGE, "%s", seki_form_what(SEKI_F_ID));
		}
	if (strcmp(e->host, e->person) == 0 || strcmp(e->host, e->safe) == 0 ||
	    strcmp(e->person, e->safe) == 0)
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("host, person and the sealed key need different ids"));
	return 0;
}

/* Everything that could be in the way, before anything is made. */
static int
way_is_clear(struct seki_enrol *e, struct seki_err *err)
{
	const char *const id[] = { e->host, e->person, e->safe };
	char path[512];
	struct stat st;
	size_t i;

	for (i = 0; i < 3; i++)
		if (join(e->file[i], sizeof(e->file[i]), e->keys, id[i], ".key",
			err) == -1 ||
		    absent(e->file[i], err) == -1)
			return -1;
	if (join(path, sizeof(path), e->trust, "1.json", "", err) == -1 ||
	    absent(path, err) == -1)
		return -1;
	if (lstat(e->trust, &st) == -1)
		return errno == ENOENT ? 0
				       : seki_err_errno(err, _("trust folder"));
	return seki_trust_closed(e->trust, err);
}

static json_t *
instant(seki_time t)
{
	char text[SEKI_TIME];

	seki_time_format(t, text);
	return json_string(text);
}

/* One entry of "keys"; NULL when memory runs out. */
static json_t *
entry(const struct seki_key *key, const char *owner, const char *role,
    const char *more, seki_time from, seki_time until, struct seki_err *err)
{
	struct seki_buf der = SEKI_BUF_INIT;
	json_t *o = NULL, *list = json_array();
	char *text = NULL;

	if (seki_key_cert(key, &der, err) == 0)
		text = malloc(4 * (der.n / 3 + 1) + 1);
	if (text != NULL)
		(void)EVP_EncodeBlock((unsigned char *)text,
		    (const unsigned char *)der.p, (int)der.n);
	if (text != NULL &&
	    json_array_append_new(list, json_string(role)) == 0 &&
	    (more == NULL ||
		json_array_append_new(list, json_string(more)) == 0))
		o = json_pack("{s:[s],s:s,s:o,s:o,s:s,s:O,s:[s]}", "algorithms",
		    "ecdsa-p256", "certificate", text, "not_after",
		    instant(until), "not_before", instant(from), "owner", owner,
		    "roles", list, "streams", "*");
	json_decref(list);
	free(text);
	seki_buf_free(&der);
	return o;
}

/* A town's first rules: one host prepares, nobody needs to approve yet, any
 * stream, in the clear, on media and perhaps through a relay. */
static json_t *
first_policy(int relay)
{
	return json_pack("{s:{s:i,s:s,s:[s,s*],s:b,s:i,s:{s:i,s:i},s:i,s:i,s:i,"
			 "s:[],s:i,s:b,s:i,s:b}}",
	    "*", "approve", 0, "audience", "*", "carriers", "media",
	    relay ? "relay" : NULL, "clear", 1, "epoch", 1, "limits", "bytes",
	    0, "records", 0, "max_age", 0, "max_jump", 32, "prepare", 1,
	    "recipients", "release", 0, "separate_operator", 0, "start", 0,
	    "view", 0);
}

static json_t *
document(const struct seki_enrol *e, struct seki_key *const key[3],
    struct seki_err *err)
{
	seki_time end = end_of_may(e->now, KEY_YEARS);
	json_t *doc, *keys;

	keys = json_pack("[o,o,o]",
	    entry(key[HOST], e->host, "prepare", NULL, e->now, end, err),
	    entry(key[PERSON], e->person, "approve", "root", e->now, end, err),
	    entry(key[SAFE], e->safe, "root", NULL, e->now,
		end_of_may(e->now, SAFE_YEARS), err));
	doc = json_pack("{s:o,s:o,s:s,s:[{s:s,s:s}],s:o,s:{},s:s,"
			"s:[{s:s,s:s,s:b},{s:s,s:s,s:b}],s:[],"
			"s:{s:[s,s],s:i},s:o,s:i}",
	    "created", instant(e->now), "expires", instant(e->expires),
	    "format", SEKI_TRUST_FORMAT, "hosts", "id", e->host, "name", "",
	    "keys", keys, "notes", "org", e->org, "persons", "id", e->person,
	    "name", "", "safe", 0, "id", e->safe, "name", "金庫鍵", "safe", 1,
	    "revoked", "root", "persons", e->person, e->safe, "threshold", 1,
	    "streams", first_policy(e->relay), "version", 1);
	if (doc == NULL)
		(void)seki_err_nomem(err);
	return doc;
}

static int
write_file(const char *dir, const char *name, const struct seki_buf *text,
    enum seki_out_how how, struct seki_err *err)
{
	struct seki_out *out;
	char path[1024];

	if (join(path, sizeof(path), dir, name, "", err) == -1 ||
	    (out = seki_out_file(path, 0644, how, err)) == NULL)
		return -1;
	if (seki_out_write(out, text->p, text->n, err) == -1) {
		seki_out_abort(out);
		return -1;
	}
	return seki_out_commit(out, err);
}

/* The signature first: a folder with 1.json is complete. */
static int
publish(const struct seki_enrol *e, struct seki_key *const key[3], int *made,
    struct seki_err *err)
{
	struct seki_buf text = SEKI_BUF_INIT, der = SEKI_BUF_INIT;
	json_t *doc = document(e, key, err);
	char name[64];
	int r = -1;

	(void)snprintf(
	    name, sizeof(name), "1.%.16s.p7s", seki_key_id(key[PERSON]));
	if (doc == NULL || seki_doc_canon(doc, &text, err) == -1 ||
	    seki_cms_sign(key[PERSON], SEKI_P_TRUST, text.p, text.n, e->now,
		&der, err) == -1)
		goto out;
	if (mkdir(e->trust, 0755) == 0)
		*made = 1;
	else if (errno != EEXIST) {
		(void)seki_err_errno(err, _("create folder"));
		seki_err_object(err, e->trust);
		goto out;
	}
	r = write_file(e->trust, name, &der, SEKI_OUT_REPLACE, err);
	if (r == 0)
		r = write_file(e->trust, "1.json", &text, SEKI_OUT_NEW, err);
out:
	json_decref(doc);
	seki_buf_free(&text);
	seki_buf_free(&der);
	return r;
}

int
seki_enrol_init(struct seki_enrol *e, struct seki_err *err)
{
	const char *const id[] = { e->host, e->person, e->safe };
	struct seki_key *key[3] = { NULL, NULL, NULL };
	int i, r = -1, made = 0;

	if (ids(e, err) == -1 || way_is_clear(e, err) == -1)
		return -1;
	e->expires = seki_enrol_end(e->now);
	for (i = 0; i < 3; i++) {
		key[i] = seki_key_make(e->file[i], id[i], e->now,
		    end_of_may(e->now, i == SAFE ? SAFE_YEARS : KEY_YEARS),
		    err);
		if (key[i] == NULL)
			break;
	}
	if (i == 3)
		r = publish(e, key, &made, err);
	for (i = 0; i < 3; i++) {
		if (r == -1 && key[i] != NULL)
			(void)unlink(e->file[i]);
		seki_key_free(key[i]);
	}
	if (r == -1 && made)
		(void)rmdir(e->trust);
	return r;
}

struct seki_trust *
seki_enrol_open(const char *source, seki_time now, struct seki_err *err)
{
	return seki_trust_read(source, now, 1, err);
}

static const struct seki_trust_kept *
kept(const struct seki_trust *t, uint64_t version)
{
	size_t i;

	for (i = 0; i < t->nkept; i++)
		if (t->kept[i].version == version)
			return &t->kept[i];
	return NULL;
}

/* One version that is here already must be the same one there. */
static int
same(const struct seki_trust *t, const char *dir, uint64_t version,
    struct seki_err *err)
{
	const struct seki_trust_kept *k = kept(t, version);
	struct seki_buf here = SEKI_BUF_INIT;
	char name[32];
	int r;

	if (k == NULL)
		return seki_fail(err, SEKI_TRUST,
		    _("trust file: version %llu is installed here, but is not "
		      "among what was brought"),
		    (unsigned long long)version);
	(void)snprintf(
	    name, sizeof(name), "%llu.json", (unsigned long long)version);
	r = seki_trust_slurp(dir, name, 0, SEKI_TRUST_MAX, &here, err);
	if (r == 0 &&
	    (here.n != k->text.n || memcmp(here.p, k->text.p, here.n) != 0))
		r = seki_fail(err, SEKI_TRUST,
		    _("trust file: version %llu is installed here with other "
		      "bytes: stop, and ask who made the other one"),
		    (unsigned long long)version);
	seki_buf_free(&here);
	return r;
}

/* How many versions are here; none for a folder that is not there. */
static int
compare(const struct seki_trust *t, const char *dir, size_t *n,
    struct seki_err *err)
{
	struct seki_err none = SEKI_ERR_INIT;
	struct stat st;
	uint64_t *version;
	size_t i;
	int r = 0;

	*n = 0;
	if (stat(dir, &st) == -1 && errno == ENOENT)
		return 0;
	if (seki_trust_closed(dir, err) == -1)
		return -1;
	if (seki_trust_versions(dir, &version, n, &none) == -1)
		return none.reason == SEKI_CONFIG
			   ? 0
			   : seki_fail(err, none.reason, "%s", none.text);
	for (i = 0; r == 0 && i < *n; i++)
		r = same(t, dir, version[i], err);
	free(version);
	return r;
}

static int
install(const struct seki_trust_kept *k, const char *dir, struct seki_err *err)
{
	char name[32];
	struct stat st;
	char path[1024];
	size_t i;

	for (i = 0; i < k->sigs.n; i++)
		if (write_file(dir, k->sigs.sig[i].name, &k->sigs.sig[i].der,
			SEKI_OUT_REPLACE, err) == -1)
			return -1;
	(void)snprintf(
	    name, sizeof(name), "%llu.json", (unsigned long long)k->version);
	if (join(path, sizeof(path), dir, name, "", err) == -1)
		return -1;
	if (lstat(path, &st) == 0)
		return 0;
	return write_file(dir, name, &k->text, SEKI_OUT_NEW, err);
}

int
seki_enrol_accept(
    const struct seki_trust *t, const char *dir, struct seki_err *err)
{
	size_t here, i;
	int r = compare(t, dir, &here, err);

	if (r == 0 && here == t->nkept)
		return 1;
	if (r == 0 && mkdir(dir, 0755) == -1 && errno != EEXIST)
		r = seki_err_errno(err, _("create folder"));
	for (i = 0; r == 0 && i < t->nkept; i++)
		r = install(&t->kept[i], dir, err);
	if (r == -1)
		seki_err_object(err, dir);
	return r;
}
