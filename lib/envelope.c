#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "envelope.h"

/*
 * AES-256-GCM over a file, so that memory does not grow with it.  OpenSSL's own
 * CMS writes BER when it streams, and has to hold all of what it reads.
 */

static EVP_CIPHER_CTX *
cipher(const unsigned char *cek, const unsigned char *nonce, int closes,
    struct seki_err *err)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (ctx != NULL && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, cek,
			       nonce, closes) == 1)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	(void)seki_key_fail(err, SEKI_BUG, "AES-256-GCM");
	return NULL;
}

/* n bytes from "at" of fd through the cipher into out. */
static int
pass(EVP_CIPHER_CTX *ctx, int fd, uint64_t at, uint64_t n, struct seki_out *out,
    struct seki_err *err)
{
	unsigned char from[SEKI_CHUNK], to[SEKI_CHUNK + 16];
	int got, r = 0;
	ssize_t read;

	while (r == 0 && n > 0) {
		read = pread(fd, from,
		    n < sizeof(from) ? (size_t)n : sizeof(from), (off_t)at);
		if (read == -1 && errno == EINTR)
			continue;
		if (read <= 0)
			r = read == -1
				? seki_err_errno(err, _("temporary file"))
				: seki_fail(err, SEKI_BUG, "%s",
				      _("a temporary file changed its "
					"length"));
		else if (EVP_CipherUpdate(ctx, to, &got, from, (int)read) != 1)
			r = seki_key_fail(err, SEKI_BUG, "AES-256-GCM");
		else
			r = seki_out_write(out, to, (size_t)got, err);
		if (r == 0) {
			at += (uint64_t)read;
			n -= (uint64_t)read;
		}
	}
	OPENSSL_cleanse(from, sizeof(from));
	OPENSSL_cleanse(to, sizeof(to));
	return r;
}

static int
by_bytes(const void *a, const void *b)
{
	const struct seki_buf *x = a, *y = b;
	int c = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return c != 0 ? c : (x->n > y->n) - (x->n < y->n);
}

/* RecipientInfos: one for each certificate, in the order of their bytes. */
static int
recipients(const struct seki_buf *cert, size_t n, const unsigned char *cek,
    struct seki_buf *buf, struct seki_err *err)
{
	struct seki_buf one[SEKI_RECIPIENTS_MAX] = { SEKI_BUF_INIT };
	const unsigned char *p;
	size_t i, from = buf->n;
	X509 *x;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++) {
		p = (const unsigned char *)cert[i].p;
		x = d2i_X509(NULL, &p, (long)cert[i].n);
		r = x == NULL ? seki_key_fail(err, SEKI_TRUST, _("certificate"))
			      : seki_envelope_wrap(x, cek, &one[i], err);
		X509_free(x);
	}
	qsort(one, n, sizeof(one[0]), by_bytes);
	for (i = 0; i < n; i++) {
		if (r == 0)
			r = seki_buf_add(buf, one[i].p, one[i].n, err);
		seki_buf_free(&one[i]);
	}
	return r == 0 ? seki_envelope_wrap_in(buf, from, 0x31, err) : -1;
}

/* What stands in EncryptedContentInfo before the content of n bytes. */
static int
content_info(const unsigned char *nonce, uint64_t n, struct seki_buf *buf,
    struct seki_err *err)
{
	size_t from, at;

	if (seki_envelope_object(buf, SEKI_ED_DATA, err) == -1)
		return -1;
	from = buf->n;
	if (seki_envelope_object(buf, SEKI_ED_AES_GCM, err) == -1)
		return -1;
	at = buf->n;
	if (seki_envelope_header(buf, 0x04, SEKI_ENVELOPE_NONCE, err) == -1 ||
	    seki_buf_add(buf, nonce, SEKI_ENVELOPE_NONCE, err) == -1 ||
	    seki_buf_add(buf, "\2\1\20", 3, err) == -1 ||
	    seki_envelope_wrap_in(buf, at, 0x30, err) == -1 ||
	    seki_envelope_wrap_in(buf, from, 0x30, err) == -1)
		return -1;
	return seki_envelope_header(buf, 0x80, n, err);
}

/* Put an element's header, for its content and "more" bytes that follow, in
 * front of what buf has. */
