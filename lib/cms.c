#include <limits.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/asn1.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/ess.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "cms_int.h"

/*
 * The role is part of what is signed: each purpose has a content type of its
 * own, 2.25.UUID (X.667), made at random once and published in seki-bundle(5).
 */
static const struct {
	const char *word, *oid;
} purposes[] = {
	[SEKI_P_PREPARE] = { "prepare",
	    "2.25.76338632448751028042724313811193437463" },
	[SEKI_P_APPROVE] = { "approve",
	    "2.25.260714633304858996512829663792754873082" },
	[SEKI_P_RELEASE] = { "release",
	    "2.25.51816655638248007903730238333337939126" },
	[SEKI_P_TRUST] = { "trust",
	    "2.25.66844464285107622209666406636753466485" },
	[SEKI_P_RECEIPT] = { "receipt",
	    "2.25.250452872379726296603202963106407676936" },
	[SEKI_P_CHECKPOINT] = { "checkpoint",
	    "2.25.60879006959411789404222898985238366556" },
};
#define PURPOSES ((int)(sizeof(purposes) / sizeof(purposes[0])))

struct seki_cms {
	CMS_ContentInfo *cms;
	CMS_SignerInfo *si; /* inside cms */
	ESS_SIGNING_CERT_V2 *ess;
	enum seki_purpose purpose;
	seki_time when;
	const char *algorithm;
	struct seki_cms_outline outline; /* points into the caller's DER */
};

const char *
seki_purpose_word(enum seki_purpose purpose)
{
	return purposes[purpose].word;
}

static int
refuse(struct seki_err *err, const char *why)
{
	ERR_clear_error();
	return seki_fail(err, SEKI_SIGNATURE, "%s", why);
}

/* The time is set by us, so that a bundle's instants agree with each other;
 * OpenSSL adds one only when there is none. */
static int
sign_time(CMS_SignerInfo *si, seki_time when)
{
	ASN1_TIME *t = ASN1_TIME_set(NULL, when);
	int r = t != NULL && CMS_signed_add1_attr_by_NID(si,
				 NID_pkcs9_signingTime, t->type, t, -1) == 1;

	ASN1_TIME_free(t);
	return r;
}

/* The certificate goes in for other programs' sake; ours decides nothing by
 * it. */
static CMS_ContentInfo *
sign(const struct seki_key *key, enum seki_purpose purpose, BIO *data,
    seki_time when)
{
	const unsigned flags = CMS_PARTIAL | CMS_DETACHED | CMS_BINARY |
			       CMS_NOSMIMECAP | CMS_CADES;
	ASN1_OBJECT *oid = OBJ_txt2obj(purposes[purpose].oid, 1);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
	CMS_SignerInfo *si;
	int good = 0;

	if (oid != NULL && cms != NULL &&
	    CMS_set1_eContentType(cms, oid) == 1) {
		si = CMS_add1_signer(cms, seki_key_x509(key),
		    seki_key_pkey(key), EVP_sha256(), flags);
		good = si != NULL && sign_time(si, when) &&
		       CMS_final(cms, data, NULL, flags) == 1;
	}
	ASN1_OBJECT_free(oid);
	if (good)
		return cms;
	CMS_ContentInfo_free(cms);
	return NULL;
}

int
seki_cms_sign(const struct seki_key *key, enum seki_purpose purpose,
    const void *data, size_t n, seki_time when, struct seki_buf *der,
    struct seki_err *err)
{
	BIO *bio = n > INT_MAX ? NULL : BIO_new_mem_buf(data, (int)n);
	CMS_ContentInfo *cms = NULL;
	unsigned char *p = NULL;
	int len = -1, r = -1;

	if (bio != NULL)
		cms = sign(key, purpose, bio, when);
	if (cms != NULL)
		len = i2d_CMS_ContentInfo(cms, &p);
	if (len <= 0)
		(void)seki_key_fail(err, SEKI_BUG, _("sign"));
	else
		r = seki_buf_add(der, p, (size_t)len, err);
	OPENSSL_free(p);
	CMS_ContentInfo_free(cms);
	BIO_free(bio);
	return r;
}

/* Decode, re-encode, compare. */
static int
decode(struct seki_cms *c, const void *der, size_t n, struct seki_err *err)
{
	const unsigned char *p = der;
	unsigned char *again = NULL;
	const char *why;
	int len, same;

	if ((why = seki_cms_der(der, n, &c->outline)) != NULL)
		return seki_fail(err,
		    c->outline.rule ? SEKI_SIGNATURE : SEKI_CMS, "%s", _(why));
	c->cms = d2i_CMS_ContentInfo(NULL, &p, (long)n);
	if (c->cms == NULL)
		return seki_key_fail(err, SEKI_CMS, _("not a CMS message"));
	len = i2d_CMS_ContentInfo(c->cms, &again);
	same = len > 0 && (size_t)len == n && memcmp(again, der, n) == 0;
	OPENSSL_free(again);
	if (!same)
		return seki_fail(err, SEKI_CMS, "%s", _("not DER"));
	if (OBJ_obj2nid(CMS_get0_type(c->cms)) != NID_pkcs7_signed)
		return seki_fail(err, SEKI_CMS, "%s", _("not a SignedData"));
	return 0;
}

