#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/ess.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "seki_int.h"

#define OID_PREPARE "2.25.76338632448751028042724313811193437463"
#define WHEN ((seki_time)1775002500)

static const char content[] = "{\"the\":\"manifest\"}";
#define CONTENT content, sizeof(content) - 1

struct pair {
	EVP_PKEY *key;
	X509 *cert;
	struct seki_buf der;
};
static struct pair ec, ec_again, p384, p521, rsa2048, rsa3072;
static char folder[] = "/tmp/seki-cms.XXXXXX";

static void
pair_cert(struct pair *p, EVP_PKEY *key, const char *cn)
{
	struct seki_err err = SEKI_ERR_INIT;
	X509 *c = X509_new();
	X509_NAME *name = X509_get_subject_name(c);
	unsigned char *der = NULL;
	int n;

	assert_non_null(key);
	p->key = key;
	assert_int_equal(X509_set_version(c, 2), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(c), 7), 1);
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
			     (const unsigned char *)cn, -1, -1, 0),
	    1);
	assert_int_equal(X509_set_issuer_name(c, name), 1);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(c), WHEN - 86400));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(c), WHEN + 86400));
	assert_int_equal(X509_set_pubkey(c, key), 1);
	assert_true(X509_sign(c, key, EVP_sha256()) > 0);
	n = i2d_X509(c, &der);
	assert_int_equal(seki_buf_add(&p->der, der, (size_t)n, &err), 0);
	OPENSSL_free(der);
	p->cert = c;
}

static int
setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	pair_cert(&ec, EVP_EC_gen("P-256"), "inet-1");
	/* The same key under another certificate (S8). */
	assert_int_equal(EVP_PKEY_up_ref(ec.key), 1);
	pair_cert(&ec_again, ec.key, "inet-2");
	pair_cert(&p384, EVP_EC_gen("P-384"), "p384");
	pair_cert(&p521, EVP_EC_gen("P-521"), "p521");
	pair_cert(&rsa2048, EVP_RSA_gen(2048), "rsa2048");
	pair_cert(&rsa3072, EVP_RSA_gen(3072), "rsa3072");
	return 0;
}

static int
teardown(void **state)
{
	struct pair *all[] = { &ec, &ec_again, &p384, &p521, &rsa2048,
		&rsa3072 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		EVP_PKEY_free(all[i]->key);
		X509_free(all[i]->cert);
		seki_buf_free(&all[i]->der);
	}
	return rmdir(folder);
}

/* What the row breaks. */
enum fault {
	NONE,
	EMBED = 1,     /* the content inside */
	NOATTR = 2,    /* no signed attributes */
	NOCADES = 4,   /* no signing-certificate-v2 */
	SMIMECAP = 8,  /* a fifth attribute */
	TWO = 16,      /* two signers */
	UNSIGNED = 32, /* an unsigned attribute */
	CRL = 64,      /* a CRL inside */
	PSS = 512,
	EXTRACERT = 1024, /* somebody else's certificate inside */
	NOCERT = 2048,	  /* none inside */
	SKI = 4096,	  /* signer named by key id */
	GENTIME = 8192	  /* GeneralizedTime where UTCTime belongs */
};

static void
add_crl(CMS_ContentInfo *cms)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_set(NULL, WHEN);

	assert_int_equal(X509_CRL_set_version(crl, 1), 1);
	assert_int_equal(
	    X509_CRL_set_issuer_name(crl, X509_get_subject_name(ec.cert)), 1);
	assert_int_equal(X509_CRL_set1_lastUpdate(crl, t), 1);
	assert_true(X509_CRL_sign(crl, ec.key, EVP_sha256()) > 0);
	assert_int_equal(CMS_add0_crl(cms, crl), 1);
	ASN1_TIME_free(t);
}

