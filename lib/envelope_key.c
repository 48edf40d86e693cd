#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "envelope.h"

/*
 * The key that encrypts, wrapped for one recipient and unwrapped by it: ECDH
 * with an ephemeral key of P-256 (RFC 5753 3.1), or RSA-OAEP (RFC 3560).
 */

/* ECC-CMS-SharedInfo (RFC 5753 7.2) for AES-256 key wrap: the algorithm, and
 * 256 bits. */
static const unsigned char shared_info[] = { 0x30, 0x15, 0x30, 0x0B, 0x06, 0x09,
	0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 45, 0xA2, 0x06, 0x04, 0x04, 0, 0, 1,
	0 };

static int
is_p256(const EVP_PKEY *key)
{
	char group[32] = "";
	size_t n;

	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), &n) == 1 &&
	       strcmp(group, "prime256v1") == 0;
}

const char *
seki_envelope_fit(const X509 *cert)
{
	const EVP_PKEY *key = X509_get0_pubkey(cert);

	ERR_clear_error();
	if (key != NULL && is_p256(key))
		return NULL;
	if (key == NULL || !EVP_PKEY_is_a(key, "RSA"))
		return N_("the certificate's key is neither P-256 nor RSA");
	if (EVP_PKEY_get_bits(key) < 3072)
		return N_("the certificate's RSA key has less than 3072 bits");
	if (EVP_PKEY_get_bits(key) > 8 * SEKI_ENVELOPE_RSA)
		return N_("the certificate's RSA key has more than 4096 bits");
	return NULL;
}

/* IssuerAndSerialNumber of a certificate. */
static int
issuer(const X509 *cert, struct seki_buf *buf, struct seki_err *err)
{
	const unsigned char *name;
	unsigned char *number = NULL;
	size_t n, from = buf->n;
	int len, r = -1;

	len = i2d_ASN1_INTEGER(X509_get0_serialNumber(cert), &number);
	if (len <= 0 ||
	    X509_NAME_get0_der(X509_get_issuer_name(cert), &name, &n) != 1)
		(void)seki_key_fail(err, SEKI_NOMEM, _("certificate"));
	else if (seki_buf_add(buf, name, n, err) == 0 &&
		 seki_buf_add(buf, number, (size_t)len, err) == 0)
		r = seki_envelope_wrap_in(buf, from, 0x30, err);
	OPENSSL_free(number);
	return r;
}

/* The key that wraps (X9.63 KDF, of which one block of SHA-256 is all), from
 * what both sides agree on. */
static int
agree(EVP_PKEY *own, EVP_PKEY *other, unsigned char *kek, struct seki_err *err)
{
	unsigned char z[32], counter[4] = { 0, 0, 0, 1 };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	struct seki_sha256 sha;
	size_t n = sizeof(z);
	int r = -1;

	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, other) != 1 ||
	    EVP_PKEY_derive(ctx, z, &n) != 1 || n != sizeof(z))
		(void)seki_key_fail(err, SEKI_DIGEST, _("key agreement"));
	else if (seki_sha256_init(&sha, err) == 0) {
		seki_sha256_restart(&sha);
		seki_sha256_add(&sha, z, n);
		seki_sha256_add(&sha, counter, sizeof(counter));
		seki_sha256_add(&sha, shared_info, sizeof(shared_info));
		seki_sha256_end(&sha, kek);
		seki_sha256_free(&sha);
		r = 0;
	}
	OPENSSL_cleanse(z, sizeof(z));
	EVP_PKEY_CTX_free(ctx);
	return r;
}

/* AES-256 key wrap (RFC 3394): n bytes in, n + 8 out, or the other way. */
static int
aes_wrap(const unsigned char *kek, int wrap, const unsigned char *in, int n,
    unsigned char *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char room[SEKI_ENVELOPE_KEY + 16];
	int got = 0, want = wrap ? n + 8 : n - 8, good = 0;

	if (ctx != NULL) {
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
		good = EVP_CipherInit_ex(ctx, EVP_aes_256_wrap(), NULL, kek,
			   NULL, wrap) == 1 &&
		       EVP_CipherUpdate(ctx, room, &got, in, n) == 1 &&
		       got == want;
	}
	if (good)
		memcpy(out, room, (size_t)want);
	OPENSSL_cleanse(room, sizeof(room));
	EVP_CIPHER_CTX_free(ctx);
	return good;
}

static EVP_PKEY *
point_key(const unsigned char *point)
{
	unsigned char copy[SEKI_ENVELOPE_POINT];
	char group[] = "prime256v1";
	OSSL_PARAM param[3];
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	memcpy(copy, point, sizeof(copy));
	param[0] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	param[1] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, copy, sizeof(copy));
	param[2] = OSSL_PARAM_construct_end();
	if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
		(void)EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, param);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* OriginatorIdentifierOrKey with the ephemeral point. */
