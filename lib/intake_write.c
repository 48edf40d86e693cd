#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "crew.h"
#include "intake_int.h"

/* From the spool, in the order of keys, into the stream. */

/* A record and the place it came from. */
struct one {
	struct seki_intake_kept k;
	struct seki_buf bytes; /* data, then key */
	struct seki_value key;
};

/* Records that one thread makes lines and leaves of. */
struct piece {
	const struct seki_intake *t;
	struct seki_buf bytes; /* lengths of data and key, data, key, by turns
				*/
	struct seki_intake_kept k;
	struct seki_record rec;
	struct seki_stream_part *part;
	int failed;
	struct seki_err err;
};
/* Enough that handing it over costs nothing. */
#define PIECE (2 * SEKI_CHUNK)

struct writer {
	struct seki_intake *t;
	struct seki_schema *schema;
	struct seki_stream_out *out;
	struct one one[2]; /* this and the one before, by turns */
	struct seki_buf last;
	struct piece piece[SEKI_CREW_BOXES], *now;
	size_t npiece;
	struct seki_crew *crew;
	uint64_t put, shared;
	struct seki_buf keys; /* the first that two files have */
};

static json_t *
file_json(const struct seki_intake_file *f)
{
	json_t *o = json_object();

	(void)json_object_set_new(o, "name", json_string(f->name));
	(void)json_object_set_new(o, "sha256", json_string(f->digest));
	(void)json_object_set_new(
	    o, "rows", json_integer((json_int_t)f->records));
	if (f->layout[0] != '\0') {
		(void)json_object_set_new(o, "layout", json_string(f->layout));
		(void)json_object_set_new(
		    o, "layout_sha256", json_string(f->layout_digest));
	}
	if (f->sheet[0] != '\0')
		(void)json_object_set_new(o, "sheet", json_string(f->sheet));
	(void)json_object_set_new(o, "encoding", json_string(f->encoding));
	return o;
}

static int
add(struct seki_schema *s, const char *code, const char *label,
    enum seki_type type, struct seki_err *err)
{
	return seki_schema_add(
		   s, NULL, code, label, type, SEKI_C_NUMBER, err) == NULL
		   ? -1
		   : 0;
}

static int
fields(const struct seki_intake *t, struct seki_schema *s, struct seki_err *err)
{
	const struct seki_intake_field *f;
	enum seki_type type;
	size_t i;

	if (add(s, "$id", "$id", SEKI_T_ID, err) == -1)
		return -1;
	for (i = 0; i < t->n; i++) {
		f = &t->field[i];
		type = f->lines ? SEKI_T_MULTI_LINE_TEXT
				: seki_layout_type(f->type);
		if (add(s, f->code, f->label, type, err) == -1)
			return -1;
	}
	if (add(s, SEKI_LAYOUT_FROM, SEKI_LAYOUT_FROM, SEKI_T_SINGLE_LINE_TEXT,
		err) == -1 ||
	    add(s, SEKI_LAYOUT_ROW, SEKI_LAYOUT_ROW, SEKI_T_NUMBER, err) == -1)
		return -1;
	return seki_schema_finish(s, err);
}

/* The source is the stream's own: tomorrow's files are others. */
static struct seki_schema *
form(const struct seki_intake *t, struct seki_err *err)
{
	struct seki_schema *s = seki_schema_new(t->how.stream, "$id", err);
	size_t i;

	if (s == NULL)
		return NULL;
	if ((s->source.files = json_array()) == NULL)
		(void)seki_err_nomem(err);
	else if (seki_schema_source(s, "file", "file", t->how.stream, err) ==
		     0 &&
		 fields(t, s, err) == 0) {
		for (i = 0; i < t->nfile; i++)
			(void)json_array_append_new(
			    s->source.files, file_json(&t->file[i]));
		if (json_array_size(s->source.files) == t->nfile)
			return s;
		(void)seki_err_nomem(err);
	}
	seki_schema_free(s);
	return NULL;
}

static int
hold(struct writer *w, struct one *to, const struct seki_sorted *s,
    struct seki_err *err)
{
	seki_buf_reset(&to->bytes);
	if (seki_buf_add(&to->bytes, s->data, s->ndata, err) == -1 ||
	    seki_buf_add(&to->bytes, s->key, s->nkey, err) == -1)
		return -1;
	seki_intake_keep_parse(w->t, to->bytes.p, &to->k);
	to->key.p = to->bytes.p + s->ndata;
	to->key.n = s->nkey;
	to->key.set = 1;
	return 0;
}

