#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "envelope.h"
#include "trust_int.h"

/* Version N + 1 of the trust file: with a key that decrypts, or with other
 * carriers of a stream. */

static int
learn(struct seki_next *n, X509 *cert, struct seki_err *err)
{
	unsigned char *p = NULL;
	const char *why = seki_envelope_fit(cert);
	struct tm end;
	int len, r;

	if (why != NULL)
		return seki_fail(err, SEKI_TRUST, "%s", _(why));
	if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &end) != 1 ||
	    (len = i2d_X509(cert, &p)) <= 0)
		return seki_key_fail(
		    err, SEKI_TRUST, _("a certificate cannot be read"));
	r = seki_buf_add(&n->der, p, (size_t)len, err);
	OPENSSL_free(p);
	n->not_after = timegm(&end);
	if (r == -1 || seki_sha256_hex(n->der.p, n->der.n, n->id, err) == -1 ||
	    seki_enrol_digits_of(n->der.p, n->der.n, n->digits, err) == -1)
		return -1;
	if (n->not_after > n->now)
		return 0;
	return seki_fail(err, SEKI_TRUST, "%s", _("the certificate has ended"));
}

int
seki_next_open(struct seki_next *n, struct seki_err *err)
{
	struct seki_buf text = SEKI_BUF_INIT;
	BIO *bio = NULL;
	X509 *cert = NULL;
	int r = -1;

	if (seki_in_slurp(n->certificate, SEKI_SIGNATURE_MAX, &text, err) ==
		0 &&
	    (bio = BIO_new_mem_buf(text.p, (int)text.n)) != NULL)
		cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (cert != NULL)
		r = learn(n, cert, err);
	else if (err->reason == SEKI_OK)
		(void)seki_key_fail(err, SEKI_TRUST,
		    _("no certificate in PEM (-----BEGIN CERTIFICATE-----)"));
	X509_free(cert);
	BIO_free(bio);
	seki_buf_free(&text);
	if (r == -1)
		seki_err_object(err, n->certificate);
	return r;
}

/* The member of an array whose member "key" is this text. */
static json_t *
member(json_t *doc, const char *list, const char *key, const char *is)
{
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(doc, list), i, o)
	{
		const char *s = json_string_value(json_object_get(o, key));

		if (s != NULL && strcmp(s, is) == 0)
			return o;
	}
	return NULL;
}

/* 1: it was put in; 0: it was there; -1 without memory. */
static int
put_in(json_t *list, const char *text)
{
	json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		if (strcmp(json_string_value(o), text) == 0)
			return 0;
	}
	return json_array_append_new(list, json_string(text)) == 0 ? 1 : -1;
}

static int
add_host(const struct seki_next *n, json_t *doc, struct seki_err *err)
{
	if (member(doc, "persons", "id", n->owner) != NULL) {
		seki_err_object(err, "--owner");
		return seki_fail(err, SEKI_USAGE,
		    _("%s is a person; bundles are encrypted to a host"),
		    n->owner);
	}
	if (member(doc, "hosts", "id", n->owner) != NULL)
		return 0;
	return json_array_append_new(json_object_get(doc, "hosts"),
		   json_pack("{s:s,s:s}", "id", n->owner, "name", "")) == 0
		   ? 1
		   : seki_err_nomem(err);
}

static json_t *
instant(seki_time t)
{
	char text[SEKI_TIME];

	seki_time_format(t, text);
	return json_string(text);
}

static int
new_key(const struct seki_next *n, const char *text, json_t *doc,
    struct seki_err *err)
{
	const unsigned char *p = (const unsigned char *)n->der.p;
	X509 *cert = d2i_X509(NULL, &p, (long)n->der.n);
	int ec = cert != NULL && EVP_PKEY_is_a(X509_get0_pubkey(cert), "EC");
	json_t *o = json_pack("{s:[s],s:s,s:o,s:o,s:s,s:[s],s:[s]}",
	    "algorithms", ec ? "ecdh-p256" : "rsa-oaep", "certificate", text,
	    "not_after", instant(n->not_after), "not_before", instant(n->now),
	    "owner", n->owner, "roles", "decrypt", "streams", n->stream);

	X509_free(cert);
	return json_array_append_new(json_object_get(doc, "keys"), o) == 0
		   ? 1
		   : seki_err_nomem(err);
}

/* Whose key it is already, or a new one. */
static int
add_key(const struct seki_next *n, json_t *doc, struct seki_err *err)
{
	char *text = malloc(4 * (n->der.n / 3 + 1) + 1);
	const char *owner;
	json_t *o;
	int r;

	if (text == NULL)
		return seki_err_nomem(err);
	(void)EVP_EncodeBlock((unsigned char *)text,
	    (const unsigned char *)n->der.p, (int)n->der.n);
	o = member(doc, "keys", "certificate", text);
	if (o == NULL)
		r = new_key(n, text, doc, err);
	else {
		owner = json_string_value(json_object_get(o, "owner"));
		if (strcmp(owner, n->owner) != 0)
			r = seki_fail(err, SEKI_TRUST,
			    _("the key is in the trust file already, as that "
			      "of %s"),
			    owner);
		else if ((r = put_in(
			      json_object_get(o, "streams"), n->stream)) == -1)
			(void)seki_err_nomem(err);
	}
	free(text);
	return r;
}