static void
add_time(CMS_SignerInfo *si, unsigned fault)
{
	X509_ATTRIBUTE *a;
	ASN1_TIME *t = ASN1_TIME_set(NULL, WHEN);
	ASN1_GENERALIZEDTIME *g = ASN1_TIME_to_generalizedtime(t, NULL);

	if ((fault & GENTIME) != 0)
		a = X509_ATTRIBUTE_create(NID_pkcs9_signingTime,
		    V_ASN1_GENERALIZEDTIME, ASN1_STRING_dup(g));
	else
		a = X509_ATTRIBUTE_create(
		    NID_pkcs9_signingTime, t->type, ASN1_STRING_dup(t));
	assert_int_equal(CMS_signed_add1_attr(si, a), 1);
	X509_ATTRIBUTE_free(a);
	ASN1_TIME_free(t);
	ASN1_GENERALIZEDTIME_free(g);
}

static CMS_SignerInfo *
add_signer(CMS_ContentInfo *cms, const struct pair *p, const EVP_MD *md,
    unsigned flags, unsigned fault)
{
	CMS_SignerInfo *si;
	EVP_PKEY_CTX *ctx;

	if ((fault & PSS) != 0)
		flags |= CMS_KEY_PARAM;
	si = CMS_add1_signer(cms, p->cert, p->key, md, flags);
	assert_non_null(si);
	if ((fault & NOATTR) == 0)
		add_time(si, fault);
	if ((fault & PSS) != 0) {
		ctx = CMS_SignerInfo_get0_pkey_ctx(si);
		assert_true(EVP_PKEY_CTX_set_rsa_padding(
				ctx, RSA_PKCS1_PSS_PADDING) > 0);
		assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(
				ctx, RSA_PSS_SALTLEN_DIGEST) > 0);
	}
	return si;
}

static void
make(struct seki_buf *der, const struct pair *p, const EVP_MD *md,
    const char *oid, unsigned fault)
{
	unsigned flags = CMS_PARTIAL | CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES;
	struct seki_err err = SEKI_ERR_INIT;
	BIO *bio = BIO_new_mem_buf(content, (int)sizeof(content) - 1);
	CMS_ContentInfo *cms;
	CMS_SignerInfo *si;
	unsigned char *out = NULL;
	ASN1_OBJECT *type;
	int n;

	if ((fault & EMBED) == 0)
		flags |= CMS_DETACHED;
	if ((fault & NOATTR) != 0)
		flags = (flags & ~(unsigned)CMS_CADES) | CMS_NOATTR;
	if ((fault & NOCADES) != 0)
		flags &= ~(unsigned)CMS_CADES;
	if ((fault & SMIMECAP) != 0)
		flags &= ~(unsigned)CMS_NOSMIMECAP;
	if ((fault & NOCERT) != 0)
		flags |= CMS_NOCERTS;
	if ((fault & SKI) != 0)
		flags |= CMS_USE_KEYID;
	cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
	assert_non_null(cms);
	if (oid != NULL) {
		type = OBJ_txt2obj(oid, 1);
		assert_int_equal(CMS_set1_eContentType(cms, type), 1);
		ASN1_OBJECT_free(type);
	}
	si = add_signer(cms, p, md, flags, fault);
	if ((fault & TWO) != 0)
		(void)add_signer(cms, &ec_again, md, flags, NONE);
	if ((fault & EXTRACERT) != 0)
		assert_int_equal(CMS_add1_cert(cms, p384.cert), 1);
	if ((fault & CRL) != 0)
		add_crl(cms);
	if (CMS_final(cms, bio, NULL, flags) != 1) {
		ERR_print_errors_fp(stderr);
		fail_msg("fault %u", fault);
	}
	if ((fault & UNSIGNED) != 0)
		assert_int_equal(CMS_unsigned_add1_attr_by_txt(si, "1.2.3.4.5",
				     V_ASN1_OCTET_STRING, "x", 1),
		    1);
	n = i2d_CMS_ContentInfo(cms, &out);
	assert_true(n > 0);
	assert_int_equal(seki_buf_add(der, out, (size_t)n, &err), 0);
	OPENSSL_free(out);
	CMS_ContentInfo_free(cms);
	BIO_free(bio);
}

