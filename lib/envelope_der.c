#include "envelope.h"

/*
 * The outline of an envelope, looked at byte by byte before any library sees a
 * part of it.  Only what OpenSSL and this program write is taken; so no byte
 * is free but those of names, keys and content.
 */
struct der {
	const unsigned char *p; /* the head */
	size_t n;
	uint64_t at, end;
};

/* Definite lengths in the fewest bytes only (X.690 10.1); the content may
 * reach past the head. */
static const char *
take(struct der *d, int tag, struct der *in)
{
	uint64_t n, bytes;

	if (d->end - d->at < 2 || d->at + 2 > d->n || d->p[d->at] != tag)
		return N_("unexpected element");
	n = d->p[d->at + 1];
	d->at += 2;
	if (n == 0x80 || n > 0x84)
		return N_("not DER: length");
	if (n > 0x80) {
		bytes = n - 0x80;
		if (d->end - d->at < bytes || d->at + bytes > d->n ||
		    d->p[d->at] == 0)
			return N_("not DER: length");
		for (n = 0; bytes > 0; bytes--)
			n = n << 8 | d->p[d->at++];
		if (n < 0x80)
			return N_("not DER: length");
	}
	if (n > d->end - d->at)
		return N_("cut off");
	*in = *d;
	in->end = d->at += n;
	return NULL;
}

/* The same, and all of it is in the head. */
static const char *
whole(struct der *d, int tag, struct der *in)
{
	const char *why = take(d, tag, in);

	if (why == NULL && in->end > in->n)
		return N_("too long before what is encrypted");
	return why;
}

static size_t
length(const struct der *d)
{
	return (size_t)(d->end - d->at);
}

static int
done(const struct der *d)
{
	return d->at == d->end;
}

static int
peek(const struct der *d)
{
	return !done(d) && d->at < d->n ? d->p[d->at] : -1;
}

/* An element with just these bytes. */
static int
exactly(struct der *d, int tag, const void *p, size_t n)
{
	struct der in;

	return whole(d, tag, &in) == NULL && length(&in) == n &&
	       memcmp(in.p + in.at, p, n) == 0;
}

static int
object(struct der *d, enum seki_envelope_der which)
{
	size_t n;
	const unsigned char *oid = seki_envelope_oid(which, &n);

	return exactly(d, 0x06, oid, n);
}

static int
version(struct der *d, int n)
{
	const unsigned char v = (unsigned char)n;

	return exactly(d, 0x02, &v, 1);
}

/* SHA-256, its parameters absent or NULL (RFC 4055 2.1). */
static int
sha256(struct der *d)
{
	struct der in;

	return whole(d, 0x30, &in) == NULL && object(&in, SEKI_ED_SHA256) &&
	       (done(&in) || exactly(&in, 0x05, "", 0)) && done(&in);
}

/* RSAES-OAEP with SHA-256 in both places and no label. */
static int
oaep(struct der *d)
{
	struct der alg, param, in, mgf;

	return whole(d, 0x30, &alg) == NULL && object(&alg, SEKI_ED_OAEP) &&
	       whole(&alg, 0x30, &param) == NULL && done(&alg) &&
	       whole(&param, 0xA0, &in) == NULL && sha256(&in) && done(&in) &&
	       whole(&param, 0xA1, &in) == NULL && done(&param) &&
	       whole(&in, 0x30, &mgf) == NULL && done(&in) &&
	       object(&mgf, SEKI_ED_MGF1) && sha256(&mgf) && done(&mgf);
}

/* Every element of a name is well-formed DER, so that no byte of it is free. */
static int
well_formed(struct der d, int depth)
{
	struct der in;
	int tag;

	while (!done(&d)) {
		tag = peek(&d);
		if (tag <= 0 || (tag & 0x1F) == 0x1F || depth > 8 ||
		    whole(&d, tag, &in) != NULL ||
		    ((tag & 0x20) != 0 && !well_formed(in, depth + 1)))
			return 0;
	}
	return 1;
}

