#include "cms_int.h"

/*
 * The outline of the message, looked at byte by byte: OpenSSL's parser keeps
 * some parts as it found them and offers no way to see others (an empty list
 * of CRLs, revocation data of other kinds).
 */
struct der {
	const unsigned char *p, *end;
	int depth;
};

/* Take one element of this tag; its content becomes *in.  Definite lengths in
 * the fewest bytes only (X.690 10.1).  NULL or what is wrong. */
static const char *
take(struct der *d, unsigned tag, struct der *in)
{
	size_t n, i, bytes;

	if (d->end - d->p < 2 || d->p[0] != tag)
		return N_("unexpected element");
	n = d->p[1];
	d->p += 2;
	if (n == 0x80 || n > 0x84)
		return N_("not DER: length");
	if (n > 0x80) {
		bytes = n - 0x80;
		if ((size_t)(d->end - d->p) < bytes || d->p[0] == 0)
			return N_("not DER: length");
		for (i = n = 0; i < bytes; i++)
			n = n << 8 | *d->p++;
		if (n < 0x80)
			return N_("not DER: length");
	}
	if (n > (size_t)(d->end - d->p))
		return N_("cut off");
	in->p = d->p;
	in->end = d->p += n;
	in->depth = d->depth + 1;
	return NULL;
}

static int
peek(const struct der *d)
{
	return d->p < d->end ? *d->p : -1;
}

/* The issuer inside signing-certificate-v2 stands at 16. */
#define DEPTH 32

/* Every element inside is well-formed DER, so that no byte of the message is
 * free to be changed. */
static const char *
all(struct der d)
{
	const char *why;
	struct der in;
	unsigned tag;

	if (d.depth > DEPTH)
		return N_("nested too deeply");
	while (d.p < d.end) {
		tag = *d.p;
		if ((tag & 0x1F) == 0x1F || tag == 0)
			return N_("not DER: tag");
		if ((why = take(&d, tag, &in)) != NULL)
			return why;
		if ((tag & 0x20) != 0 && (why = all(in)) != NULL)
			return why;
	}
	return NULL;
}

/* An integer of one byte. */
static const char *
version(struct der *d, int want)
{
	struct der part;

	if (take(d, 0x02, &part) != NULL || part.end - part.p != 1 ||
	    *part.p != want)
		return N_("not the version of CMS that is wanted");
	return NULL;
}

/* One SignerInfo without unsigned attributes (RFC 5652 5.3). */
static const char *
signer_info(struct der *set)
{
	struct der one, part;
	const char *why;
	int by_key;

	if (take(set, 0x30, &one) != NULL)
		return N_("no signer");
	if (set->p != set->end)
		return N_("more than one signer");
	by_key = one.end - one.p > 3 && one.p[3] == 0x80;
	if ((why = version(&one, by_key ? 3 : 1)) != NULL)
		return why;
	if (take(&one, by_key ? 0x80 : 0x30, &part) != NULL)
		return N_("signer: no identifier");
	if (take(&one, 0x30, &part) != NULL)
		return N_("signer: no digest algorithm");
	if (peek(&one) != 0xA0)
		return N_("signed attributes missing");
	if (take(&one, 0xA0, &part) != NULL ||
	    take(&one, 0x30, &part) != NULL || take(&one, 0x04, &part) != NULL)
		return N_("signer: no signature");
	if (one.p != one.end)
		return N_("unsigned attributes are not allowed");
	return NULL;
}

/* SignedData without content and CRLs (RFC 5652 5.1). */
static const char *
signed_data(struct der *d, struct seki_cms_outline *o)
{
	struct der part, in;
	const char *why;

	if ((why = version(d, 3)) != NULL)
		return why;
	if (take(d, 0x31, &part) != NULL || take(&part, 0x30, &in) != NULL ||
	    part.p != part.end)
		return N_("not exactly one digest algorithm");
	if (take(d, 0x30, &part) != NULL || take(&part, 0x06, &in) != NULL)
		return N_("no content type");
	if (part.p != part.end)
		return N_("the content is embedded; a detached signature is "
			  "wanted");
	if (peek(d) == 0xA0) {
		if (take(d, 0xA0, &part) != NULL)
			return N_("certificates");
		o->cert = part.p;
		o->ncert = (size_t)(part.end - part.p);
	}
	if (peek(d) == 0xA1)
		return N_("CRLs are not allowed in a signature");
	if (take(d, 0x31, &part) != NULL)
		return N_("no signer");
	if (d->p != d->end)
		return N_("more than a SignedData has");
	return signer_info(&part);
}

const char *
seki_cms_der(const void *p, size_t n, struct seki_cms_outline *o)
{
	struct der d = { p, (const unsigned char *)p + n, 0 }, info, part, in;
	const char *why;

	memset(o, 0, sizeof(*o));
	if ((why = take(&d, 0x30, &info)) != NULL)
		return why;
	if (d.p != d.end)
		return N_("bytes after the message");
	if ((why = all(info)) != NULL)
		return why;
	if (take(&info, 0x06, &part) != NULL ||
	    take(&info, 0xA0, &in) != NULL || info.p != info.end ||
	    take(&in, 0x30, &part) != NULL || in.p != in.end)
		return N_("not a SignedData");
	o->rule = 1;
	return signed_data(&part, o);
}