static const struct {
	const char *name;
	const struct pair *by, *cert;
	const EVP_MD *(*md)(void);
	const char *oid;
	unsigned fault;
	enum seki_reason reason;
	const char *text;
} rows[] = {
	{ "good", &ec, &ec, EVP_sha256, OID_PREPARE, NONE, SEKI_OK, "" },
	{ "no certificate inside", &ec, &ec, EVP_sha256, OID_PREPARE, NOCERT,
	    SEKI_OK, "" },
	{ "P-384", &p384, &p384, EVP_sha384, OID_PREPARE, NONE, SEKI_OK, "" },
	{ "RSA-PSS", &rsa3072, &rsa3072, EVP_sha256, OID_PREPARE, PSS, SEKI_OK,
	    "" },
	{ "content inside", &ec, &ec, EVP_sha256, OID_PREPARE, EMBED,
	    SEKI_SIGNATURE, "embedded" },
	{ "S3: no signed attributes", &ec, &ec, EVP_sha256, OID_PREPARE, NOATTR,
	    SEKI_SIGNATURE, "signed attributes missing" },
	{ "S8: no signing certificate", &ec, &ec, EVP_sha256, OID_PREPARE,
	    NOCADES, SEKI_SIGNATURE, "certificate not bound" },
	{ "S8: another certificate of the key", &ec, &ec_again, EVP_sha256,
	    OID_PREPARE, NONE, SEKI_SIGNATURE, "certificate not bound" },
	{ "another signer", &ec, &p384, EVP_sha256, OID_PREPARE, NONE,
	    SEKI_SIGNATURE, "certificate not bound" },
	{ "a fifth attribute", &ec, &ec, EVP_sha256, OID_PREPARE, SMIMECAP,
	    SEKI_SIGNATURE, "attributes that are not allowed" },
	{ "two signers", &ec, &ec, EVP_sha256, OID_PREPARE, TWO, SEKI_SIGNATURE,
	    "more than one signer" },
	{ "an unsigned attribute", &ec, &ec, EVP_sha256, OID_PREPARE, UNSIGNED,
	    SEKI_SIGNATURE, "unsigned attributes" },
	{ "S4: a CRL inside", &ec, &ec, EVP_sha256, OID_PREPARE, CRL,
	    SEKI_SIGNATURE, "CRLs are not allowed" },
	{ "somebody's certificate inside", &ec, &ec, EVP_sha256, OID_PREPARE,
	    EXTRACERT, SEKI_SIGNATURE, "not the signer's own" },
	{ "signing time in another form", &ec, &ec, EVP_sha256, OID_PREPARE,
	    GENTIME, SEKI_SIGNATURE, "signing time" },
	{ "plain data", &ec, &ec, EVP_sha256, NULL, NONE, SEKI_SIGNATURE, "" },
	{ "another purpose", &ec, &ec, EVP_sha256, "2.25.1", NONE,
	    SEKI_SIGNATURE, "no purpose" },
	{ "SHA-1", &ec, &ec, EVP_sha1, OID_PREPARE, NONE, SEKI_SIGNATURE, "" },
	{ "SHA-512", &ec, &ec, EVP_sha512, OID_PREPARE, NONE, SEKI_SIGNATURE,
	    "digest algorithm" },
	{ "P-521", &p521, &p521, EVP_sha384, OID_PREPARE, NONE, SEKI_SIGNATURE,
	    "neither P-256 nor P-384" },
	{ "RSA PKCS #1", &rsa3072, &rsa3072, EVP_sha256, OID_PREPARE, NONE,
	    SEKI_SIGNATURE, "signature algorithm" },
	{ "RSA-PSS of 2048 bits", &rsa2048, &rsa2048, EVP_sha256, OID_PREPARE,
	    PSS, SEKI_SIGNATURE, "3072" },
};

