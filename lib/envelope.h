/* What is encrypted in a bundle: CMS AuthEnvelopedData in one form
 * (seki-bundle(5), ENCRYPTION), read and written without OpenSSL's CMS. */
#ifndef SEKI_ENVELOPE_H
#define SEKI_ENVELOPE_H

#include "seki_int.h"

/* A key of AES-256, a nonce and a tag of GCM, a point of P-256. */
#define SEKI_ENVELOPE_KEY 32
#define SEKI_ENVELOPE_NONCE 12
#define SEKI_ENVELOPE_TAG 16
#define SEKI_ENVELOPE_POINT 65
/* A key of RSA at most: of a larger one the file would not be read
 * (SEKI_SECRET_MAX). */
#define SEKI_ENVELOPE_RSA 512
/* The tag with its header: how every envelope ends. */
#define SEKI_ENVELOPE_TAIL (2 + SEKI_ENVELOPE_TAG)

/* One RecipientInfo: for whom the key is wrapped, and how. */
struct seki_envelope_to {
	int ec;	    /* key agreement with P-256; else RSA-OAEP */
	int by_key; /* rid is a subject key identifier; else the DER of an
		       IssuerAndSerialNumber */
	const unsigned char *rid, *point, *wrapped;
	size_t nrid, nwrapped;
};
/* All of it points into the head and the tail. */
struct seki_envelope {
	struct seki_envelope_to to[SEKI_RECIPIENTS_MAX];
	size_t n;
	const unsigned char *nonce, *tag;
	uint64_t at, length; /* of what is encrypted, in the envelope */
};

/*
 * The outline: NULL, or what breaks it (N_()).  head is how an envelope of
 * total bytes begins, SEKI_ENVELOPE_HEAD of them or all; tail its last
 * SEKI_ENVELOPE_TAIL.  What is encrypted need not be there.
 */
const char *seki_envelope_der(const unsigned char *head, size_t n,
    const unsigned char *tail, uint64_t total, struct seki_envelope *);

/* An element of DER around what buf has from "from" on. */
int seki_envelope_wrap_in(
    struct seki_buf *buf, size_t from, int tag, struct seki_err *);
/* The header of an element whose n bytes follow elsewhere. */
int seki_envelope_header(
    struct seki_buf *, int tag, uint64_t n, struct seki_err *);

/* The object identifiers and what goes with them, as they stand in DER. */
enum seki_envelope_der {
	SEKI_ED_AUTH_ENVELOPED, /* RFC 5083 */
	SEKI_ED_DATA,
	SEKI_ED_AES_GCM,  /* RFC 5084 */
	SEKI_ED_AES_WRAP, /* RFC 3565 */
	SEKI_ED_EC_PUBLIC,
	SEKI_ED_P256,
	SEKI_ED_ECDH, /* RFC 5753, dhSinglePass-stdDH-sha256kdf-scheme */
	SEKI_ED_OAEP, /* RFC 4055 */
	SEKI_ED_MGF1,
	SEKI_ED_SHA256
};
const unsigned char *seki_envelope_oid(enum seki_envelope_der, size_t *n);
/* One of them, appended as an element. */
int seki_envelope_object(
    struct seki_buf *, enum seki_envelope_der, struct seki_err *);

/* Why a certificate's key cannot be a recipient's (N_()), or NULL. */
const char *seki_envelope_fit(const struct x509_st *);
/* The RecipientInfo for this certificate, appended (SEKI_TRUST: it is none to
 * encrypt to). */
int seki_envelope_wrap(const struct x509_st *, const unsigned char *cek,
    struct seki_buf *, struct seki_err *);
/* Which of them is for this key; -1: none. */
int seki_envelope_mine(
    const struct seki_envelope *, const struct seki_key *, struct seki_err *);
/* SEKI_DIGEST when it was not wrapped for this key. */
int seki_envelope_unwrap(const struct seki_envelope_to *,
    const struct seki_key *, unsigned char *cek, struct seki_err *);

/* All of fd into a new envelope in a file without a name in spool; *part is
 * that file, its digest too, and its descriptor is the caller's. */
int seki_envelope_seal(int fd, const struct seki_buf *cert, size_t ncert,
    const char *spool, struct seki_part *part, struct seki_err *);
/*
 * The envelope of n bytes at "at" of fd: what is in it goes into the file to,
 * from *end on, which becomes its new end.  nto: how many it is said to be
 * encrypted to.  Nothing that lies in to may be used after a failure: SEKI_CMS,
 * SEKI_RECIPIENT, SEKI_DIGEST.
 */
int seki_envelope_open(int fd, uint64_t at, uint64_t n, size_t nto,
    const struct seki_key *, int to, uint64_t *end, struct seki_err *);

#endif
