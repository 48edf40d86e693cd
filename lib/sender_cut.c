#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sender_cut_int.h"

/*
 * How large a part becomes is known when it is made.  So the cuts are foreseen,
 * all parts are made, and when one is too large they are foreseen anew with
 * less in each.
 */

/* What a part takes before the first record: manifests, cover, styles.  Where
 * it matters, it is tried. */
#define FIXED ((uint64_t)32 * 1024)
#define TRIED (64 * FIXED)
/* How full a part is to be the first time, in percent. */
#define FILL 95
#define TRIES 16

/* Part i of the plan, under the name it will have. */
static int
part(const struct seki_cut_work *w, struct seki_stream_in *in, size_t i,
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
	return seki_cut_one(w, in, i, &to->v[i], err);
}

/* All of them as planned, or up to one that is too large. */
static int
build(const struct seki_cut_work *w, struct seki_cut_parts *to,
    seki_cut_name *name, void *ctx, int *too_large, struct seki_err *err)
{
	struct seki_stream_in *in = seki_cut_stream(w, err);
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

static int
shown(const struct seki_cut_work *w, const struct seki_cut_parts *to,
    struct seki_err *err)
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

/* A part with the first record alone: what else it takes, each part takes. */
static int
trial(struct seki_cut_work *w, struct seki_cut_parts *to, seki_cut_name *name,
    void *ctx, struct seki_err *err)
{
	struct seki_stream_in *in;
	uint64_t files, all;
	int r;

	w->target = UINT64_MAX;
	if (seki_cut_plan(w, err) == -1)
		return -1;
	if ((all = w->count[0]) < 2)
		return 0;
	if (seki_cut_first(w, &files, err) == -1)
		return -1;
	w->n = 2;
	w->count[0] = 1;
	w->count[1] = all - 1;
	if ((in = seki_cut_stream(w, err)) == NULL)
		return -1;
	if ((r = part(w, in, 0, to, name, ctx, err)) == 0)
		seki_cut_share(
		    w, to->v[0].size > files ? to->v[0].size - files : FIXED);
	seki_stream_free(in);
	seki_cut_free(to);
	return r;
}

static int
no_cut(const struct seki_cut_work *w, struct seki_err *err)
{
	seki_err_hint(err, _("give --max-size %llu or more"),
	    (unsigned long long)w->c->size);
	return seki_fail(err, SEKI_LIMIT,
	    _("--max-size: the bundle has %llu bytes and no two records that "
	      "could be parted"),
	    (unsigned long long)w->c->size);
}

static int
attempts(struct seki_cut_work *w, struct seki_cut_parts *to,
    seki_cut_name *name, void *ctx, struct seki_err *err)
{
	int i, large;

	w->target = w->c->o->max_size / 100 * FILL;
	for (i = 0; i < TRIES; i++) {
		if (seki_cut_plan(w, err) == -1)
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
		seki_cut_lower(
		    w, to->v[to->n - 1].size, w->foreseen[to->n - 1]);
		seki_cut_free(to);
	}
	return seki_cut_too_many(w, err);
}

int
seki_cut_make(const struct seki_cut *c, seki_cut_name *name, void *ctx,
    struct seki_cut_parts *to, struct seki_err *err)
{
	struct seki_cut_work w = { .c = c };
	int r;

	memset(to, 0, sizeof(*to));
	if (c->o->text && seki_sender_book(c->o)) {
		seki_err_hint(err, "-o NAME.zip");
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--signature-text: parts have it in a ZIP, not beside "
		      "the workbook"));
	}
	seki_cut_share(&w, FIXED);
	r = c->o->max_size < TRIED ? trial(&w, to, name, ctx, err) : 0;
	if (r == 0)
		r = attempts(&w, to, name, ctx, err);
	seki_cut_forget(&w);
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
