#include <string.h>
#include <strings.h>

#include "sender_int.h"
#include "sigfile.h"

int
seki_sender_relay(const struct seki_packing *o)
{
	return strcmp(o->carrier, "relay") == 0;
}

int
seki_sender_may(const struct seki_packing *o, const struct seki_policy *p,
    size_t recipients, const char *stream, struct seki_err *err)
{
	if (seki_sender_relay(o) && (!p->relay || !p->clear)) {
		if (p->clear)
			seki_err_hint(err,
			    _("seki-key carriers --trust DIR --root-key FILE "
			      "--stream %s --carrier media,relay, and accept "
			      "the new trust folder on the other side"),
			    stream);
		return seki_fail(err, SEKI_POLICY,
		    _("the trust file does not allow bundles of stream %s to "
		      "go through a relay, in the clear"),
		    stream);
	}
	if (!seki_sender_relay(o) && p->media && !p->clear && recipients == 0)
		seki_err_hint(err, "%s",
		    _("have a key of the importing host named: seki-key add; "
		      "or name one that is: --recipient KEYID"));
	if (!seki_sender_relay(o) &&
	    (!p->media || (!p->clear && recipients == 0)))
		return seki_fail(err, SEKI_POLICY,
		    _("the trust file does not allow bundles of stream %s in"
		      " the clear on media"),
		    stream);
	return 0;
}

static int
texts(struct seki_manifest *m, const struct seki_manifest *k,
    const struct seki_packing *o, struct seki_err *err)
{
	const struct {
		char **to;
		const char *from;
	} t[] = { { &m->org, k->org }, { &m->stream, k->stream },
		{ &m->audience, k->audience }, { &m->kind, k->kind },
		{ &m->carrier, o->carrier },
		{ &m->prepared_by, k->prepared_by }, { &m->title, k->title },
		{ &m->purpose, k->purpose }, { &m->class, k->class },
		{ &m->period, k->period }, { &m->scan_by, k->scan_by },
		{ &m->scan_reason, k->scan_reason },
		{ &m->approval_kind, k->approval_kind },
		{ &m->approval_number, k->approval_number } };
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (seki_manifest_set(t[i].to, t[i].from, err) == -1)
			return -1;
	for (i = 0; i < k->nnote; i++)
		if (strcmp(k->note[2 * i], "scan") != 0 &&
		    strcmp(k->note[2 * i], SEKI_NOTE_REISSUE) != 0 &&
		    seki_manifest_note(
			m, k->note[2 * i], k->note[2 * i + 1], err) == -1)
			return -1;
	return 0;
}

int
seki_sender_like(struct seki_manifest *m, const struct seki_manifest *k,
    const struct seki_packing *o, struct seki_err *err)
{
	m->epoch = k->epoch;
	m->seq = k->seq;
	memcpy(m->prev, k->prev, sizeof(m->prev));
	m->created = k->created;
	m->not_before = k->not_before;
	m->expires = k->expires;
	m->next_by = k->next_by;
	m->trust = seki_trust_version(o->trust);
	m->part = m->parts = 1;
	m->test = k->test;
	return texts(m, k, o, err);
}

int
seki_sender_shown(const struct seki_packing *o, struct seki_out *out,
    const char *as, struct seki_err *err)
{
	if (o->finished == NULL)
		return 0;
	return seki_out_flush(out, err) == -1
		   ? -1
		   : o->finished(seki_out_path(out), as, o->ctx, err);
}

static int
ends(const char *s, const char *with)
{
	size_t n = strlen(s), w = strlen(with);

	return n > w && strcasecmp(s + n - w, with) == 0;
}

int
seki_sender_zip(const struct seki_packing *o)
{
	return ends(o->path, ".zip");
}

int
seki_sender_book(const struct seki_packing *o)
{
	return ends(o->path, ".xlsx");
}

int
seki_sender_text(const struct seki_packing *o, int fd, uint64_t length,
    struct seki_sigfile *text, struct seki_err *err)
{
	if (!o->text || !seki_sender_book(o))
		return 0;
	if (seki_sigfile_make(text, o->path, fd, length, err) == -1)
		return -1;
	return text->out == NULL
		   ? 0
		   : seki_sender_shown(o, text->out, text->path, err);
}

/* What only a relay's bundle has. */
static int
media(const struct seki_packing *o, struct seki_err *err)
{
	if (o->page == NULL && seki_sender_book(o)) {
		seki_err_object(err, o->path);
		seki_err_hint(err, "%s", _("-o NAME.zip; or --carrier relay"));
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("a bundle for media is a ZIP, which no program opens "
		      "under the name of a workbook"));
	}
	if (o->repair == NULL && !o->text)
		return 0;
	seki_err_hint(err, "--carrier relay");
	return seki_fail(err, SEKI_USAGE, "%s",
	    o->text ? _("--signature-text is for the carrier relay")
		    : _("--repair is for the carrier relay"));
}

/* The output's name says what it is: a workbook or a ZIP. */
int
seki_sender_carry(
    struct seki_pack *pack, const struct seki_packing *o, struct seki_err *err)
{
	int zip = seki_sender_zip(o), book = seki_sender_book(o);

	/* The path is the page's; what the bundle will be called comes later.
	 */
	if (o->page != NULL) {
		zip = o->attachments != NULL;
		book = !zip;
	}
	if (!seki_sender_relay(o) && strcmp(o->carrier, "media") != 0) {
		seki_err_hint(err, "--carrier media; --carrier relay");
		return seki_fail(err, SEKI_USAGE,
		    _("--carrier %.32s: neither media nor relay"), o->carrier);
	}
	if (!seki_sender_relay(o))
		return media(o, err);
	if (zip || book)
		return seki_pack_carry(
		    pack, zip, zip && o->text, o->repair, err);
	seki_err_object(err, o->path);
	seki_err_hint(err, "-o NAME.xlsx");
	return seki_fail(err, SEKI_USAGE, "%s",
	    _("a bundle for a relay is a workbook, NAME.xlsx, or with "
	      "attachments NAME.zip"));
}