static int
originator(const EVP_PKEY *key, struct seki_buf *buf, struct seki_err *err)
{
	unsigned char bits[1 + SEKI_ENVELOPE_POINT] = { 0 };
	size_t n, from = buf->n;

	if (EVP_PKEY_get_octet_string_param(key,
		OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, bits + 1, sizeof(bits) - 1,
		&n) != 1 ||
	    n != sizeof(bits) - 1 || bits[1] != 4)
		return seki_key_fail(err, SEKI_BUG, _("key agreement"));
	if (seki_envelope_object(buf, SEKI_ED_EC_PUBLIC, err) == -1 ||
	    seki_envelope_wrap_in(buf, from, 0x30, err) == -1 ||
	    seki_envelope_header(buf, 0x03, sizeof(bits), err) == -1 ||
	    seki_buf_add(buf, bits, sizeof(bits), err) == -1 ||
	    seki_envelope_wrap_in(buf, from, 0xA1, err) == -1)
		return -1;
	return seki_envelope_wrap_in(buf, from, 0xA0, err);
}

/* The agreement, whose parameter is the algorithm that wraps. */
static int
agreement(struct seki_buf *buf, struct seki_err *err)
{
	size_t from = buf->n, at;

	if (seki_envelope_object(buf, SEKI_ED_ECDH, err) == -1)
		return -1;
	at = buf->n;
	if (seki_envelope_object(buf, SEKI_ED_AES_WRAP, err) == -1 ||
	    seki_envelope_wrap_in(buf, at, 0x30, err) == -1)
		return -1;
	return seki_envelope_wrap_in(buf, from, 0x30, err);
}

static int
wrap_ec(const X509 *cert, EVP_PKEY *to, const unsigned char *cek,
    struct seki_buf *buf, struct seki_err *err)
{
	unsigned char kek[SEKI_SHA256], out[SEKI_ENVELOPE_KEY + 8];
	EVP_PKEY *own = EVP_EC_gen("P-256");
	size_t from = buf->n, at;
	int r = -1;

	if (own == NULL)
		(void)seki_key_fail(err, SEKI_NOMEM, _("make a key"));
	else if (seki_buf_add(buf, "\2\1\3", 3, err) == -1 ||
		 originator(own, buf, err) == -1 ||
		 agree(own, to, kek, err) == -1)
		r = -1;
	else if (!aes_wrap(kek, 1, cek, SEKI_ENVELOPE_KEY, out))
		(void)seki_key_fail(err, SEKI_BUG, _("wrap a key"));
	else
		r = 0;
	OPENSSL_cleanse(kek, sizeof(kek));
	EVP_PKEY_free(own);
	if (r == -1 || agreement(buf, err) == -1)
		return -1;
	at = buf->n;
	if (issuer(cert, buf, err) == -1 ||
	    seki_envelope_header(buf, 0x04, sizeof(out), err) == -1 ||
	    seki_buf_add(buf, out, sizeof(out), err) == -1 ||
	    seki_envelope_wrap_in(buf, at, 0x30, err) == -1 ||
	    seki_envelope_wrap_in(buf, at, 0x30, err) == -1)
		return -1;
	return seki_envelope_wrap_in(buf, from, 0xA1, err);
}

/* Set up for SHA-256 in both places; opens or closes. */
static EVP_PKEY_CTX *
oaep(EVP_PKEY *key, int closes)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);

	if (ctx != NULL &&
	    (closes ? EVP_PKEY_encrypt_init(ctx)
		    : EVP_PKEY_decrypt_init(ctx)) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1 &&
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) == 1)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

/* rSAES-OAEP-SHA256-Identifier (RFC 4055 4.1), parameters of SHA-256 absent. */
static int
oaep_algorithm(struct seki_buf *buf, struct seki_err *err)
{
	static const unsigned char der[] = { 0x30, 0x38, 0x06, 0x09, 0x2A, 0x86,
		0x48, 0x86, 0xF7, 0x0D, 1, 1, 7, 0x30, 0x2B, 0xA0, 0x0D, 0x30,
		0x0B, 0x06, 0x09, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 0xA1,
		0x1A, 0x30, 0x18, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7,
		0x0D, 1, 1, 8, 0x30, 0x0B, 0x06, 0x09, 0x60, 0x86, 0x48, 1,
		0x65, 3, 4, 2, 1 };

	return seki_buf_add(buf, der, sizeof(der), err);
}