/* "a.csv, row 7"; of a form "a.xlsx!Sheet1". */
static void
where(const struct writer *w, const struct one *o, char out[320])
{
	const struct seki_value *v = &o->k.v[w->t->n];
	int n = seki_text_cut(v[0].p, v[0].n < 250 ? v[0].n : 250);

	if (v[1].set)
		(void)snprintf(out, 320, _("%.*s, row %.*s"), n, v[0].p,
		    (int)v[1].n, v[1].p);
	else
		(void)snprintf(out, 320, "%.*s", n, v[0].p);
}

static int
doubled(struct writer *w, const struct one *a, const struct one *b,
    struct seki_err *err)
{
	struct seki_err p = SEKI_ERR_INIT;
	char first[320], second[320];
	int own = a->k.file == b->k.file;

	where(w, a, first);
	where(w, b, second);
	seki_err_object(&p, w->t->file[b->k.file].name);
	seki_err_record(&p, b->key.p, b->key.n);
	seki_err_hint(&p, "%s",
	    own || w->t->how.overlap
		? _("find out which one holds, and take the other out of its "
		    "file")
		: _("if files may have records in common: --overlap, or "
		    "@重なり (@overlap) in the layout"));
	(void)seki_fail(&p, SEKI_RECORD,
	    own			? _("the key stands twice: %s; %s")
	    : w->t->how.overlap ? _("two files have the record with different "
				    "values: %s; %s")
				: _("two files have the key: %s; %s"),
	    first, second);
	return seki_intake_problem(w->t, &p, err);
}

static int
same(const struct one *a, const struct one *b)
{
	return a->k.nsame == b->k.nsame &&
	       memcmp(a->k.same, b->k.same, a->k.nsame) == 0;
}

static int
share(struct writer *w, const struct one *o, struct seki_err *err)
{
	w->t->file[o->k.file].overlap++;
	if (w->shared++ >= SEKI_HELD_NAMED)
		return 0;
	if (w->keys.n > 0 && seki_buf_str(&w->keys, ", ", err) == -1)
		return -1;
	return seki_text_show(&w->keys, o->key.p, o->key.n, err);
}

/* Before the first byte goes out: is a key there twice? */
static int
look(struct writer *w, const struct one *last, const struct one *now,
    struct seki_err *err)
{
	if (w->t->how.overlap && last->k.file != now->k.file && same(last, now))
		return share(w, now, err);
	return doubled(w, last, now, err);
}

/* Records in order, and with each the one before when it has the same key. */
static int
each(struct writer *w, struct seki_err *err)
{
	struct one *now = &w->one[0], *last = NULL, *swap;
	struct seki_sorted s;
	int r, again;

	while ((r = seki_sort_next(w->t->sort, &s, err)) == 1) {
		if (hold(w, now, &s, err) == -1)
			return -1;
		again = last != NULL && seki_key_cmp(last->key.p, last->key.n,
					    now->key.p, now->key.n) == 0;
		if (again && look(w, last, now, err) == -1)
			return -1;
		if (again)
			continue;
		swap = last == NULL ? &w->one[1] : last;
		last = now;
		now = swap;
	}
	return r;
}

static int
put(struct piece *p, const char *data, const uint32_t n[2],
    struct seki_err *err)
{
	struct seki_value *v = p->rec.v;

	seki_intake_keep_parse(p->t, data, &p->k);
	v[0].p = data + n[0];
	v[0].n = n[1];
	v[0].set = 1;
	p->rec.key = v[0];
	return seki_stream_part_put(p->part, &p->rec, err);
}

/* In a thread. */
static void
lines(void *box)
{
	struct piece *p = box;
	const char *s = p->bytes.p, *end = s + p->bytes.n;
	uint32_t n[2];

	for (; s < end && !p->failed; s += n[0] + n[1]) {
		memcpy(n, s, sizeof(n));
		s += sizeof(n);
		p->failed = put(p, s, n, &p->err) == -1;
	}
}

/* Its lines join the stream; it is empty again. */
static int
join(struct writer *w, struct piece *p, struct seki_err *err)
{
	seki_buf_reset(&p->bytes);
	if (p->failed) {
		*err = p->err;
		return -1;
	}
	return seki_stream_join(w->out, p->part, err);
}

static int
give(struct writer *w, const struct seki_sorted *s, struct seki_err *err)
{
	const uint32_t n[2] = { (uint32_t)s->ndata, (uint32_t)s->nkey };
	struct piece *p = w->now;

	if (p == NULL) {
		p = w->now = seki_crew_get(w->crew);
		if (join(w, p, err) == -1)
			return -1;
	}
	if (seki_buf_add(&p->bytes, n, sizeof(n), err) == -1 ||
	    seki_buf_add(&p->bytes, s->data, s->ndata, err) == -1 ||
	    seki_buf_add(&p->bytes, s->key, s->nkey, err) == -1)
		return -1;
	w->put++;
	if (p->bytes.n < PIECE)
		return 0;
	seki_crew_send(w->crew, p);
	w->now = NULL;
	return 0;
}

