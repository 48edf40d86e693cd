#include <string.h>

#include "apart_relay.h"

/* Names of entries, as the directory of a ZIP may hold them. */
#define ANSWER (12 * SEKI_MIB)
#define NAME 65535
/* Of a damaged cell: texts of a form and 400 bytes of what stands there. */
#define PART (4 * SEKI_MIB)
#define TEXT SEKI_VALUE_MAX

static int
find_run(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	struct seki_relay_find *f = ctx;
	const struct seki_relay *r = f->r;
	const struct seki_relay_file *e;
	size_t i;

	if (seki_relay_find(f, err) == -1)
		return -1;
	seki_answer_uint(a, f->nseal);
	seki_answer_uint(a, (uint64_t)f->inflated);
	seki_answer_uint(a, r->at);
	seki_answer_uint(a, r->length);
	seki_answer_uint(a, r->nfile);
	for (i = 0; i < r->nfile; i++) {
		e = &r->file[i];
		seki_answer_text(a, r->folder ? "" : e->name);
		seki_answer_uint(a, e->place.at);
		seki_answer_uint(a, e->place.packed);
		seki_answer_uint(a, e->place.size);
		seki_answer_uint(a, e->place.crc);
		seki_answer_uint(a, (uint64_t)e->place.deflated);
		seki_answer_uint(a, (uint64_t)e->taken);
	}
	return 0;
}

static int
hear_file(struct seki_heard *h, struct seki_relay *r, struct seki_err *err)
{
	const char *name = seki_heard_text(h, NULL, NAME);
	struct seki_place p;
	uint64_t taken;

	p.at = seki_heard_uint(h, r->nwhole);
	p.packed = seki_heard_uint(h, r->nwhole - p.at);
	p.size = seki_heard_uint(h, SEKI_INFLATED_MAX);
	p.crc = (uint32_t)seki_heard_uint(h, UINT32_MAX);
	p.deflated = (int)seki_heard_uint(h, 1);
	taken = seki_heard_uint(h, 1);
	if (strchr(name, '/') != NULL || (!p.deflated && p.size != p.packed))
		h->bad = 1;
	if (h->bad || seki_relay_add(r, name, &p, err) == -1)
		return -1;
	r->file[r->nfile - 1].taken = (int)taken;
	return 0;
}

/* Those of a folder are known: only which one was the workbook. */
static int
hear_files(struct seki_heard *h, struct seki_relay *r, struct seki_err *err)
{
	size_t n = seki_heard_count(h, SEKI_ENTRIES_MAX), i, k;

	for (i = 0; i < n && !h->bad; i++) {
		if (!r->folder) {
			if (hear_file(h, r, err) == -1)
				return -1;
			continue;
		}
		(void)seki_heard_text(h, NULL, 0);
		for (k = 0; k < 5; k++)
			(void)seki_heard_uint(h, UINT64_MAX);
		k = (size_t)seki_heard_uint(h, 1);
		if (i < r->nfile)
			r->file[i].taken = (int)k;
	}
	if (r->folder && n != r->nfile)
		h->bad = 1;
	return 0;
}

int
seki_apart_hear_find(
    struct seki_heard *h, struct seki_relay_find *f, struct seki_err *err)
{
	struct seki_relay *r = f->r;
	uint64_t most;

	f->nseal = seki_heard_uint(h, SEKI_BUNDLE_MAX);
	f->inflated = (int)seki_heard_uint(h, 1);
	most = f->inflated ? SEKI_INFLATED_MAX : r->nwhole;
	r->at = seki_heard_uint(h, f->inflated ? 0 : most);
	r->length = seki_heard_uint(h, most - r->at);
	if (hear_files(h, r, err) == -1 && err->reason != SEKI_OK)
		return -1;
	return seki_heard_end(h) ? 0 : seki_worker_garbage(err);
}

static int
find_take(void *ctx, struct seki_heard *h, struct seki_err *err)
{
	return seki_apart_hear_find(h, ctx, err);
}

int
seki_apart_find(struct seki_relay_find *f, struct seki_err *err)
{
	const struct seki_worker_job job = { .run = find_run,
		.take = find_take,
		.ctx = f,
		.in = { f->r->whole },
		.nin = 1,
		.out = { f->seal, f->book },
		.nout = 2,
		.file = SEKI_INFLATED_MAX,
		.inflated = SEKI_INFLATED_MAX,
		.part = ANSWER,
		.strict = 1 };

	return seki_worker_run(&job, err);
}

struct make {
	struct seki_bundle *b;
	int out;
	seki_damage_fn *damage;
	void *ctx;
	struct seki_relay_made *made;
	struct seki_answer *answer; /* in the worker */
};