/* A stream that has no rules of its own gets a copy of those of "*". */
static json_t *
rules(const struct seki_next *n, json_t *doc, struct seki_err *err)
{
	json_t *streams = json_object_get(doc, "streams");
	json_t *p = json_object_get(streams, n->stream);

	if (p != NULL)
		return p;
	if ((p = json_deep_copy(json_object_get(streams, "*"))) == NULL)
		(void)seki_fail(err, SEKI_POLICY,
		    _("the trust file has no policy for the stream %s"),
		    n->stream);
	else if (json_object_set_new(streams, n->stream, p) == -1) {
		(void)seki_err_nomem(err);
		p = NULL;
	}
	return p;
}

static int
add_recipient(const struct seki_next *n, json_t *doc, struct seki_err *err)
{
	json_t *p = rules(n, doc, err);
	int r;

	if (p == NULL)
		return -1;
	r = put_in(json_object_get(p, "recipients"), n->id);
	return r == -1 ? seki_err_nomem(err) : r;
}

/* Sorted, as the form wants them. */
static int
set_carriers(const struct seki_next *n, json_t *doc, struct seki_err *err)
{
	json_t *p = rules(n, doc, err), *list;
	int same;

	if (p == NULL)
		return -1;
	if ((list = json_array()) == NULL ||
	    (n->media && json_array_append_new(list, json_string("media"))) ||
	    (n->relay && json_array_append_new(list, json_string("relay")))) {
		json_decref(list);
		return seki_err_nomem(err);
	}
	same = json_equal(list, json_object_get(p, "carriers"));
	return json_object_set_new(p, "carriers", list) == -1
		   ? seki_err_nomem(err)
		   : !same;
}

/* 1: something is new; 0: it was so; -1. */
static int
change(const struct seki_next *n, json_t *doc, struct seki_err *err)
{
	int host, key, to;

	if (n->certificate == NULL)
		return set_carriers(n, doc, err);
	if ((host = add_host(n, doc, err)) == -1 ||
	    (key = add_key(n, doc, err)) == -1 ||
	    (to = add_recipient(n, doc, err)) == -1)
		return -1;
	return host + key + to > 0;
}

/* The text of the next version: 0; 1 when there is nothing to say. */
static int
text_of(struct seki_next *n, const struct seki_trust *t, struct seki_buf *text,
    struct seki_err *err)
{
	const struct seki_buf *now = &t->file->bytes;
	seki_time created =
	    n->now > t->file->created ? n->now : t->file->created + 1;
	json_t *doc =
	    seki_doc_open(now->p, now->n, SEKI_TRUST, t->file->name, err);
	int r = doc == NULL ? -1 : change(n, doc, err);

	if (r != -1)
		r = !r;
	n->version = t->file->version + (r == 0);
	if (r == 0 &&
	    (json_object_set_new(doc, "created", instant(created)) == -1 ||
		json_object_set_new(doc, "version",
		    json_integer((json_int_t)n->version)) == -1))
		r = seki_err_nomem(err);
	if (r == 0)
		r = seki_doc_canon(doc, text, err);
	json_decref(doc);
	return r;
}

/* Who may sign the step, and how many of them have not yet. */
struct signers {
	const struct seki_trust_file *file;
	char owner[SEKI_SIGNATURES_MAX][SEKI_ID_MAX + 1];
	size_t n;
};

static int
root_key(struct signers *s, const struct seki_key *key, seki_time now,
    struct seki_err *err)
{
	const struct seki_trust_file *t = s->file;
	const struct seki_trust_key *k = NULL;
	size_t i;

	for (i = 0; i < t->nkey && k == NULL; i++)
		if (strcmp(t->key[i].id, seki_key_id(key)) == 0)
			k = &t->key[i];
	if (k == NULL || (k->roles & SEKI_R_ROOT) == 0 ||
	    !seki_trust_file_member(t, k->owner)->root)
		return seki_fail(err, SEKI_TRUST, "%s",
		    _("the key may not sign trust files"));
	if (seki_trust_file_revoked(t, k->id) != NULL)
		return seki_fail(err, SEKI_REVOKED,
		    _("the key %.16s of %s is revoked or denied"), k->id,
		    k->owner);
	if (now < k->not_before || now >= k->not_after)
		return seki_fail(err, SEKI_TRUST,
		    _("signed by %s outside the dates of that key"), k->owner);
	for (i = 0; i < s->n; i++)
		if (strcmp(s->owner[i], k->owner) == 0)
			return 0;
	memcpy(s->owner[s->n++], k->owner, sizeof(s->owner[0]));
	return 0;
}

static int
sign(struct signers *s, const char *path, const struct seki_buf *text,
    struct seki_trust_sig *sig, uint64_t version, struct seki_err *err)
{
	struct seki_key *key = seki_key_open(path, err);
	int r = -1;

