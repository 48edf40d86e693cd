#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "seki_int.h"

struct seki_key {
	EVP_PKEY *pkey;
	X509 *cert;
	char id[SEKI_HEX];
	char owner[SEKI_ID_MAX + 1];
};

int
seki_key_fail(struct seki_err *err, enum seki_reason reason, const char *what)
{
	unsigned long e = ERR_peek_last_error();
	const char *why = ERR_reason_error_string(e);

	if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE)
		reason = SEKI_NOMEM;
	ERR_clear_error();
	if (why == NULL)
		return seki_fail(err, reason, "%s", what);
	return seki_fail(err, reason, "%s: %s", what, why);
}

/* Id and owner come from the certificate. */
static int
learn(struct seki_key *key, struct seki_err *err)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n;

	if (X509_digest(key->cert, EVP_sha256(), digest, &n) != 1)
		return seki_key_fail(err, SEKI_NOMEM, _("certificate"));
	seki_text_hex(digest, SEKI_SHA256, key->id);
	if (X509_NAME_get_text_by_NID(X509_get_subject_name(key->cert),
		NID_commonName, key->owner, sizeof(key->owner)) == -1)
		key->owner[0] = '\0';
	return 0;
}

/* Without this OpenSSL would ask for a password on the terminal. */
static int
no_password(char *buf, int size, int writing, void *ctx)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

static int
parse(struct seki_key *key, const struct seki_buf *text, struct seki_err *err)
{
	BIO *bio = BIO_new_mem_buf(text->p, (int)text->n);

	if (bio == NULL)
		return seki_err_nomem(err);
	key->pkey = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	if (key->pkey != NULL)
		key->cert = PEM_read_bio_X509(bio, NULL, no_password, NULL);
	BIO_free(bio);
	if (key->pkey == NULL)
		return seki_key_fail(err, SEKI_CREDENTIALS,
		    _("no private key in PEM without a password"));
	if (key->cert == NULL)
		return seki_key_fail(err, SEKI_CREDENTIALS,
		    _("no certificate after the private key"));
	if (X509_check_private_key(key->cert, key->pkey) != 1)
		return seki_key_fail(err, SEKI_CREDENTIALS,
		    _("the certificate belongs to another key"));
	return learn(key, err);
}

struct seki_key *
seki_key_open(const char *path, struct seki_err *err)
{
	struct seki_buf text = SEKI_BUF_INIT;
	struct seki_key *key = calloc(1, sizeof(*key));

	if (key == NULL)
		(void)seki_err_nomem(err);
	else if (seki_in_secret(path, &text, err) == -1 ||
		 parse(key, &text, err) == -1) {
		seki_err_object(err, path);
		seki_key_free(key);
		key = NULL;
	}
	seki_buf_wipe(&text);
	return key;
}

static int
extension(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;
	int r;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	if (ext == NULL)
		return 0;
	r = X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	return r;
}

/* 127 random bits: positive, never the same twice. */
static int
serial(X509 *cert)
{
	unsigned char r[16];
	BIGNUM *n;
	int ok;

	if (RAND_bytes(r, sizeof(r)) != 1)
		return 0;
	r[0] = (unsigned char)((r[0] & 0x7F) | 0x40);
	if ((n = BN_bin2bn(r, sizeof(r), NULL)) == NULL)
		return 0;
	ok = BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) != NULL;
	BN_free(n);
	return ok;
}

/* usage: what the certificate says it is for. */
static X509 *
self_signed(EVP_PKEY *pkey, const char *id, const char *usage,
    seki_time not_before, seki_time not_after)
{
	X509 *cert = X509_new();
	X509_NAME *name;

	if (cert != NULL && X509_set_version(cert, X509_VERSION_3) == 1 &&
	    serial(cert) && (name = X509_get_subject_name(cert)) != NULL &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		(const unsigned char *)id, -1, -1, 0) == 1 &&
	    X509_set_issuer_name(cert, name) == 1 &&
	    ASN1_TIME_set(X509_getm_notBefore(cert), not_before) != NULL &&
	    ASN1_TIME_set(X509_getm_notAfter(cert), not_after) != NULL &&
	    X509_set_pubkey(cert, pkey) == 1 &&
	    extension(cert, NID_basic_constraints, "critical,CA:FALSE") == 1 &&
	    extension(cert, NID_key_usage, usage) == 1 &&
	    extension(cert, NID_subject_key_identifier, "hash") == 1 &&
	    X509_sign(cert, pkey, EVP_sha256()) > 0)
		return cert;
	X509_free(cert);
	return NULL;
}

/* Past the stream's buffer, which nobody wipes. */
static int
write_by_name(const char *path, const char *text, long n, struct seki_err *err)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	int bad = fd == -1 || write(fd, text, (size_t)n) != n;

	if (bad)
		(void)seki_err_errno(err, _("write the key"));
	if (fd != -1)
		(void)close(fd);
	return bad ? -1 : 0;
}

