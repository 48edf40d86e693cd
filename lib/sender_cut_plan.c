#include <string.h>

#include "sender_cut_int.h"

/*
 * Where the whole is to be cut, foreseen from what all of it took: a line's
 * share is its length, an attachment's all of it, once in each part.
 */

int
seki_cut_too_many(const struct seki_cut_work *w, struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("give --max-size more, or send fewer records at once"));
	return seki_fail(err, SEKI_LIMIT,
	    _("--max-size: with %llu bytes each there would be more than %d "
	      "parts"),
	    (unsigned long long)w->c->o->max_size, SEKI_SET_MAX);
}

static int
new_part(struct seki_cut_work *w, struct seki_err *err)
{
	seki_atts_free(&w->atts);
	memset(&w->atts, 0, sizeof(w->atts));
	w->bytes = w->fixed;
	w->files = 0;
	if (w->n == SEKI_SET_MAX)
		return seki_cut_too_many(w, err);
	w->count[w->n++] = 0;
	return 0;
}

/* The part's attachments with those of this record. */
static int
attach(struct seki_cut_work *w, const struct seki_schema *schema,
    const struct seki_record *rec, struct seki_err *err)
{
	size_t i, had = w->atts.n;

	if (w->c->att == NULL)
		return 0;
	if (seki_atts_add(&w->atts, schema, rec, err) == -1)
		return -1;
	if (w->atts.n == had)
		return 0;
	for (w->files = 0, i = 0; i < w->atts.n; i++)
		w->files += w->atts.v[i]->size;
	return 0;
}

/* A line goes into the part at hand, or begins the next one. */
static int
foresee(struct seki_cut_work *w, struct seki_stream_in *in,
    const struct seki_record *rec, struct seki_err *err)
{
	const struct seki_schema *schema = seki_stream_schema(in);
	uint64_t share;
	size_t n;

	(void)seki_stream_line(in, &n);
	share = (n + 1) * w->rest / (w->c->length + 1);
	if (attach(w, schema, rec, err) == -1)
		return -1;
	if (w->count[w->n - 1] > 0 && w->bytes + share + w->files > w->target &&
	    (new_part(w, err) == -1 || attach(w, schema, rec, err) == -1))
		return -1;
	w->bytes += share;
	w->count[w->n - 1]++;
	w->foreseen[w->n - 1] = w->bytes + w->files;
	return 0;
}

static int
again(struct seki_buf *to, const char *s, struct seki_err *err)
{
	seki_buf_reset(to);
	return seki_buf_str(to, s == NULL ? "" : s, err);
}

struct seki_stream_in *
seki_cut_stream(const struct seki_cut_work *w, struct seki_err *err)
{
	struct seki_in *in = w->c->open(w->c->ctx, err);

	return in == NULL ? NULL : seki_stream_open(in, err);
}

int
seki_cut_plan(struct seki_cut_work *w, struct seki_err *err)
{
	struct seki_stream_in *in = seki_cut_stream(w, err);
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

void
seki_cut_share(struct seki_cut_work *w, uint64_t fixed)
{
	uint64_t files = attached(w->c->k) + fixed;

	w->fixed = fixed;
	w->rest = w->c->size > files ? w->c->size - files : 1;
}

int
seki_cut_first(struct seki_cut_work *w, uint64_t *bytes, struct seki_err *err)
{
	struct seki_stream_in *in = seki_cut_stream(w, err);
	struct seki_record *rec;
	int r = -1;

	w->n = 0;
	if (in != NULL && new_part(w, err) == 0 &&
	    seki_stream_next(in, &rec, err) == 1)
		r = attach(w, seki_stream_schema(in), rec, err);
	*bytes = w->files;
	seki_stream_free(in);
	return r;
}

void
seki_cut_lower(struct seki_cut_work *w, uint64_t size, uint64_t foreseen)
{
	uint64_t target = foreseen * w->c->o->max_size / size / 100 * 99;

	w->target = target < w->target ? target : w->target / 100 * 99;
}

void
seki_cut_forget(struct seki_cut_work *w)
{
	seki_atts_free(&w->atts);
	seki_buf_free(&w->bookmarks);
	seki_buf_free(&w->source);
	seki_buf_free(&w->rules);
}