static int
find_purpose(struct seki_cms *c, struct seki_err *err)
{
	const ASN1_OBJECT *type = CMS_get0_eContentType(c->cms);
	char text[128];
	int i;

	if (OBJ_obj2txt(text, sizeof(text), type, 1) > 0)
		for (i = 0; i < PURPOSES; i++)
			if (strcmp(text, purposes[i].oid) == 0) {
				c->purpose = (enum seki_purpose)i;
				return 0;
			}
	return refuse(err, _("signed for no purpose of seki"));
}

/* The one value of an attribute that must stand there once. */
static const ASN1_TYPE *
attribute(const struct seki_cms *c, int nid)
{
	int at = CMS_signed_get_attr_by_NID(c->si, nid, -1);
	X509_ATTRIBUTE *a;

	if (at < 0)
		return NULL;
	a = CMS_signed_get_attr(c->si, at);
	return X509_ATTRIBUTE_count(a) == 1 ? X509_ATTRIBUTE_get0_type(a, 0)
					    : NULL;
}

/* UTCTime until 2049, GeneralizedTime after (RFC 5652 11.3), to the second. */
static int
signing_time(struct seki_cms *c, const ASN1_TYPE *v, struct seki_err *err)
{
	const ASN1_TIME *t;
	ASN1_TIME *again;
	struct tm tm;
	int good;

	if (v->type != V_ASN1_UTCTIME && v->type != V_ASN1_GENERALIZEDTIME)
		return refuse(err, _("signing time: not a time"));
	t = v->type == V_ASN1_UTCTIME ? v->value.utctime
				      : v->value.generalizedtime;
	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return refuse(err, _("signing time: not a time"));
	c->when = timegm(&tm);
	again = ASN1_TIME_set(NULL, c->when);
	if (again == NULL)
		return seki_err_nomem(err);
	good = again->type == t->type &&
	       ASN1_STRING_cmp(
		   (const ASN1_STRING *)again, (const ASN1_STRING *)t) == 0;
	ASN1_TIME_free(again);
	return good ? 0 : refuse(err, _("signing time: not in its one form"));
}

static int
signing_cert(struct seki_cms *c, const ASN1_TYPE *v, struct seki_err *err)
{
	const unsigned char *p;
	long n;

	if (v->type != V_ASN1_SEQUENCE)
		return refuse(err, _("certificate not bound"));
	p = v->value.sequence->data;
	n = v->value.sequence->length;
	c->ess = d2i_ESS_SIGNING_CERT_V2(NULL, &p, n);
	if (c->ess == NULL || p != v->value.sequence->data + n)
		return refuse(err, _("certificate not bound"));
	return 0;
}

/* Exactly four, each once, with one value. */
static int
attributes(struct seki_cms *c, struct seki_err *err)
{
	const ASN1_TYPE *type, *digest, *when, *cert;

	type = attribute(c, NID_pkcs9_contentType);
	digest = attribute(c, NID_pkcs9_messageDigest);
	when = attribute(c, NID_pkcs9_signingTime);
	cert = attribute(c, NID_id_smime_aa_signingCertificateV2);
	if (type == NULL || digest == NULL || when == NULL)
		return refuse(err, _("signed attributes missing"));
	if (cert == NULL)
		return refuse(
		    err, _("certificate not bound: no signing-certificate-v2"));
	if (CMS_signed_get_attr_count(c->si) != 4)
		return refuse(err, _("signed attributes that are not allowed"));
	if (type->type != V_ASN1_OBJECT ||
	    OBJ_cmp(type->value.object, CMS_get0_eContentType(c->cms)) != 0)
		return refuse(err, _("the signed content type is another"));
	if (signing_time(c, when, err) == -1)
		return -1;
	return signing_cert(c, cert, err);
}

struct seki_cms *
seki_cms_open(const void *der, size_t n, struct seki_err *err)
{
	struct seki_cms *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	if (n > SEKI_SIGNATURE_MAX)
		(void)seki_fail(err, SEKI_LIMIT,
		    _("a signature of more than %zu bytes"),
		    SEKI_SIGNATURE_MAX);
	else if (decode(c, der, n, err) == 0) {
		c->si =
		    sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(c->cms), 0);
		if (find_purpose(c, err) == 0 && attributes(c, err) == 0)
			return c;
	}
	seki_cms_free(c);
	return NULL;
}

enum seki_purpose
seki_cms_purpose(const struct seki_cms *c)
{
	return c->purpose;
}

seki_time
seki_cms_when(const struct seki_cms *c)
{
	return c->when;
}

const char *
seki_cms_algorithm(const struct seki_cms *c)
{
	return c->algorithm;
}