/* IssuerAndSerialNumber, kept as it stands. */
static int
issuer(struct der *d, struct seki_envelope_to *to)
{
	struct der id, in, number;
	uint64_t from = d->at;

	if (whole(d, 0x30, &id) != NULL || !well_formed(id, 0) ||
	    whole(&id, 0x30, &in) != NULL ||
	    whole(&id, 0x02, &number) != NULL || !done(&id))
		return 0;
	to->rid = d->p + from;
	to->nrid = (size_t)(d->at - from);
	return 1;
}

static int
octets(struct der *d, int tag, const unsigned char **p, size_t *n)
{
	struct der in;

	if (whole(d, tag, &in) != NULL)
		return 0;
	*p = in.p + in.at;
	*n = length(&in);
	return 1;
}

/* KeyTransRecipientInfo (RFC 5652 6.2.1). */
static const char *
transport(struct der *d, struct seki_envelope_to *to)
{
	to->by_key =
	    d->end - d->at > 3 && d->at + 3 < d->n && d->p[d->at + 3] == 0x80;
	if (!version(d, to->by_key ? 2 : 0) ||
	    !(to->by_key ? octets(d, 0x80, &to->rid, &to->nrid)
			 : issuer(d, to)))
		return N_("a recipient: no identifier");
	if (!oaep(d))
		return N_("a recipient: not RSA-OAEP with SHA-256");
	if (!octets(d, 0x04, &to->wrapped, &to->nwrapped) || !done(d) ||
	    to->nwrapped < 384 || to->nwrapped > SEKI_ENVELOPE_RSA)
		return N_("a recipient: no key of at least 3072 bits");
	return NULL;
}

/* OriginatorPublicKey: an uncompressed point of P-256 (RFC 5753 7.1). */
static int
originator(struct der *d, struct seki_envelope_to *to)
{
	struct der in, key, alg, bits;
	size_t n;
	const unsigned char *curve = seki_envelope_oid(SEKI_ED_P256, &n);

	if (whole(d, 0xA0, &in) != NULL || whole(&in, 0xA1, &key) != NULL ||
	    !done(&in) || whole(&key, 0x30, &alg) != NULL ||
	    !object(&alg, SEKI_ED_EC_PUBLIC))
		return 0;
	if (!done(&alg) &&
	    !(peek(&alg) == 0x05 ? exactly(&alg, 0x05, "", 0)
				 : exactly(&alg, 0x06, curve, n)))
		return 0;
	if (!done(&alg) || whole(&key, 0x03, &bits) != NULL || !done(&key) ||
	    length(&bits) != 1 + SEKI_ENVELOPE_POINT || bits.p[bits.at] != 0 ||
	    bits.p[bits.at + 1] != 4)
		return 0;
	to->point = bits.p + bits.at + 1;
	return 1;
}

/* KeyAgreeRecipientInfo for just one key (RFC 5652 6.2.2, RFC 5753 3.1). */
static const char *
agreement(struct der *d, struct seki_envelope_to *to)
{
	struct der alg, wrap, keys, key, id;

	to->ec = 1;
	if (!version(d, 3) || !originator(d, to))
		return N_("a recipient: no point of P-256");
	if (whole(d, 0x30, &alg) != NULL || !object(&alg, SEKI_ED_ECDH) ||
	    whole(&alg, 0x30, &wrap) != NULL || !done(&alg) ||
	    !object(&wrap, SEKI_ED_AES_WRAP) || !done(&wrap))
		return N_("a recipient: not ECDH with SHA-256 and AES-256 "
			  "key wrap");
	if (whole(d, 0x30, &keys) != NULL || !done(d) ||
	    whole(&keys, 0x30, &key) != NULL || !done(&keys))
		return N_("a recipient: not exactly one key");
	to->by_key = peek(&key) == 0xA0;
	if (to->by_key
		? whole(&key, 0xA0, &id) != NULL ||
		      !octets(&id, 0x04, &to->rid, &to->nrid) || !done(&id)
		: !issuer(&key, to))
		return N_("a recipient: no identifier");
	if (!octets(&key, 0x04, &to->wrapped, &to->nwrapped) || !done(&key) ||
	    to->nwrapped != SEKI_ENVELOPE_KEY + 8)
		return N_("a recipient: not an AES-256 key");
	return NULL;
}

