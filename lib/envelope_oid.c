#include "envelope.h"

#define O(...)                                                                 \
	{                                                                      \
		sizeof((const unsigned char[]){ __VA_ARGS__ }),                \
		{                                                              \
			__VA_ARGS__                                            \
		}                                                              \
	}
static const struct {
	size_t n;
	unsigned char p[11];
} oids[] = {
	[SEKI_ED_AUTH_ENVELOPED] =
	    O(0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 16, 1, 23),
	[SEKI_ED_DATA] = O(0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1),
	[SEKI_ED_AES_GCM] = O(0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 46),
	[SEKI_ED_AES_WRAP] = O(0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 45),
	[SEKI_ED_EC_PUBLIC] = O(0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1),
	[SEKI_ED_P256] = O(0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7),
	[SEKI_ED_ECDH] = O(0x2B, 0x81, 4, 1, 11, 1),
	[SEKI_ED_OAEP] = O(0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 7),
	[SEKI_ED_MGF1] = O(0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 8),
	[SEKI_ED_SHA256] = O(0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1),
};

const unsigned char *
seki_envelope_oid(enum seki_envelope_der which, size_t *n)
{
	*n = oids[which].n;
	return oids[which].p;
}

int
seki_envelope_header(
    struct seki_buf *buf, int tag, uint64_t n, struct seki_err *err)
{
	unsigned char p[10];
	size_t i = sizeof(p);

	if (n < 0x80)
		p[--i] = (unsigned char)n;
	else {
		for (; n > 0; n >>= 8)
			p[--i] = (unsigned char)(n & 0xFF);
		n = sizeof(p) - i;
		p[--i] = (unsigned char)(0x80 | n);
	}
	p[--i] = (unsigned char)tag;
	return seki_buf_add(buf, p + i, sizeof(p) - i, err);
}

int
seki_envelope_object(
    struct seki_buf *buf, enum seki_envelope_der which, struct seki_err *err)
{
	return seki_envelope_header(buf, 0x06, oids[which].n, err) == -1
		   ? -1
		   : seki_buf_add(buf, oids[which].p, oids[which].n, err);
}

int
seki_envelope_wrap_in(
    struct seki_buf *buf, size_t from, int tag, struct seki_err *err)
{
	struct seki_buf out = SEKI_BUF_INIT;
	int r = -1;

	if (seki_envelope_header(&out, tag, buf->n - from, err) == 0 &&
	    seki_buf_add(&out, buf->p + from, buf->n - from, err) == 0) {
		buf->n = from;
		r = seki_buf_add(buf, out.p, out.n, err);
	}
	seki_buf_free(&out);
	return r;
}