/* The private key's text is wiped wherever it was. */
static int
write_pem(const struct seki_key *key, const char *path, struct seki_err *err)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	struct seki_out *out = NULL;
	char *text;
	long n;

	if (bio == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(
		bio, key->pkey, NULL, NULL, 0, NULL, NULL) != 1 ||
	    PEM_write_bio_X509(bio, key->cert) != 1) {
		(void)seki_key_fail(err, SEKI_NOMEM, _("write the key"));
		goto fail;
	}
	n = BIO_get_mem_data(bio, &text);
	out = seki_out_file(path, 0600, SEKI_OUT_NEW, err);
	if (out == NULL ||
	    write_by_name(seki_out_path(out), text, n, err) == -1)
		goto fail;
	OPENSSL_cleanse(text, (size_t)n);
	BIO_free(bio);
	return seki_out_commit(out, err);

fail:
	seki_out_abort(out);
	if (bio != NULL && (n = BIO_get_mem_data(bio, &text)) > 0)
		OPENSSL_cleanse(text, (size_t)n);
	BIO_free(bio);
	return -1;
}

static struct seki_key *
make(const char *path, const char *id, const char *usage, seki_time not_before,
    seki_time not_after, struct seki_err *err)
{
	struct seki_key *key;

	if (!seki_form_ok(SEKI_F_ID, id)) {
		(void)seki_fail(
		    err, SEKI_CONFIG, "%s", seki_form_what(SEKI_F_ID));
		return NULL;
	}
	if ((key = calloc(1, sizeof(*key))) == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	key->pkey = EVP_EC_gen("P-256");
	if (key->pkey != NULL)
		key->cert =
		    self_signed(key->pkey, id, usage, not_before, not_after);
	if (key->cert == NULL)
		(void)seki_key_fail(err, SEKI_NOMEM, _("make a key"));
	else if (learn(key, err) == 0 && write_pem(key, path, err) == 0)
		return key;
	seki_err_object(err, path);
	seki_key_free(key);
	return NULL;
}

struct seki_key *
seki_key_make(const char *path, const char *id, seki_time not_before,
    seki_time not_after, struct seki_err *err)
{
	return make(path, id, "critical,digitalSignature,nonRepudiation",
	    not_before, not_after, err);
}

static int
write_cert(const struct seki_key *key, const char *path, struct seki_err *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct seki_out *out = NULL;
	char *text;
	long n;
	int r = -1;

	if (bio == NULL || PEM_write_bio_X509(bio, key->cert) != 1)
		(void)seki_key_fail(err, SEKI_NOMEM, _("certificate"));
	else if ((out = seki_out_file(path, 0644, SEKI_OUT_NEW, err)) != NULL &&
		 (n = BIO_get_mem_data(bio, &text)) > 0 &&
		 (r = seki_out_write(out, text, (size_t)n, err)) == 0) {
		r = seki_out_commit(out, err);
		out = NULL;
	}
	seki_out_abort(out);
	BIO_free(bio);
	if (r == -1)
		seki_err_object(err, path);
	return r;
}

struct seki_key *
seki_key_recipient(const char *path, const char *id, seki_time not_before,
    seki_time not_after, char *pem, size_t size, struct seki_err *err)
{
	struct seki_key *key;
	size_t n = strlen(path);

	if (n > 4 && strcmp(path + n - 4, ".key") == 0)
		n -= 4;
	if (snprintf(pem, size, "%.*s.pem", (int)n, path) >= (int)size) {
		(void)seki_fail(
		    err, SEKI_FILE, "%s", _("the name is too long"));
		return NULL;
	}
	if (access(pem, F_OK) == 0) {
		(void)seki_fail(err, SEKI_FILE, "%s",
		    _("exists already; it was not overwritten"));
		seki_err_object(err, pem);
		return NULL;
	}
	key =
	    make(path, id, "critical,keyAgreement", not_before, not_after, err);
	if (key == NULL || write_cert(key, pem, err) == 0)
		return key;
	(void)unlink(path);
	seki_key_free(key);
	return NULL;
}

const char *
seki_key_id(const struct seki_key *key)
{
	return key->id;
}

const char *
seki_key_owner(const struct seki_key *key)
{
	return key->owner;
}

int
seki_key_cert(
    const struct seki_key *key, struct seki_buf *der, struct seki_err *err)
{
	unsigned char *p = NULL;
	int n = i2d_X509(key->cert, &p), r;

	if (n <= 0)
		return seki_key_fail(err, SEKI_NOMEM, _("certificate"));
	r = seki_buf_add(der, p, (size_t)n, err);
	OPENSSL_free(p);
	return r;
}

EVP_PKEY *
seki_key_pkey(const struct seki_key *key)
{
	return key->pkey;
}

X509 *
seki_key_x509(const struct seki_key *key)
{
	return key->cert;
}

void
seki_key_free(struct seki_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey); /* OpenSSL clears the private number */
	X509_free(key->cert);
	free(key);
}