static int
around(struct seki_buf *buf, int tag, uint64_t more, struct seki_err *err)
{
	struct seki_buf out = SEKI_BUF_INIT;

	if (seki_envelope_header(&out, tag, buf->n + more, err) == -1 ||
	    seki_buf_add(&out, buf->p, buf->n, err) == -1) {
		seki_buf_free(&out);
		return -1;
	}
	seki_buf_free(buf);
	*buf = out;
	return 0;
}

/* All that stands before what is encrypted. */
static int
head(const struct seki_buf *cert, size_t ncert, const unsigned char *cek,
    const unsigned char *nonce, uint64_t n, struct seki_buf *buf,
    struct seki_err *err)
{
	struct seki_buf info = SEKI_BUF_INIT, type = SEKI_BUF_INIT;
	const uint64_t rest = n + SEKI_ENVELOPE_TAIL;
	int r = -1;

	if (content_info(nonce, n, &info, err) == 0 &&
	    around(&info, 0x30, n, err) == 0 &&
	    seki_buf_add(buf, "\2\1\0", 3, err) == 0 &&
	    recipients(cert, ncert, cek, buf, err) == 0 &&
	    seki_buf_add(buf, info.p, info.n, err) == 0 &&
	    around(buf, 0x30, rest, err) == 0 &&
	    around(buf, 0xA0, rest, err) == 0 &&
	    seki_envelope_object(&type, SEKI_ED_AUTH_ENVELOPED, err) == 0 &&
	    seki_buf_add(&type, buf->p, buf->n, err) == 0 &&
	    around(&type, 0x30, rest, err) == 0) {
		seki_buf_reset(buf);
		r = seki_buf_add(buf, type.p, type.n, err);
	}
	seki_buf_free(&info);
	seki_buf_free(&type);
	return r;
}

static int
close_up(EVP_CIPHER_CTX *ctx, struct seki_out *out, struct seki_err *err)
{
	unsigned char tail[SEKI_ENVELOPE_TAIL] = { 0x04, SEKI_ENVELOPE_TAG };
	unsigned char none[16];
	int got = 0;

	if (EVP_CipherFinal_ex(ctx, none, &got) != 1 || got != 0 ||
	    EVP_CIPHER_CTX_ctrl(
		ctx, EVP_CTRL_GCM_GET_TAG, SEKI_ENVELOPE_TAG, tail + 2) != 1)
		return seki_key_fail(err, SEKI_BUG, "AES-256-GCM");
	if (seki_out_write(out, tail, sizeof(tail), err) == -1)
		return -1;
	return seki_out_flush(out, err);
}

static int
write_all(int fd, const struct seki_buf *cert, size_t ncert,
    struct seki_out *out, struct seki_err *err)
{
	unsigned char cek[SEKI_ENVELOPE_KEY], nonce[SEKI_ENVELOPE_NONCE];
	struct seki_buf before = SEKI_BUF_INIT;
	EVP_CIPHER_CTX *ctx = NULL;
	off_t n = lseek(fd, 0, SEEK_END);
	int r = -1;

	if (n == -1)
		(void)seki_err_errno(err, _("temporary file"));
	else if (RAND_priv_bytes(cek, sizeof(cek)) != 1 ||
		 RAND_bytes(nonce, sizeof(nonce)) != 1)
		(void)seki_key_fail(err, SEKI_BUG, _("random numbers"));
	else if (head(cert, ncert, cek, nonce, (uint64_t)n, &before, err) ==
		     0 &&
		 (ctx = cipher(cek, nonce, 1, err)) != NULL &&
		 seki_out_write(out, before.p, before.n, err) == 0 &&
		 pass(ctx, fd, 0, (uint64_t)n, out, err) == 0)
		r = close_up(ctx, out, err);
	OPENSSL_cleanse(cek, sizeof(cek));
	EVP_CIPHER_CTX_free(ctx);
	seki_buf_free(&before);
	return r;
}

int
seki_envelope_seal(int fd, const struct seki_buf *cert, size_t ncert,
    const char *spool, struct seki_part *part, struct seki_err *err)
{
	struct seki_out *out;
	int to = seki_dir_spool(spool, err), r = -1;

	if (to == -1)
		return -1;
	if ((out = seki_out_fd(to, _("temporary file"), err)) != NULL)
		r = write_all(fd, cert, ncert, out, err);
	seki_out_abort(out);
	if (r == 0)
		r = seki_zipout_stored(to, part, err);
	if (r == -1)
		(void)close(to);
	return r;
}

