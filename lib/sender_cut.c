#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan.h"
#include "sender_cut.h"

/*
 * How large a part becomes is known when it is made.  So the cuts are foreseen
 * from what the whole took, all parts are made, and when one is too large they
 * are foreseen anew with less in each.
 */

/* What a part takes before the first record: manifests, cover, styles.  Where
 * it matters, it is tried. */
#define FIXED ((uint64_t)32 * 1024)
#define TRIED (64 * FIXED)
/* How full a part is to be the first time, in percent. */
#define FILL 95
#define TRIES 16

struct work {
	const struct seki_cut *c;
	uint64_t target; /* bytes that a part shall have, as foreseen */
	uint64_t fixed;	 /* bytes before the first record */
	uint64_t rest;	 /* of the whole, without attachments and those */
	/* The plan: how many lines between SCHEMA and STATE each part has, and
	 * what the whole's STATE says, which every part's says, too. */
	uint64_t count[SEKI_SET_MAX];
	uint64_t foreseen[SEKI_SET_MAX]; /* bytes of each */
	size_t n;
	struct seki_buf bookmarks, source, rules;
	/* Of the part that is foreseen now. */
	uint64_t bytes;
	struct seki_atts atts;
};

static uint64_t
attached(const struct seki_manifest *m)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < m->nfile; i++)
		if (strcmp(m->file[i].role, "attachment") == 0)
			n += m->file[i].size;
	return n;
}

static int
too_many(const struct work *w, struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("give --max-size more, or send fewer records at once"));
	return seki_fail(err, SEKI_LIMIT,
	    _("--max-size: with %llu bytes each there would be more than %d "
	      "parts"),
	    (unsigned long long)w->c->o->max_size, SEKI_SET_MAX);
}

static int
new_part(struct work *w, struct seki_err *err)
{
	seki_atts_free(&w->atts);
	memset(&w->atts, 0, sizeof(w->atts));
	w->bytes = w->fixed;
	if (w->n == SEKI_SET_MAX)
		return too_many(w, err);
	w->count[w->n++] = 0;
	return 0;
}

/* The part's attachments with those of this record, in bytes. */
static int
attach(struct work *w, const struct seki_schema *schema,
    const struct seki_record *rec, uint64_t *bytes, struct seki_err *err)
{
	size_t i;

	if (w->c->att != NULL &&
	    seki_atts_add(&w->atts, schema, rec, err) == -1)
		return -1;
	for (*bytes = 0, i = 0; i < w->atts.n; i++)
		*bytes += w->atts.v[i]->size;
	return 0;
}

/* A line goes into the part at hand, or begins the next one. */
static int
foresee(struct work *w, struct seki_stream_in *in,
    const struct seki_record *rec, struct seki_err *err)
{
	const struct seki_schema *schema = seki_stream_schema(in);
	uint64_t share, files;
	size_t n;

	(void)seki_stream_line(in, &n);
	share = (n + 1) * w->rest / (w->c->length + 1);
	if (attach(w, schema, rec, &files, err) == -1)
		return -1;
	if (w->count[w->n - 1] > 0 && w->bytes + share + files > w->target &&
	    (new_part(w, err) == -1 ||
		attach(w, schema, rec, &files, err) == -1))
		return -1;
	w->bytes += share;
	w->count[w->n - 1]++;
	w->foreseen[w->n - 1] = w->bytes + files;
	return 0;
}

static int
again(struct seki_buf *to, const char *s, struct seki_err *err)
{
	seki_buf_reset(to);
	return seki_buf_str(to, s == NULL ? "" : s, err);
}

static struct seki_stream_in *
stream(const struct work *w, struct seki_err *err)
{
	struct seki_in *in = w->c->open(w->c->ctx, err);

	return in == NULL ? NULL : seki_stream_open(in, err);
}

