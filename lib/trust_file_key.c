#include <jansson.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "envelope.h"
#include "trust_int.h"

static const char *const roles[] = { "prepare", "approve", "release", "root",
	"receipt", "checkpoint", "decrypt", NULL };
/* Of which this version makes and checks the first three; the last two are of
 * keys that decrypt. */
static const char *const algorithms[] = { "ecdsa-p256", "ecdsa-p384", "rsa-pss",
	"rsa-pkcs1-card", "ecdh-p256", "rsa-oaep", NULL };
#define DECRYPTING (1U << 4 | 1U << 5)

#define HOST_ROLES                                                             \
	(SEKI_R_PREPARE | SEKI_R_RECEIPT | SEKI_R_CHECKPOINT | SEKI_R_DECRYPT)
#define PERSON_ROLES                                                           \
	(SEKI_R_PREPARE | SEKI_R_APPROVE | SEKI_R_RELEASE | SEKI_R_ROOT)

const char *
seki_trust_role(size_t i)
{
	return i < sizeof(roles) / sizeof(roles[0]) ? roles[i] : NULL;
}

/* Exactly one spelling: what decodes must encode to the same text. */
static int
base64(const struct seki_trust_at *a, const char *s, struct seki_buf *out)
{
	size_t n = strlen(s), pad = 0;
	char *again;
	int len, same;

	if (n == 0 || n % 4 != 0 || n > SEKI_TRUST_MAX)
		return seki_trust_at_bad(a, "certificate", _("not base64"));
	pad = (size_t)(s[n - 1] == '=') + (size_t)(s[n - 2] == '=');
	if (seki_buf_room(out, n, a->err) == -1)
		return -1;
	len = EVP_DecodeBlock(
	    (unsigned char *)out->p, (const unsigned char *)s, (int)n);
	if (len < (int)pad)
		return seki_trust_at_bad(a, "certificate", _("not base64"));
	out->n = (size_t)len - pad;
	if ((again = malloc(n + 1)) == NULL)
		return seki_err_nomem(a->err);
	same = EVP_EncodeBlock((unsigned char *)again,
		   (const unsigned char *)out->p, (int)out->n) == (int)n &&
	       memcmp(again, s, n) == 0;
	free(again);
	return same ? 0 : seki_trust_at_bad(a, "certificate", _("not base64"));
}

/* Key id from the whole certificate; the public key's own digest tells when
 * one key is given to two. */
static int
identify(const struct seki_trust_at *a, struct seki_trust_key *k)
{
	const unsigned char *p = (const unsigned char *)k->cert.p;
	X509 *cert = d2i_X509(NULL, &p, (long)k->cert.n);
	unsigned char digest[EVP_MAX_MD_SIZE], *spki = NULL;
	unsigned int n;
	const char *why = NULL;
	int len = -1, good = 0;

	if (cert != NULL && p == (unsigned char *)k->cert.p + k->cert.n)
		len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki);
	if (len > 0 && EVP_Digest(k->cert.p, k->cert.n, digest, &n,
			   EVP_sha256(), NULL) == 1) {
		seki_text_hex(digest, SEKI_SHA256, k->id);
		good = EVP_Digest(spki, (size_t)len, digest, &n, EVP_sha256(),
			   NULL) == 1;
		memcpy(k->spki, digest, SEKI_SHA256);
	}
	if (good && (k->roles & SEKI_R_DECRYPT) != 0)
		why = seki_envelope_fit(cert);
	OPENSSL_free(spki);
	X509_free(cert);
	if (why != NULL)
		return seki_trust_at_bad(a, "certificate", _(why));
	if (good)
		return 0;
	return seki_key_fail(
	    a->err, SEKI_TRUST, _("trust file: a certificate cannot be read"));
}