static void
test_rows(void **state)
{
	enum seki_purpose purpose;
	struct seki_buf der;
	struct seki_err err;
	seki_time when;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		seki_err_clear(&err);
		der = (struct seki_buf)SEKI_BUF_INIT;
		make(
		    &der, rows[i].by, rows[i].md(), rows[i].oid, rows[i].fault);
		r = seki_cms_verify(der.p, der.n, CONTENT, rows[i].cert->der.p,
		    rows[i].cert->der.n, &purpose, &when, &err);
		if (r != (rows[i].reason == SEKI_OK ? 0 : -1) ||
		    err.reason != rows[i].reason ||
		    strstr(err.text, rows[i].text) == NULL)
			fail_msg("%s: %d %s: %s", rows[i].name, r,
			    seki_err_word(err.reason), err.text);
		if (r == 0) {
			assert_int_equal(purpose, SEKI_P_PREPARE);
			assert_int_equal(when, WHEN);
		}
		assert_int_equal(ERR_peek_error(), 0);
		seki_buf_free(&der);
	}
}

static int
verify(const void *der, size_t n, struct seki_err *err)
{
	enum seki_purpose purpose;
	seki_time when;

	seki_err_clear(err);
	return seki_cms_verify(
	    der, n, CONTENT, ec.der.p, ec.der.n, &purpose, &when, err);
}

/* S1: no bit of a signature file is free, and none is trusted before. */
static void
test_bits(void **state)
{
	struct seki_buf der = SEKI_BUF_INIT;
	struct seki_err err;
	size_t i;

	(void)state;
	make(&der, &ec, EVP_sha256(), OID_PREPARE, NONE);
	assert_int_equal(verify(der.p, der.n, &err), 0);
	for (i = 0; i < 8 * der.n; i++) {
		der.p[i / 8] = (char)(der.p[i / 8] ^ 1 << i % 8);
		if (verify(der.p, der.n, &err) == 0 ||
		    (err.reason != SEKI_CMS && err.reason != SEKI_SIGNATURE))
			fail_msg("bit %zu of byte %zu: %s", i % 8, i / 8,
			    seki_err_word(err.reason));
		der.p[i / 8] = (char)(der.p[i / 8] ^ 1 << i % 8);
	}
	for (i = 0; i < der.n; i++) {
		assert_int_equal(verify(der.p, i, &err), -1);
		assert_int_equal(err.reason, SEKI_CMS);
	}
	assert_int_equal(seki_buf_byte(&der, 0, &err), 0);
	assert_int_equal(verify(der.p, der.n, &err), -1);
	assert_int_equal(err.reason, SEKI_CMS);
	assert_non_null(strstr(err.text, "bytes after"));
	seki_buf_free(&der);
}

/* BER where DER belongs: the outer length in the indefinite form. */
static void
test_ber(void **state)
{
	struct seki_buf der = SEKI_BUF_INIT, ber = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	make(&der, &ec, EVP_sha256(), OID_PREPARE, NONE);
	assert_int_equal((unsigned char)der.p[1], 0x82);
	assert_int_equal(seki_buf_add(&ber, "\x30\x80", 2, &err), 0);
	assert_int_equal(seki_buf_add(&ber, der.p + 4, der.n - 4, &err), 0);
	assert_int_equal(seki_buf_add(&ber, "\0\0", 2, &err), 0);
	assert_int_equal(verify(ber.p, ber.n, &err), -1);
	assert_int_equal(err.reason, SEKI_CMS);
	seki_buf_reset(&ber);
	seki_err_clear(&err);
	assert_int_equal(seki_buf_add(&ber, "\x30\x83\x00", 3, &err), 0);
	assert_int_equal(seki_buf_add(&ber, der.p + 2, der.n - 2, &err), 0);
	assert_int_equal(verify(ber.p, ber.n, &err), -1);
	assert_int_equal(err.reason, SEKI_CMS);
	seki_buf_free(&der);
	seki_buf_free(&ber);
}

/* S1, S3: other content, and the attributes of a signature as its content. */
static void
test_content(void **state)
{
	struct seki_buf der = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	enum seki_purpose purpose;
	seki_time when;

	(void)state;
	make(&der, &ec, EVP_sha256(), OID_PREPARE, NONE);
	assert_int_equal(
	    seki_cms_verify(der.p, der.n, content, sizeof(content) - 2,
		ec.der.p, ec.der.n, &purpose, &when, &err),
	    -1);
	assert_int_equal(err.reason, SEKI_SIGNATURE);
	seki_err_clear(&err);
	assert_int_equal(seki_cms_verify(der.p, der.n, CONTENT, ec.der.p,
			     ec.der.n - 1, &purpose, &when, &err),
	    -1);
	assert_int_equal(err.reason, SEKI_SIGNATURE);
	seki_buf_free(&der);
}