	if (key == NULL)
		return -1;
	(void)snprintf(sig->name, sizeof(sig->name), "%llu.%.16s.p7s",
	    (unsigned long long)version, seki_key_id(key));
	if (root_key(s, key, seki_time_now(), err) == 0)
		r = seki_cms_sign(key, SEKI_P_TRUST, text->p, text->n,
		    seki_time_now(), &sig->der, err);
	seki_key_free(key);
	if (r == -1)
		seki_err_object(err, path);
	return r;
}

static int
sign_all(const struct seki_next *n, const struct seki_trust *t,
    const struct seki_buf *text, struct seki_trust_sigs *all,
    struct seki_err *err)
{
	struct signers s = { .file = t->file };
	const char *const *path;

	for (path = n->root; path != NULL && *path != NULL; path++) {
		if (all->n == SEKI_SIGNATURES_MAX)
			return seki_fail(
			    err, SEKI_LIMIT, "%s", _("too many signatures"));
		all->sig[all->n].der = (struct seki_buf)SEKI_BUF_INIT;
		if (sign(&s, *path, text, &all->sig[all->n++], n->version,
			err) == -1)
			return -1;
	}
	if (s.n >= t->file->threshold)
		return 0;
	seki_err_hint(err, "%s",
	    _("give the key of another root person too: --root-key FILE; "
	      "seki-key show says who is one"));
	return seki_fail(err, SEKI_THRESHOLD, _("%zu of %zu root persons sign"),
	    s.n, t->file->threshold);
}

static int
write_file(const char *dir, const char *name, const struct seki_buf *text,
    enum seki_out_how how, struct seki_err *err)
{
	struct seki_out *out;
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((out = seki_out_file(path, 0644, how, err)) == NULL)
		return -1;
	if (seki_out_write(out, text->p, text->n, err) == -1) {
		seki_out_abort(out);
		return -1;
	}
	return seki_out_commit(out, err);
}

/* What a run left that was killed before it wrote the version: it is about
 * other bytes, and a signature that does not hold would spoil the folder. */
static int
sweep(
    const struct seki_next *n, const struct seki_trust *t, struct seki_err *err)
{
	struct seki_trust_sigs *old = calloc(1, sizeof(*old));
	char path[1024];
	size_t i;
	int r;

	if (old == NULL)
		return seki_err_nomem(err);
	r = seki_trust_sigs_read(t, n->version, old, err);
	for (i = 0; r == 0 && i < old->n; i++) {
		(void)snprintf(
		    path, sizeof(path), "%s/%s", n->dir, old->sig[i].name);
		if (unlink(path) == -1)
			r = seki_err_errno(err, old->sig[i].name);
	}
	seki_trust_sigs_free(old);
	free(old);
	return r;
}

/* The rules of a reader judge first; the signatures come before the version, so
 * that a folder with it is complete. */
static int
install(const struct seki_next *n, const struct seki_trust *old,
    struct seki_buf *text, const struct seki_trust_sigs *all,
    struct seki_err *err)
{
	struct seki_buf copy = SEKI_BUF_INIT;
	struct seki_trust_file *t = NULL;
	char name[32];
	size_t i;
	int r;

	if (seki_buf_add(&copy, text->p, text->n, err) == -1 ||
	    (t = seki_trust_file_parse(&copy, n->version, err)) == NULL) {
		seki_buf_free(&copy);
		return -1;
	}
	seki_trust_file_free(t);
	r = sweep(n, old, err);
	for (i = 0; r == 0 && i < all->n; i++)
		r = write_file(n->dir, all->sig[i].name, &all->sig[i].der,
		    SEKI_OUT_REPLACE, err);
	(void)snprintf(
	    name, sizeof(name), "%llu.json", (unsigned long long)n->version);
	return r == 0 ? write_file(n->dir, name, text, SEKI_OUT_NEW, err) : -1;
}

static int
terms(const struct seki_next *n, struct seki_err *err)
{
	if (n->certificate != NULL && !seki_form_ok(SEKI_F_ID, n->owner)) {
		seki_err_object(err, "--owner");
		return seki_fail(
		    err, SEKI_USAGE, "%s", seki_form_what(SEKI_F_ID));
	}
	if (strcmp(n->stream, "*") == 0 || seki_schema_stream_ok(n->stream))
		return 0;
	seki_err_object(err, "--stream");
	return seki_fail(err, SEKI_USAGE, "%s", seki_form_what(SEKI_F_STREAM));
}

int
seki_next_make(struct seki_next *n, struct seki_err *err)
{
	struct seki_buf text = SEKI_BUF_INIT;
	struct seki_trust_sigs all = { .n = 0 };
	struct seki_trust *t = NULL;
	int r = -1;

	if (terms(n, err) == 0 &&
	    (t = seki_trust_open(n->dir, n->now, err)) != NULL) {
		r = text_of(n, t, &text, err);
		if (r == 0 && (r = sign_all(n, t, &text, &all, err)) == 0)
			r = install(n, t, &text, &all, err);
	}
	seki_trust_sigs_free(&all);
	seki_trust_free(t);
	seki_buf_free(&text);
	return r;
}

void
seki_next_free(struct seki_next *n)
{
	seki_buf_free(&n->der);
}