static int
tell(void *ctx, const struct seki_damage_item *i, struct seki_err *err)
{
	struct seki_answer *a = ((struct make *)ctx)->answer;

	(void)err;
	seki_answer_uint(a, (uint64_t)i->kind);
	seki_answer_uint(a, (uint64_t)(i->suspect != 0));
	seki_answer_text(a, i->list);
	seki_answer_text(a, i->key);
	seki_answer_uint(a, i->ordinal);
	seki_answer_uint(a, i->code != NULL);
	seki_answer_text(a, i->label);
	seki_answer_text(a, i->code);
	seki_answer_text(a, i->sheet);
	seki_answer_text(a, i->cell);
	seki_answer_uint(a, i->found != NULL);
	seki_answer_text(a, i->found);
	return seki_answer_send(a, 'P');
}

/* A verdict is no failure of the worker: what it counted is wanted, too. */
static int
make_run(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	struct make *m = ctx;
	struct seki_err own = SEKI_ERR_INIT;
	int r;

	(void)err;
	m->answer = a;
	m->b->direct = 1;
	r = seki_relay_make(m->b, m->out, m->damage == NULL ? NULL : tell, m,
	    m->made, &own);
	seki_answer_uint(a, r == 0);
	seki_answer_bytes(a, m->made->root, SEKI_SHA256);
	seki_answer_uint(a, m->made->written);
	seki_answer_uint(a, m->made->hidden);
	seki_answer_uint(a, m->made->repaired);
	seki_answer_uint(a, m->made->broken);
	seki_answer_uint(a, m->made->crc);
	if (r == -1)
		seki_answer_err(a, &own);
	return 0;
}

int
seki_apart_hear_made(
    struct seki_heard *h, struct seki_relay_made *m, struct seki_err *err)
{
	struct seki_err said = SEKI_ERR_INIT;
	int ok = (int)seki_heard_uint(h, 1);

	seki_heard_exact(h, m->root, SEKI_SHA256);
	m->written = seki_heard_uint(h, SEKI_INFLATED_MAX);
	m->hidden = seki_heard_uint(h, UINT32_MAX);
	m->repaired = seki_heard_uint(h, UINT32_MAX);
	m->broken = seki_heard_uint(h, UINT64_MAX);
	m->crc = (uint32_t)seki_heard_uint(h, UINT32_MAX);
	if (!ok)
		seki_heard_err(h, &said);
	if (!seki_heard_end(h))
		return seki_worker_garbage(err);
	if (ok)
		return 0;
	*err = said;
	return -1;
}

static int
make_take(void *ctx, struct seki_heard *h, struct seki_err *err)
{
	return seki_apart_hear_made(h, ((struct make *)ctx)->made, err);
}

int
seki_apart_hear_damage(struct seki_heard *h, struct seki_damage_item *i)
{
	uint64_t known, found;

	memset(i, 0, sizeof(*i));
	i->kind = (enum seki_damage_kind)seki_heard_uint(
	    h, SEKI_DAMAGE_DOUBLED);
	i->suspect = (int)seki_heard_uint(h, 1);
	i->list = seki_heard_text(h, NULL, TEXT);
	i->key = seki_heard_text(h, NULL, SEKI_KEY_MAX);
	i->ordinal = (uint32_t)seki_heard_uint(h, UINT32_MAX);
	known = seki_heard_uint(h, 1);
	i->label = seki_heard_text(h, NULL, TEXT);
	i->code = seki_heard_text(h, NULL, TEXT);
	i->sheet = seki_heard_text(h, NULL, TEXT);
	i->cell = seki_heard_text(h, NULL, 16);
	found = seki_heard_uint(h, 1);
	i->found = seki_heard_text(h, NULL, TEXT);
	if (!known)
		i->label = i->code = NULL;
	if (!found)
		i->found = NULL;
	return seki_heard_end(h) ? 0 : -1;
}

int
seki_apart_make(struct seki_bundle *b, int out, seki_damage_fn *damage,
    void *ctx, struct seki_relay_made *made, struct seki_err *err)
{
	struct make m = { b, out, damage, ctx, made, NULL };
	const struct seki_worker_job job = { .run = make_run,
		.take = make_take,
		.ctx = &m,
		.in = { b->relay->book, b->fd },
		.nin = 2,
		.out = { out },
		.nout = 1,
		.dir = b->spool,
		.pool = 1,
		.file = SEKI_INFLATED_MAX,
		.inflated = SEKI_INFLATED_MAX,
		.part = PART,
		.threads = 1,
		.strict = 1 };
	struct seki_worker *w;
	struct seki_damage_item item;
	struct seki_heard h;
	int r;

	memset(made, 0, sizeof(*made));
	if ((w = seki_worker_start(&job, err)) == NULL)
		return -1;
	while ((r = seki_worker_next(w, &h, err)) == 1) {
		if (seki_apart_hear_damage(&h, &item) == -1)
			r = seki_worker_garbage(err);
		else if (damage(ctx, &item, err) == -1)
			r = -1;
		if (r == -1)
			break;
	}
	if (r == 0)
		return seki_worker_end(w, err);
	seki_worker_stop(w);
	return -1;
}