static char *
path_of(char *path, size_t size, const char *name)
{
	(void)snprintf(path, size, "%s/%s", folder, name);
	return path;
}

static void
test_key(void **state)
{
	struct seki_buf cert = SEKI_BUF_INIT, der = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_key *key, *again;
	enum seki_purpose purpose, p;
	seki_time when;
	struct stat st;
	char path[64];

	(void)state;
	path_of(path, sizeof(path), "a.key");
	key = seki_key_make(path, "inet-1", WHEN, WHEN + 86400, &err);
	assert_non_null(key);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	again = seki_key_open(path, &err);
	assert_non_null(again);
	assert_string_equal(seki_key_id(key), seki_key_id(again));
	assert_string_equal(seki_key_owner(again), "inet-1");
	assert_int_equal(seki_key_cert(again, &cert, &err), 0);
	for (p = SEKI_P_PREPARE; p <= SEKI_P_CHECKPOINT; p++) {
		seki_buf_reset(&der);
		assert_int_equal(
		    seki_cms_sign(again, p, CONTENT, WHEN + 60, &der, &err), 0);
		assert_int_equal(seki_cms_verify(der.p, der.n, CONTENT, cert.p,
				     cert.n, &purpose, &when, &err),
		    0);
		assert_int_equal(purpose, p);
		assert_int_equal(when, WHEN + 60);
	}
	/* Past 2049 the time is written otherwise. */
	seki_buf_reset(&der);
	assert_int_equal(seki_cms_sign(again, SEKI_P_TRUST, CONTENT,
			     (seki_time)2600000000, &der, &err),
	    0);
	assert_int_equal(seki_cms_verify(der.p, der.n, CONTENT, cert.p, cert.n,
			     &purpose, &when, &err),
	    0);
	assert_int_equal(when, 2600000000);
	seki_key_free(again);
	/* Never over a file. */
	assert_null(seki_key_make(path, "x", WHEN, WHEN + 1, &err));
	assert_int_equal(err.reason, SEKI_FILE);
	seki_key_free(key);
	seki_buf_free(&cert);
	seki_buf_free(&der);
	assert_int_equal(unlink(path), 0);
}

static void
save(const char *name, const void *p, size_t n)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_out *out;
	char path[64];

	out = seki_out_file(
	    path_of(path, sizeof(path), name), 0600, SEKI_OUT_REPLACE, &err);
	assert_non_null(out);
	assert_int_equal(seki_out_write(out, p, n, &err), 0);
	assert_int_equal(seki_out_commit(out, &err), 0);
}

static int
run(const char *command)
{
	char line[1024];

	(void)snprintf(line, sizeof(line), "cd %s && %s", folder, command);
	return system(line);
}