/* A SET OF stands in the order of its members' bytes (X.690 11.6). */
static int
in_order(
    const struct der *d, const uint64_t before[2], uint64_t from, uint64_t end)
{
	size_t a = (size_t)(before[1] - before[0]), b = (size_t)(end - from);
	int c = memcmp(d->p + before[0], d->p + from, a < b ? a : b);

	return before[1] == 0 || c < 0 || (c == 0 && a < b);
}

static const char *
recipients(struct der *d, struct seki_envelope *e)
{
	uint64_t before[2] = { 0, 0 }, from;
	const char *why;
	struct der set, one;
	int agree;

	if ((why = whole(d, 0x31, &set)) != NULL)
		return why;
	while (!done(&set)) {
		if (e->n == SEKI_RECIPIENTS_MAX)
			return N_("more recipients than a bundle may have");
		from = set.at;
		agree = peek(&set) == 0xA1;
		if ((why = whole(&set, agree ? 0xA1 : 0x30, &one)) != NULL)
			return N_("a recipient of a kind that is not allowed");
		why = agree ? agreement(&one, &e->to[e->n])
			    : transport(&one, &e->to[e->n]);
		if (why != NULL)
			return why;
		if (!in_order(d, before, from, set.at))
			return N_("not DER: the order of the recipients");
		before[0] = from;
		before[1] = set.at;
		e->n++;
	}
	return e->n > 0 ? NULL : N_("no recipients");
}

/* EncryptedContentInfo: data, AES-256-GCM, a nonce of 12 bytes and a tag of
 * 16, in one piece. */
static const char *
content(struct der *d, struct seki_envelope *e)
{
	struct der info, alg, param, data;
	size_t n;

	if (take(d, 0x30, &info) != NULL || !object(&info, SEKI_ED_DATA))
		return N_("what is encrypted is not data");
	if (whole(&info, 0x30, &alg) != NULL ||
	    !object(&alg, SEKI_ED_AES_GCM) ||
	    whole(&alg, 0x30, &param) != NULL || !done(&alg) ||
	    !octets(&param, 0x04, &e->nonce, &n) || n != SEKI_ENVELOPE_NONCE ||
	    !exactly(&param, 0x02, "\x10", 1) || !done(&param))
		return N_("not AES-256-GCM with a nonce of 12 and a tag of "
			  "16 bytes");
	if (take(&info, 0x80, &data) != NULL || !done(&info))
		return N_("what is encrypted is not in one piece");
	e->at = data.at;
	e->length = data.end - data.at;
	return NULL;
}

const char *
seki_envelope_der(const unsigned char *head, size_t n,
    const unsigned char *tail, uint64_t total, struct seki_envelope *e)
{
	struct der d = { head, n, 0, total }, info, in, env;
	const char *why;

	memset(e, 0, sizeof(*e));
	if ((why = take(&d, 0x30, &info)) != NULL)
		return why;
	if (!done(&d))
		return N_("bytes after the message");
	if (!object(&info, SEKI_ED_AUTH_ENVELOPED) ||
	    take(&info, 0xA0, &in) != NULL || !done(&info) ||
	    take(&in, 0x30, &env) != NULL || !done(&in))
		return N_("not an AuthEnvelopedData");
	if (!version(&env, 0))
		return N_("not the version of CMS that is wanted");
	if (peek(&env) == 0xA0)
		return N_("certificates or CRLs of an originator are not "
			  "allowed");
	if ((why = recipients(&env, e)) != NULL ||
	    (why = content(&env, e)) != NULL)
		return why;
	if (env.end - env.at != SEKI_ENVELOPE_TAIL || tail[0] != 0x04 ||
	    tail[1] != SEKI_ENVELOPE_TAG)
		return N_("attributes, or no tag of 16 bytes, after what is "
			  "encrypted");
	e->tag = tail + 2;
	return NULL;
}