static int
piece(int fd, uint64_t at, unsigned char *p, size_t n, struct seki_err *err)
{
	ssize_t r = pread(fd, p, n, (off_t)at);

	if (r == -1)
		return seki_err_errno(err, _("read"));
	return (size_t)r == n ? 0
			      : seki_fail(err, SEKI_CMS, "%s", _("cut off"));
}

/* Head and tail of it, and what they say. */
static int
outline(int fd, uint64_t at, uint64_t n, unsigned char *first,
    unsigned char *last, struct seki_envelope *e, struct seki_err *err)
{
	size_t some = n < SEKI_ENVELOPE_HEAD ? (size_t)n : SEKI_ENVELOPE_HEAD;
	const char *why;

	if (n < SEKI_ENVELOPE_TAIL)
		return seki_fail(err, SEKI_CMS, "%s", _("cut off"));
	if (piece(fd, at, first, some, err) == -1 ||
	    piece(fd, at + n - SEKI_ENVELOPE_TAIL, last, SEKI_ENVELOPE_TAIL,
		err) == -1)
		return -1;
	why = seki_envelope_der(first, some, last, n, e);
	return why == NULL ? 0 : seki_fail(err, SEKI_CMS, "%s", _(why));
}

/* What comes out is believed when the tag holds, and not before. */
static int
decrypt(int fd, uint64_t at, const struct seki_envelope *e,
    const unsigned char *cek, struct seki_out *out, struct seki_err *err)
{
	EVP_CIPHER_CTX *ctx = cipher(cek, e->nonce, 0, err);
	unsigned char tag[SEKI_ENVELOPE_TAG], none[16];
	int got = 0, r = -1;

	if (ctx == NULL)
		return -1;
	memcpy(tag, e->tag, sizeof(tag));
	if (pass(ctx, fd, at + e->at, e->length, out, err) == 0) {
		r = EVP_CIPHER_CTX_ctrl(
			ctx, EVP_CTRL_GCM_SET_TAG, sizeof(tag), tag) == 1 &&
			    EVP_CipherFinal_ex(ctx, none, &got) == 1 && got == 0
			? seki_out_flush(out, err)
			: seki_fail(err, SEKI_DIGEST, "%s",
			      _("it was changed after it was encrypted (the "
				"tag does not hold)"));
		ERR_clear_error();
	}
	EVP_CIPHER_CTX_free(ctx);
	return r;
}

static int
opened(int fd, uint64_t at, const struct seki_envelope *e,
    const struct seki_key *key, int to, uint64_t *end, struct seki_err *err)
{
	unsigned char cek[SEKI_ENVELOPE_KEY];
	struct seki_out *out = NULL;
	int i = seki_envelope_mine(e, key, err), r = -1;

	if (i != -1 && seki_envelope_unwrap(&e->to[i], key, cek, err) == 0) {
		if (lseek(to, (off_t)*end, SEEK_SET) == -1)
			(void)seki_err_errno(err, _("temporary file"));
		else if ((out = seki_out_fd(to, _("temporary file"), err)) !=
			 NULL)
			r = decrypt(fd, at, e, cek, out, err);
	}
	OPENSSL_cleanse(cek, sizeof(cek));
	seki_out_abort(out);
	if (r == 0)
		*end += e->length;
	return r;
}

int
seki_envelope_open(int fd, uint64_t at, uint64_t n, size_t nto,
    const struct seki_key *key, int to, uint64_t *end, struct seki_err *err)
{
	unsigned char *first = malloc(SEKI_ENVELOPE_HEAD);
	unsigned char last[SEKI_ENVELOPE_TAIL];
	struct seki_envelope e;
	int r;

	if (first == NULL)
		return seki_err_nomem(err);
	r = outline(fd, at, n, first, last, &e, err);
	if (r == 0 && e.n != nto)
		r = seki_fail(err, SEKI_CMS,
		    _("encrypted to %zu keys, the manifest names %zu"), e.n,
		    nto);
	if (r == 0)
		r = opened(fd, at, &e, key, to, end, err);
	free(first);
	return r;
}