/* The openssl command reads ours, and we read what it makes. */
static void
test_peer(void **state)
{
	static const char *const files[] = { "k.key", "c", "ours", "theirs" };
	struct seki_buf cert = SEKI_BUF_INIT, der = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	enum seki_purpose purpose;
	struct seki_key *key;
	seki_time when, now = seki_time_now();
	char path[64];
	size_t i;

	(void)state;
	if (system("openssl version >/dev/null 2>&1") != 0)
		skip();
	key = seki_key_make(path_of(path, sizeof(path), "k.key"), "inet-1",
	    now - 60, now + 86400, &err);
	assert_non_null(key);
	assert_int_equal(seki_key_cert(key, &cert, &err), 0);
	assert_int_equal(
	    seki_cms_sign(key, SEKI_P_APPROVE, CONTENT, now, &der, &err), 0);
	save("c", CONTENT);
	save("ours", der.p, der.n);
	assert_int_equal(
	    run("openssl cms -verify -cades -binary -inform DER -in ours "
		"-content c -CAfile k.key -purpose any -out /dev/null "
		"2>/dev/null"),
	    0);
	assert_int_not_equal(
	    run("openssl cms -verify -cades -binary -inform DER -in ours "
		"-content ours -CAfile k.key -purpose any -out /dev/null "
		"2>/dev/null"),
	    0);
	assert_int_equal(
	    run("openssl cms -sign -cades -nosmimecap -binary -md sha256 "
		"-outform DER -signer k.key -in c -out theirs "
		"-econtent_type " OID_PREPARE),
	    0);
	seki_buf_reset(&der);
	assert_int_equal(seki_in_slurp(path_of(path, sizeof(path), "theirs"),
			     SEKI_SIGNATURE_MAX, &der, &err),
	    0);
	if (seki_cms_verify(der.p, der.n, CONTENT, cert.p, cert.n, &purpose,
		&when, &err) != 0)
		fail_msg("%s: %s", seki_err_word(err.reason), err.text);
	assert_int_equal(purpose, SEKI_P_PREPARE);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		assert_int_equal(
		    unlink(path_of(path, sizeof(path), files[i])), 0);
	seki_key_free(key);
	seki_buf_free(&cert);
	seki_buf_free(&der);
}

/* H1 and what else is no key. */
static void
test_key_bad(void **state)
{
	static const struct {
		const char *text;
		mode_t mode;
		enum seki_reason reason;
	} bad[] = {
		{ "", 0600, SEKI_CREDENTIALS },
		{ "x\n", 0600, SEKI_CREDENTIALS },
		{ "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE "
		  "KEY-----\n",
		    0600, SEKI_CREDENTIALS },
		{ "x\n", 0640, SEKI_UNSAFE },
		{ "x\n", 0604, SEKI_UNSAFE },
		{ "x\n", 0620, SEKI_UNSAFE },
	};
	struct seki_err err;
	char path[64];
	size_t i;
	FILE *fp;

	(void)state;
	path_of(path, sizeof(path), "b.key");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		seki_err_clear(&err);
		assert_non_null(fp = fopen(path, "w"));
		assert_true(fputs(bad[i].text, fp) >= 0);
		assert_int_equal(fclose(fp), 0);
		assert_int_equal(chmod(path, bad[i].mode), 0);
		assert_null(seki_key_open(path, &err));
		if (err.reason != bad[i].reason)
			fail_msg("row %zu: %s: %s", i,
			    seki_err_word(err.reason), err.text);
	}
	assert_int_equal(unlink(path), 0);
	seki_err_clear(&err);
	assert_null(seki_key_open(path, &err));
	assert_int_equal(err.reason, SEKI_FILE);
	assert_int_equal(symlink("a.key", path), 0);
	seki_err_clear(&err);
	assert_null(seki_key_open(path, &err));
	assert_int_equal(err.reason, SEKI_FILE);
	assert_int_equal(unlink(path), 0);
	assert_null(seki_key_make(path, "Not An Id", WHEN, WHEN + 1, &err));
}

/* The published vector of seki-bundle(5), SIGNATURES. */
static void
test_vector(void **state)
{
	struct seki_buf m = SEKI_BUF_INIT, sig = SEKI_BUF_INIT,
			cert = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	enum seki_purpose purpose;
	seki_time when;

	(void)state;
	assert_int_equal(
	    seki_in_slurp("tests/data/bundle/manifest.json", 65536, &m, &err),
	    0);
	assert_int_equal(
	    seki_in_slurp("tests/data/bundle/prepare.p7s", 65536, &sig, &err),
	    0);
	assert_int_equal(
	    seki_in_slurp("tests/data/bundle/signer.der", 65536, &cert, &err),
	    0);
	assert_int_equal(seki_cms_verify(sig.p, sig.n, m.p, m.n, cert.p, cert.n,
			     &purpose, &when, &err),
	    0);
	assert_int_equal(purpose, SEKI_P_PREPARE);
	assert_int_equal(when, 1775002500);
	seki_buf_free(&m);
	seki_buf_free(&sig);
	seki_buf_free(&cert);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_ber),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_key_bad),
		cmocka_unit_test(test_peer),
		cmocka_unit_test(test_vector),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
