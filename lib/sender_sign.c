#include <string.h>

#include "sender_int.h"

/* Sign, and let the rules of the other side judge before anybody else does. */
static int
sign(const struct seki_packing *o, const struct seki_manifest *m,
    struct seki_signed *w, struct seki_err *err)
{
	const struct seki_buf *bytes = &w->manifest;
	struct seki_signer signer;
	struct seki_sig sig;

	(void)snprintf(w->name, sizeof(w->name), "sig/prepare.%.16s.p7s",
	    seki_key_id(o->key));
	if (seki_cms_sign(o->key, SEKI_P_PREPARE, bytes->p, bytes->n,
		m->created, &w->der, err) == -1)
		return -1;
	sig.name = w->name;
	sig.der = w->der.p;
	sig.n = w->der.n;
	if (seki_trust_check(
		o->trust, m, bytes->p, bytes->n, &sig, 1, &signer, err) == 0)
		return 0;
	if (err->reason == SEKI_THRESHOLD)
		seki_err_hint(err, "%s",
		    _("The stream wants more signatures than the one that"
		      " packs; approving is not part of this version."));
	return -1;
}

int
seki_sender_sign(const struct seki_packing *o, struct seki_pack *pack,
    struct seki_manifest *m, const struct seki_recipients *to,
    struct seki_signed *w, struct seki_err *err)
{
	if (to != NULL && to->n > 0 && seki_pack_seal(pack, m, to, err) == -1)
		return -1;
	return seki_manifest_format(m, &w->manifest, err) == -1
		   ? -1
		   : sign(o, m, w, err);
}

int
seki_sender_write(struct seki_pack *pack, const struct seki_signed *w,
    struct seki_out *out, uint64_t *size, char sha256[SEKI_HEX],
    struct seki_err *err)
{
	const struct seki_sealing s = { .manifest = w->manifest.p,
		.nmanifest = w->manifest.n,
		.der = w->der.p,
		.nder = w->der.n,
		.sig = w->name };
	unsigned char digest[SEKI_SHA256];

	if (seki_pack_write(pack, &s, out, size, digest, err) == -1)
		return -1;
	seki_text_hex(digest, SEKI_SHA256, sha256);
	return 0;
}

void
seki_signed_free(struct seki_signed *w)
{
	seki_buf_free(&w->manifest);
	seki_buf_free(&w->der);
}
