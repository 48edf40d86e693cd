#include <string.h>
#include <unistd.h>

#include "scan.h"
#include "sender_cut_int.h"

/* One part: a piece of the whole's stream, packed as a bundle of its own. */

/* One part's stream, into fd; key is that of its first record. */
static int
slice(const struct seki_cut_work *w, struct seki_stream_in *in, size_t i,
    struct seki_out *out, char key[256], struct seki_err *err)
{
	/* The next pull needs the bookmarks once: they may be long. */
	const struct seki_ending end = { .kind = "part",
		.bookmarks = i + 1 < w->n ? "{}" : w->bookmarks.p,
		.source = w->source.p,
		.rules = w->rules.n > 0 ? w->rules.p : NULL };
	struct seki_stream_out *s =
	    seki_stream_create(out, seki_stream_schema(in), err);
	struct seki_record *rec;
	struct seki_proof proof;
	uint64_t n;
	int r = s == NULL ? -1 : 1;

	for (n = 0; r == 1 && n < w->count[i]; n++) {
		if ((r = seki_stream_next(in, &rec, err)) == 0)
			r = seki_fail(err, SEKI_BUG, "the stream was longer");
		else if (r == 1 && seki_stream_put(s, rec, err) == -1)
			r = -1;
		if (r == 1 && n == 0)
			(void)snprintf(
			    key, 256, "%.*s", (int)rec->key.n, rec->key.p);
	}
	if (r == 1)
		r = seki_stream_end(s, &end, NULL, 0, &proof, err);
	seki_stream_abort(s);
	return r;
}

static int
describe(const struct seki_cut_work *w, size_t i, struct seki_manifest *m,
    struct seki_err *err)
{
	const struct seki_cut *c = w->c;
	const char *owner =
	    seki_trust_owner(c->o->trust, seki_key_id(c->o->key));
	struct seki_lines range = { .from = 1, .of = 0 };
	char set[SEKI_HEX];
	size_t k;

	for (k = 0; k < i; k++)
		range.from += w->count[k];
	for (k = 0; k < w->n; k++)
		range.of += w->count[k];
	range.to = range.from + w->count[i] - 1;
	if (seki_sha256_hex(c->of->manifest->p, c->of->manifest->n, set, err) ==
		-1 ||
	    seki_sender_like(m, c->k, c->o, err) == -1 ||
	    seki_manifest_set(&m->set, set, err) == -1 ||
	    seki_lines_note(m, &range, err) == -1)
		return -1;
	m->expires = c->expires;
	m->part = i + 1;
	m->parts = w->n;
	return seki_manifest_set(&m->prepared_by, owner, err);
}

static int
write_part(const struct seki_cut_work *w, struct seki_pack *pack,
    struct seki_manifest *m, struct seki_cut_part *to, struct seki_err *err)
{
	struct seki_signed sig = SEKI_SIGNED_INIT;
	int r = -1;

	to->records = m->records;
	if (seki_sender_sign(w->c->o, pack, m, w->c->to, &sig, err) == 0 &&
	    (to->out = seki_out_file(to->path, 0600, SEKI_OUT_NEW, err)) !=
		NULL)
		r = seki_sender_write(
		    pack, &sig, to->out, &to->size, to->sha256, err);
	seki_signed_free(&sig);
	return r == 0 ? seki_out_flush(to->out, err) : -1;
}

/* A bundle of its own, of a stream in a file without a name. */
static int
pack_part(const struct seki_cut_work *w, int fd, size_t i,
    struct seki_cut_part *to, struct seki_err *err)
{
	const struct seki_cut *c = w->c;
	struct seki_in *in = seki_in_again(fd, c->o->path, err);
	struct seki_manifest *m = seki_manifest_new(err);
	/* What was found was told when the whole was made. */
	struct seki_scan_how how = { .forbid = NULL };
	struct seki_pack *pack = NULL;
	int r = -1;

	if (c->o->scan != NULL)
		how = *c->o->scan;
	how.finding = NULL;
	how.unknown = NULL;
	if (in == NULL || m == NULL)
		seki_in_free(in);
	else if ((pack = seki_pack_open(in, c->s->dir, c->att, &how, err)) !=
		 NULL) {
		seki_pack_of(pack, c->of);
		if (seki_sender_carry(pack, c->o, err) == 0 &&
		    describe(w, i, m, err) == 0 &&
		    seki_pack_read(pack, m, NULL, err) == 0)
			r = write_part(w, pack, m, to, err);
	}
	seki_pack_free(pack);
	seki_manifest_free(m);
	return r;
}

static int
alone(const char *key, uint64_t size, const struct seki_cut_work *w,
    struct seki_err *err)
{
	seki_err_record(err, key, strlen(key));
	seki_err_hint(
	    err, _("give --max-size %llu or more"), (unsigned long long)size);
	return seki_fail(err, SEKI_LIMIT,
	    _("--max-size: a part with this record alone has %llu bytes, more "
	      "than %llu"),
	    (unsigned long long)size, (unsigned long long)w->c->o->max_size);
}

int
seki_cut_one(const struct seki_cut_work *w, struct seki_stream_in *in, size_t i,
    struct seki_cut_part *to, struct seki_err *err)
{
	int fd = seki_dir_spool(w->c->s->dir, err), r = -1;
	struct seki_out *out;
	char key[256] = "";

	if (fd == -1)
		return -1;
	if ((out = seki_out_fd(fd, _("temporary file"), err)) != NULL) {
		r = slice(w, in, i, out, key, err);
		if (r == 0)
			r = seki_out_flush(out, err);
		seki_out_abort(out);
	}
	if (r == 0)
		r = pack_part(w, fd, i, to, err);
	(void)close(fd);
	if (r == 0 && to->size > w->c->o->max_size && w->count[i] == 1)
		return alone(key, to->size, w, err);
	return r;
}