static int
plan(struct work *w, struct seki_err *err)
{
	struct seki_stream_in *in = stream(w, err);
	const struct seki_ending *end;
	struct seki_record *rec;
	int r = -1;

	w->n = 0;
	if (in != NULL && new_part(w, err) == 0)
		while ((r = seki_stream_next(in, &rec, err)) == 1)
			if (foresee(w, in, rec, err) == -1) {
				r = -1;
				break;
			}
	if (r == 0) {
		end = seki_stream_ending(in);
		r = again(&w->bookmarks, end->bookmarks, err) == -1 ||
			    again(&w->source, end->source, err) == -1 ||
			    again(&w->rules, end->rules, err) == -1
			? -1
			: 0;
	}
	seki_stream_free(in);
	return r;
}

/* One part's stream, into fd; key is that of its first record. */
static int
slice(const struct work *w, struct seki_stream_in *in, size_t i,
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
describe(const struct work *w, size_t i, struct seki_manifest *m,
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
write_part(const struct work *w, struct seki_pack *pack,
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
pack_part(const struct work *w, int fd, size_t i, struct seki_cut_part *to,
    struct seki_err *err)
{
	const struct seki_cut *c = w->c;
	struct seki_in *in = seki_in_again(fd, c->o->path, err);
	struct seki_manifest *m = seki_manifest_new(err);
	/* What was found was told when the whole was made. */
	struct seki_scan_how how = *c->o->scan;
	struct seki_pack *pack = NULL;
	int r = -1;

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
alone(
    const char *key, uint64_t size, const struct work *w, struct seki_err *err)
{
	seki_err_record(err, key, strlen(key));
	seki_err_hint(
	    err, _("give --max-size %llu or more"), (unsigned long long)size);
	return seki_fail(err, SEKI_LIMIT,
	    _("--max-size: a part with this record alone has %llu bytes, more "
	      "than %llu"),
	    (unsigned long long)size, (unsigned long long)w->c->o->max_size);
}

static int
one(const struct work *w, struct seki_stream_in *in, size_t i,
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

/* Part i of the plan, under the name it will have. */
static int
part(const struct work *w, struct seki_stream_in *in, size_t i,
    struct seki_cut_parts *to, seki_cut_name *name, void *ctx,
    struct seki_err *err)
{
	struct seki_buf path = SEKI_BUF_INIT;
	int r = name(ctx, i + 1, w->n, &path, err);

	if (r == 0 && (to->v[i].path = strdup(path.p)) == NULL)
		r = seki_err_nomem(err);
	seki_buf_free(&path);
	if (r == -1)
		return -1;
	to->n = i + 1;
	return one(w, in, i, &to->v[i], err);
}

/* All of them as planned, or up to one that is too large. */
static int
build(const struct work *w, struct seki_cut_parts *to, seki_cut_name *name,
    void *ctx, int *too_large, struct seki_err *err)
{
	struct seki_stream_in *in = stream(w, err);
	size_t i;
	int r = in == NULL ? -1 : 0;

	*too_large = 0;
	for (i = 0; r == 0 && i < w->n && !*too_large; i++) {
		r = part(w, in, i, to, name, ctx, err);
		*too_large = to->v[i].size > w->c->o->max_size;
	}
	seki_stream_free(in);
	return r;
}

/* So that the part which was too large would have been a little too small. */
static void
lower(struct work *w, const struct seki_cut_part *large, uint64_t foreseen)
{
	uint64_t target = foreseen * w->c->o->max_size / large->size / 100 * 99;

	w->target = target < w->target ? target : w->target / 100 * 99;
}

static int
shown(
    const struct work *w, const struct seki_cut_parts *to, struct seki_err *err)
{
	struct seki_buf name = SEKI_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < to->n; i++) {
		seki_buf_reset(&name);
		r = seki_part_name(w->c->o->path, i + 1, to->n, &name, err);
		if (r == 0)
			r = seki_sender_shown(
			    w->c->o, to->v[i].out, name.p, err);
	}
	seki_buf_free(&name);
	return r;
}

static void
share_out(struct work *w, uint64_t fixed)
{
	uint64_t files = attached(w->c->k) + fixed;

	w->fixed = fixed;
	w->rest = w->c->size > files ? w->c->size - files : 1;
}

/* The attachments of the first record, in bytes. */
static int
first_files(struct work *w, uint64_t *bytes, struct seki_err *err)
{
	struct seki_stream_in *in = stream(w, err);
	struct seki_record *rec;
	int r = -1;

	w->n = 0;
	if (in != NULL && new_part(w, err) == 0 &&
	    seki_stream_next(in, &rec, err) == 1)
		r = attach(w, seki_stream_schema(in), rec, bytes, err);
	seki_stream_free(in);
	return r;
}

/* A part with the first record alone: what else it takes, each part takes. */
static int
trial(struct work *w, struct seki_cut_parts *to, seki_cut_name *name, void *ctx,
    struct seki_err *err)
{
	struct seki_stream_in *in;
	uint64_t files, all;
	int r;

	w->target = UINT64_MAX;
	if (plan(w, err) == -1)
		return -1;
	if ((all = w->count[0]) < 2)
		return 0;
	if (first_files(w, &files, err) == -1)
		return -1;
	w->n = 2;
	w->count[0] = 1;
	w->count[1] = all - 1;
	if ((in = stream(w, err)) == NULL)
		return -1;
	if ((r = part(w, in, 0, to, name, ctx, err)) == 0)
		share_out(
		    w, to->v[0].size > files ? to->v[0].size - files : FIXED);
	seki_stream_free(in);
	seki_cut_free(to);
	return r;
}

static int
no_cut(const struct work *w, struct seki_err *err)
{
	seki_err_hint(err, _("give --max-size %llu or more"),
	    (unsigned long long)w->c->size);
	return seki_fail(err, SEKI_LIMIT,
	    _("--max-size: the bundle has %llu bytes and no two records that "
	      "could be parted"),
	    (unsigned long long)w->c->size);
}

static int
attempts(struct work *w, struct seki_cut_parts *to, seki_cut_name *name,
    void *ctx, struct seki_err *err)
{
	int i, large;

	w->target = w->c->o->max_size / 100 * FILL;
	for (i = 0; i < TRIES; i++) {
		if (plan(w, err) == -1)
			return -1;
		if (w->n == 1 && w->count[0] < 2)
			return no_cut(w, err);
		if (w->n == 1) {
			w->target = w->foreseen[0] / 10 * 9;
			continue;
		}
		if (build(w, to, name, ctx, &large, err) == -1)
			return -1;
		if (!large)
			return shown(w, to, err);
		lower(w, &to->v[to->n - 1], w->foreseen[to->n - 1]);
		seki_cut_free(to);
	}
	return too_many(w, err);
}

int
seki_cut_make(const struct seki_cut *c, seki_cut_name *name, void *ctx,
    struct seki_cut_parts *to, struct seki_err *err)
{
	struct work w = { .c = c };
	int r;

	memset(to, 0, sizeof(*to));
	if (c->o->text && seki_sender_book(c->o)) {
		seki_err_hint(err, "-o NAME.zip");
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--signature-text: parts have it in a ZIP, not beside "
		      "the workbook"));
	}
	share_out(&w, FIXED);
	r = c->o->max_size < TRIED ? trial(&w, to, name, ctx, err) : 0;
	if (r == 0)
		r = attempts(&w, to, name, ctx, err);
	seki_atts_free(&w.atts);
	seki_buf_free(&w.bookmarks);
	seki_buf_free(&w.source);
	seki_buf_free(&w.rules);
	if (r == -1)
		seki_cut_free(to);
	return r;
}

int
seki_cut_commit(struct seki_cut_parts *p, struct seki_err *err)
{
	struct seki_out *out;
	size_t i;

	for (i = 0; i < p->n; i++) {
		out = p->v[i].out;
		p->v[i].out = NULL;
		if (seki_out_commit(out, err) == -1)
			break;
	}
	if (i == p->n)
		return 0;
	while (i > 0)
		(void)unlink(p->v[--i].path);
	return -1;
}

void
seki_cut_free(struct seki_cut_parts *p)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		seki_out_abort(p->v[i].out);
		free(p->v[i].path);
	}
	memset(p, 0, sizeof(*p));
}