/* OpenSSL's own check of signing-certificate-v2: digest, issuer, serial. */
static int
bound(const struct seki_cms *c, X509 *cert)
{
	STACK_OF(X509) *one = sk_X509_new_null();
	int r = one != NULL && sk_X509_push(one, cert) > 0 &&
		OSSL_ESS_check_signing_certs(NULL, c->ess, one, 1) == 1;

	sk_X509_free(one);
	ERR_clear_error();
	return r;
}

static X509 *
certificate(const void *der, size_t n)
{
	const unsigned char *p = der;
	X509 *cert = n > SEKI_TRUST_MAX ? NULL : d2i_X509(NULL, &p, (long)n);

	ERR_clear_error();
	if (cert != NULL && p == (const unsigned char *)der + n)
		return cert;
	X509_free(cert);
	return NULL;
}

int
seki_cms_names(const struct seki_cms *c, const void *der, size_t n)
{
	X509 *cert = certificate(der, n);
	int r = cert != NULL && bound(c, cert);

	X509_free(cert);
	return r;
}

/* A filter before the memory: of a memory BIO itself CMS_verify makes a copy,
 * which it does not free when it fails (OpenSSL 3.0). */
static BIO *
content(const void *data, size_t n)
{
	BIO *mem = n > INT_MAX ? NULL : BIO_new_mem_buf(data, (int)n);
	BIO *filter = mem == NULL ? NULL : BIO_new(BIO_f_null());

	if (filter == NULL)
		BIO_free(mem);
	return filter == NULL ? NULL : BIO_push(filter, mem);
}

static int
verify(struct seki_cms *c, const void *data, size_t n, X509 *cert)
{
	const unsigned flags =
	    CMS_BINARY | CMS_NOINTERN | CMS_NOCRL | CMS_NO_SIGNER_CERT_VERIFY;
	STACK_OF(X509) *one = sk_X509_new_null();
	BIO *bio = content(data, n);
	int r = one != NULL && bio != NULL && sk_X509_push(one, cert) > 0 &&
		CMS_verify(c->cms, one, NULL, bio, NULL, flags) == 1;

	sk_X509_free(one);
	BIO_free_all(bio);
	return r;
}

/* OpenSSL compares names without regard to case and spaces. */
static int
same_issuer(const struct seki_cms *c, X509 *cert)
{
	const unsigned char *a, *b;
	ASN1_OCTET_STRING *id;
	ASN1_INTEGER *number;
	X509_NAME *issuer;
	size_t n, m;

	if (CMS_SignerInfo_get0_signer_id(c->si, &id, &issuer, &number) != 1)
		return 0;
	if (issuer == NULL)
		return id != NULL;
	return X509_NAME_get0_der(issuer, &a, &n) == 1 &&
	       X509_NAME_get0_der(X509_get_issuer_name(cert), &b, &m) == 1 &&
	       n == m && memcmp(a, b, n) == 0;
}

/* None, or just the signer's own: no byte of a signature file is free. */
static int
embedded(const struct seki_cms *c, const void *der, size_t n)
{
	const struct seki_cms_outline *o = &c->outline;

	return o->cert == NULL ||
	       (o->ncert == n && memcmp(o->cert, der, n) == 0);
}

int
seki_cms_check(struct seki_cms *c, const void *data, size_t n, const void *der,
    size_t der_n, struct seki_err *err)
{
	X509 *cert = certificate(der, der_n);
	X509_ALGOR *digest, *sig;
	const char *why;
	int r = -1;

	if (cert == NULL)
		return refuse(
		    err, _("the signer's certificate cannot be read"));
	CMS_SignerInfo_get0_algs(c->si, NULL, NULL, &digest, &sig);
	c->algorithm = seki_cms_algor(sig, digest, cert, &why);
	if (!bound(c, cert) || CMS_SignerInfo_cert_cmp(c->si, cert) != 0 ||
	    !same_issuer(c, cert))
		(void)refuse(err, _("certificate not bound"));
	else if (!embedded(c, der, der_n))
		(void)refuse(err,
		    _("certificates inside that are not the signer's own"));
	else if (c->algorithm == NULL)
		(void)refuse(err, _(why));
	else if (!verify(c, data, n, cert))
		(void)seki_key_fail(
		    err, SEKI_SIGNATURE, _("the signature does not hold"));
	else
		r = 0;
	X509_free(cert);
	return r;
}

int
seki_cms_verify(const void *der, size_t n, const void *data, size_t data_n,
    const void *cert, size_t cert_n, enum seki_purpose *purpose,
    seki_time *when, struct seki_err *err)
{
	struct seki_cms *c = seki_cms_open(der, n, err);
	int r = -1;

	if (c == NULL)
		return -1;
	if (seki_cms_check(c, data, data_n, cert, cert_n, err) == 0) {
		*purpose = c->purpose;
		*when = c->when;
		r = 0;
	}
	seki_cms_free(c);
	return r;
}

void
seki_cms_free(struct seki_cms *c)
{
	if (c == NULL)
		return;
	ESS_SIGNING_CERT_V2_free(c->ess);
	CMS_ContentInfo_free(c->cms);
	free(c);
}
