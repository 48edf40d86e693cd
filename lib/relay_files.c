#include <stdlib.h>
#include <string.h>

#include "apart.h"
#include "relay.h"

/* "a.pdf, b.png", as many as there is room for. */
static void
name(struct seki_verdict *v, const char *what)
{
	size_t n = strlen(v->names);

	v->remade++;
	if (n + strlen(what) + 3 < sizeof(v->names))
		(void)snprintf(v->names + n, sizeof(v->names) - n, "%s%s",
		    n > 0 ? ", " : "", what);
}

/* What is deflated is inflated by one worker for all. */
static int
digests(const struct seki_bundle *b, struct seki_err *err)
{
	struct seki_relay *r = b->relay;
	struct seki_place *place = calloc(r->nfile + 1, sizeof(*place));
	const char **name = calloc(r->nfile + 1, sizeof(const char *));
	struct seki_feed *feed = NULL;
	struct seki_relay_file *f;
	struct seki_in *in;
	uint64_t count;
	size_t i, n = 0;
	int got = place == NULL || name == NULL ? seki_err_nomem(err) : 0;

	for (i = 0; got == 0 && i < r->nfile; i++)
		if (!r->file[i].taken && r->file[i].place.deflated) {
			place[n] = r->file[i].place;
			name[n++] = r->file[i].name;
		}
	if (got == 0 && n > 0 &&
	    (feed = seki_feed_new(r->whole, place, name, n, err)) == NULL)
		got = -1;
	for (i = 0; got == 0 && i < r->nfile; i++) {
		f = &r->file[i];
		if (f->taken)
			continue;
		in = f->place.deflated
			 ? seki_feed_next(feed, err)
			 : seki_zip_in(r->whole, &f->place, f->name, err);
		got = in == NULL ? -1
				 : seki_work_digest(in, f->sha256, &count, err);
		f->known = got == 0;
	}
	seki_feed_free(feed);
	free(place);
	free(name);
	return got;
}

/* A copy of the signature's text is no stranger. */
static int
stranger(const struct seki_relay *r, const struct seki_relay_file *f)
{
	return !f->taken && !seki_relay_text(r, f);
}

static int
remade(const struct seki_verdict *v, struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("a sanitiser makes documents anew: look at them; to take them as "
	      "they came: the same command with --accept-attachments REASON "
	      "--by ID"));
	return seki_fail(err, SEKI_DIGEST,
	    _("%llu attachments came back changed: %s"),
	    (unsigned long long)v->remade, v->names);
}

int
seki_relay_files(const struct seki_bundle *b, int accept,
    struct seki_verdict *v, struct seki_err *err)
{
	const struct seki_manifest *m = b->manifest;
	struct seki_relay_file *file = b->relay->file;
	const struct seki_relay_file *f;
	size_t i;
	int exact;

	if (digests(b, err) == -1)
		return -1;
	for (i = 0; i < m->nfile; i++) {
		if (strcmp(m->file[i].role, "attachment") != 0)
			continue;
		f = seki_relay_att(b->relay, &m->file[i], &exact);
		if (f == NULL) {
			seki_err_hint(err,
			    _("it may have been left behind, or stopped by the "
			      "relay: bring the whole folder or ZIP, or have "
			      "the sender make one for a stick: seki-pack "
			      "--reissue %llu --carrier media"),
			    (unsigned long long)m->seq);
			return seki_fail(err, SEKI_DIGEST, _("%s is missing"),
			    m->file[i].name);
		}
		if (!exact)
			name(v, m->file[i].name);
		file[f - file].taken = 1;
	}
	for (i = 0; i < b->relay->nfile; i++)
		v->extra += (uint64_t)stranger(b->relay, &file[i]);
	return v->remade > 0 && !accept ? remade(v, err) : 0;
}

int
seki_relay_remade(
    const struct seki_bundle *b, struct seki_buf *to, struct seki_err *err)
{
	const struct seki_manifest *m = b->manifest;
	const struct seki_relay_file *f;
	char was[SEKI_HEX], is[SEKI_HEX];
	size_t i;
	int exact;

	for (i = 0; b->relay != NULL && i < m->nfile; i++) {
		if (strcmp(m->file[i].role, "attachment") != 0)
			continue;
		f = seki_relay_att(b->relay, &m->file[i], &exact);
		if (f == NULL || exact)
			continue;
		seki_text_hex(m->file[i].sha256, SEKI_SHA256, was);
		seki_text_hex(f->sha256, SEKI_SHA256, is);
		if (seki_buf_fmt(to, err, "%s%s %s %llu", to->n > 0 ? "\n" : "",
			was, is, (unsigned long long)f->place.size) == -1)
			return -1;
	}
	return 0;
}