static int
streams_of(
    const struct seki_trust_at *a, const json_t *o, struct seki_trust_key *k)
{
	json_t *all = seki_trust_at_list(a, o, "streams"), *v;
	const char *s;
	size_t i;

	if (all == NULL)
		return -1;
	k->stream = calloc(json_array_size(all) + 1, sizeof(*k->stream));
	if (k->stream == NULL)
		return seki_err_nomem(a->err);
	json_array_foreach(all, i, v)
	{
		s = json_is_string(v) ? json_string_value(v) : "";
		if (strcmp(s, "*") != 0 && !seki_form_ok(SEKI_F_STREAM, s))
			return seki_trust_at_bad(
			    a, "streams", seki_form_what(SEKI_F_STREAM));
		if ((k->stream[i] = seki_trust_at_copy(a, s)) == NULL)
			return -1;
		k->nstream++;
	}
	return 0;
}

/* What a key may do follows from whose it is: a cron job must never be able to
 * approve, and the sealed key is for emergencies only. */
static int
allowed(const struct seki_trust_at *a, const struct seki_trust_key *k)
{
	const struct seki_trust_member *m;
	unsigned may;

	if ((m = seki_trust_file_member(a->t, k->owner)) == NULL)
		return seki_trust_at_bad(
		    a, "owner", _("neither a person nor a host here"));
	may = m->host ? HOST_ROLES : m->safe ? SEKI_R_ROOT : PERSON_ROLES;
	if ((k->roles & ~may) != 0)
		return seki_trust_at_bad(
		    a, "roles", _("a role its owner may not have"));
	/* What decrypts must not sign: the one is on the host that imports, and
	 * a key that does both can be made to do one for the other. */
	if ((k->roles & SEKI_R_DECRYPT) != 0 && k->roles != SEKI_R_DECRYPT)
		return seki_trust_at_bad(
		    a, "roles", _("decrypt, and another one beside it"));
	if (((k->algorithms & DECRYPTING) != 0) !=
		((k->roles & SEKI_R_DECRYPT) != 0) ||
	    ((k->algorithms & DECRYPTING) != 0 &&
		(k->algorithms & ~DECRYPTING) != 0))
		return seki_trust_at_bad(
		    a, "algorithms", _("not those of the key's role"));
	return k->not_before < k->not_after
		   ? 0
		   : seki_trust_at_bad(
			 a, "not_after", _("not later than \"not_before\""));
}

static int
one_key(
    const struct seki_trust_at *a, const json_t *o, struct seki_trust_key *k)
{
	static const char *const keys[] = { "algorithms", "certificate",
		"not_after", "not_before", "owner", "roles", "streams", NULL };
	const struct seki_trust_key *other;
	const char *s;

	if (seki_trust_at_known(a, o, keys) == -1 ||
	    seki_trust_at_id(a, o, "owner", k->owner) == -1 ||
	    seki_trust_at_words(a, o, "roles", roles, &k->roles) == -1 ||
	    seki_trust_at_words(
		a, o, "algorithms", algorithms, &k->algorithms) == -1 ||
	    streams_of(a, o, k) == -1 ||
	    seki_trust_at_time(a, o, "not_before", &k->not_before) == -1 ||
	    seki_trust_at_time(a, o, "not_after", &k->not_after) == -1 ||
	    (s = seki_doc_str(o, "certificate", SEKI_TRUST, a->what, a->err)) ==
		NULL ||
	    base64(a, s, &k->cert) == -1 || identify(a, k) == -1 ||
	    allowed(a, k) == -1)
		return -1;
	for (other = a->t->key; other < k; other++) {
		if (strcmp(other->id, k->id) == 0)
			return seki_trust_at_bad(
			    a, "keys", _("a certificate twice"));
		if (memcmp(other->spki, k->spki, sizeof(k->spki)) == 0 &&
		    strcmp(other->owner, k->owner) != 0)
			return seki_trust_at_bad(
			    a, "keys", _("one key for two owners"));
	}
	return 0;
}

int
seki_trust_file_keys(const struct seki_trust_at *a, const json_t *doc)
{
	struct seki_trust_file *t = a->t;
	json_t *all = seki_trust_at_list(a, doc, "keys"), *o;
	size_t i;

	if (all == NULL)
		return -1;
	t->key = calloc(json_array_size(all) + 1, sizeof(*t->key));
	if (t->key == NULL)
		return seki_err_nomem(a->err);
	json_array_foreach(all, i, o)
	{
		t->nkey++;
		if (one_key(a, o, &t->key[i]) == -1)
			return -1;
	}
	return 0;
}