/* Of records with one key, the first. */
static int
give_all(struct writer *w, struct seki_err *err)
{
	struct seki_sorted s;
	size_t i;
	int r;

	while ((r = seki_sort_next(w->t->sort, &s, err)) == 1) {
		if (w->put > 0 &&
		    seki_key_cmp(w->last.p, w->last.n, s.key, s.nkey) == 0)
			continue;
		seki_buf_reset(&w->last);
		if (seki_buf_add(&w->last, s.key, s.nkey, err) == -1 ||
		    give(w, &s, err) == -1)
			return -1;
	}
	if (w->now != NULL)
		seki_crew_send(w->crew, w->now);
	w->now = NULL;
	for (i = 0; r == 0 && i < w->npiece; i++)
		r = join(w, seki_crew_get(w->crew), err);
	return r;
}

static int
begin(struct writer *w, struct seki_err *err)
{
	const size_t want = seki_crew_boxes(), n = w->t->n + 3;
	struct piece *p;

	if ((w->crew = seki_crew_new(lines, err)) == NULL)
		return -1;
	for (; w->npiece < want; seki_crew_back(w->crew, p)) {
		p = &w->piece[w->npiece++];
		p->t = w->t;
		if ((p->rec.v = calloc(n, sizeof(*p->rec.v))) == NULL)
			return seki_err_nomem(err);
		p->k.v = p->rec.v + 1;
		if ((p->part = seki_stream_part_new(w->schema, err)) == NULL)
			return -1;
	}
	return 0;
}

static int
balanced(const struct writer *w, struct seki_err *err)
{
	uint64_t in = 0;
	size_t i;

	for (i = 0; i < w->t->nfile; i++)
		in += w->t->file[i].records;
	if (in == w->put + w->shared)
		return 0;
	return seki_fail(err, SEKI_BUG,
	    _("%llu records came in, %llu went out"), (unsigned long long)in,
	    (unsigned long long)(w->put + w->shared));
}

/* Keys that came in order need no look. */
static int
unique(struct writer *w, struct seki_err *err)
{
	if (seki_sort_ascending(w->t->sort))
		return 0;
	if (each(w, err) == -1 || seki_intake_sound(w->t, err) == -1)
		return -1;
	seki_sort_rewind(w->t->sort);
	if (w->shared > 0)
		seki_intake_say(w->t,
		    _("%llu records stand in more than one file, with the same "
		      "values: %s%s"),
		    (unsigned long long)w->shared, w->keys.p,
		    w->shared > SEKI_HELD_NAMED ? ", …" : "");
	return 0;
}

static int
all(struct writer *w, struct seki_out *out, struct seki_proof *proof,
    struct seki_err *err)
{
	static const struct seki_ending end = { .kind = "full",
		.source = "{\"attachments\":\"none\"}" };

	if (unique(w, err) == -1 ||
	    (w->out = seki_stream_create(out, w->schema, err)) == NULL ||
	    begin(w, err) == -1 || give_all(w, err) == -1 ||
	    balanced(w, err) == -1)
		return -1;
	return seki_stream_end(w->out, &end, NULL, 0, proof, err);
}

static void
end(struct writer *w)
{
	size_t i;

	seki_crew_free(w->crew);
	for (i = 0; i < w->npiece; i++) {
		seki_stream_part_free(w->piece[i].part);
		seki_buf_free(&w->piece[i].bytes);
		free(w->piece[i].rec.v);
	}
	seki_stream_abort(w->out);
	for (i = 0; i < 2; i++) {
		free(w->one[i].k.v);
		seki_buf_free(&w->one[i].bytes);
	}
	seki_buf_free(&w->last);
	seki_buf_free(&w->keys);
	seki_schema_free(w->schema);
	free(w);
}

int
seki_intake_write(struct seki_intake *t, struct seki_out *out,
    struct seki_proof *proof, struct seki_err *err)
{
	struct writer *w;
	size_t i;
	int r = -1;

	if (seki_intake_sound(t, err) == -1)
		return -1;
	if ((w = calloc(1, sizeof(*w))) == NULL)
		return seki_err_nomem(err);
	w->t = t;
	for (i = 0; i < 2; i++)
		w->one[i].k.v = calloc(t->n + 3, sizeof(*w->one[i].k.v));
	if (w->one[0].k.v == NULL || w->one[1].k.v == NULL)
		(void)seki_err_nomem(err);
	else if ((w->schema = form(t, err)) != NULL)
		r = all(w, out, proof, err);
	end(w);
	return r;
}