static int
wrap_rsa(const X509 *cert, EVP_PKEY *to, const unsigned char *cek,
    struct seki_buf *buf, struct seki_err *err)
{
	unsigned char out[SEKI_ENVELOPE_RSA];
	EVP_PKEY_CTX *ctx = oaep(to, 1);
	size_t n = sizeof(out), from = buf->n;
	int good = ctx != NULL && EVP_PKEY_get_size(to) <= (int)n &&
		   EVP_PKEY_encrypt(ctx, out, &n, cek, SEKI_ENVELOPE_KEY) == 1;

	EVP_PKEY_CTX_free(ctx);
	if (!good)
		return seki_key_fail(err, SEKI_TRUST, _("wrap a key"));
	if (seki_buf_add(buf, "\2\1\0", 3, err) == -1 ||
	    issuer(cert, buf, err) == -1 || oaep_algorithm(buf, err) == -1 ||
	    seki_envelope_header(buf, 0x04, n, err) == -1 ||
	    seki_buf_add(buf, out, n, err) == -1)
		return -1;
	return seki_envelope_wrap_in(buf, from, 0x30, err);
}

int
seki_envelope_wrap(const X509 *cert, const unsigned char *cek,
    struct seki_buf *buf, struct seki_err *err)
{
	EVP_PKEY *to = X509_get0_pubkey(cert);
	const char *why = seki_envelope_fit(cert);

	if (why != NULL)
		return seki_fail(err, SEKI_TRUST, "%s", _(why));
	return is_p256(to) ? wrap_ec(cert, to, cek, buf, err)
			   : wrap_rsa(cert, to, cek, buf, err);
}

int
seki_envelope_mine(const struct seki_envelope *e, const struct seki_key *key,
    struct seki_err *err)
{
	X509 *cert = seki_key_x509(key);
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(cert);
	struct seki_buf own = SEKI_BUF_INIT;
	const unsigned char *p;
	size_t i, n;
	int r = -1;

	if (issuer(cert, &own, err) == -1) {
		seki_buf_free(&own);
		return -1;
	}
	for (i = 0; i < e->n && r == -1; i++) {
		p = (unsigned char *)own.p;
		n = own.n;
		if (e->to[i].by_key) {
			p = id == NULL ? NULL : ASN1_STRING_get0_data(id);
			n = id == NULL ? 0 : (size_t)ASN1_STRING_length(id);
		}
		if (n > 0 && n == e->to[i].nrid &&
		    memcmp(p, e->to[i].rid, n) == 0)
			r = (int)i;
	}
	seki_buf_free(&own);
	if (r == -1)
		(void)seki_fail(err, SEKI_RECIPIENT, "%s",
		    _("it is not encrypted to this key, though the manifest "
		      "says so"));
	return r;
}

static int
unwrap_ec(const struct seki_envelope_to *to, EVP_PKEY *own, unsigned char *cek)
{
	struct seki_err ignored = SEKI_ERR_INIT;
	unsigned char kek[SEKI_SHA256];
	EVP_PKEY *other = point_key(to->point);
	int good = other != NULL && agree(own, other, kek, &ignored) == 0 &&
		   aes_wrap(kek, 0, to->wrapped, (int)to->nwrapped, cek);

	OPENSSL_cleanse(kek, sizeof(kek));
	EVP_PKEY_free(other);
	return good;
}

static int
unwrap_rsa(const struct seki_envelope_to *to, EVP_PKEY *own, unsigned char *cek)
{
	unsigned char out[SEKI_ENVELOPE_RSA];
	EVP_PKEY_CTX *ctx = oaep(own, 0);
	size_t n = sizeof(out);
	int good =
	    ctx != NULL && EVP_PKEY_get_size(own) <= (int)n &&
	    EVP_PKEY_decrypt(ctx, out, &n, to->wrapped, to->nwrapped) == 1 &&
	    n == SEKI_ENVELOPE_KEY;

	if (good)
		memcpy(cek, out, n);
	OPENSSL_cleanse(out, sizeof(out));
	EVP_PKEY_CTX_free(ctx);
	return good;
}

int
seki_envelope_unwrap(const struct seki_envelope_to *to,
    const struct seki_key *key, unsigned char *cek, struct seki_err *err)
{
	EVP_PKEY *own = seki_key_pkey(key);
	int good = to->ec
		       ? is_p256(own) && unwrap_ec(to, own, cek)
		       : EVP_PKEY_is_a(own, "RSA") && unwrap_rsa(to, own, cek);

	ERR_clear_error();
	return good ? 0
		    : seki_fail(err, SEKI_DIGEST, "%s",
			  _("the key that is wrapped for this host does not "
			    "open"));
}
