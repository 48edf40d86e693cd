#include <stdlib.h>

#include "seki_int.h"

/* A box is full when either is reached; one record may pass WEIGHT alone. */
#define RECORDS 64
#define WEIGHT ((size_t)256 * 1024)

struct box {
	struct seki_arena arena;
	const struct seki_record *rec[RECORDS];
	size_t n, weight;
};

struct seki_view {
	const struct seki_schema *schema;
	struct seki_lane *lane;
	struct box *box[SEKI_LANE_BOXES], *now;
	struct seki_sheet_out *sheet; /* the thread's own until the end */
};

static int
take(void *ctx, void *arg, struct seki_err *err)
{
	struct seki_view *v = ctx;
	struct box *b = arg;
	size_t i;

	for (i = 0; i < b->n; i++)
		if (seki_sheet_put(v->sheet, b->rec[i], err) == -1)
			return -1;
	return 0;
}

struct seki_view *
seki_view_new(struct seki_sheet_out *sheet, const struct seki_schema *schema,
    struct seki_err *err)
{
	struct seki_view *v = sheet == NULL ? NULL : calloc(1, sizeof(*v));
	size_t i;

	if (v == NULL) {
		if (sheet != NULL)
			(void)seki_err_nomem(err);
		seki_sheet_abort(sheet);
		return NULL;
	}
	v->schema = schema;
	v->sheet = sheet;
	for (i = 0; i < SEKI_LANE_BOXES; i++)
		if ((v->box[i] = calloc(1, sizeof(*v->box[i]))) == NULL) {
			(void)seki_err_nomem(err);
			goto fail;
		}
	if ((v->lane = seki_lane_new((void **)v->box, take, v, err)) != NULL)
		return v;

fail:
	seki_view_abort(v);
	return NULL;
}

int
seki_view_put(
    struct seki_view *v, const struct seki_record *rec, struct seki_err *err)
{
	struct box *b = v->now;

	if (b == NULL) {
		if ((b = v->now = seki_lane_get(v->lane, err)) == NULL)
			return -1;
		seki_arena_reset(&b->arena);
		b->n = b->weight = 0;
	}
	b->rec[b->n] =
	    seki_record_copy(v->schema, rec, &b->arena, &b->weight, err);
	if (b->rec[b->n] == NULL)
		return -1;
	if (++b->n == RECORDS || b->weight >= WEIGHT) {
		v->now = NULL;
		seki_lane_send(v->lane, b);
	}
	return 0;
}

/* The thread looks at neither before the end. */
void
seki_view_seal(struct seki_view *v, int fd, uint64_t length)
{
	seki_sheet_seal(v->sheet, fd, length);
}

int
seki_view_end(struct seki_view *v, struct seki_err *err)
{
	struct seki_sheet_out *sheet;
	int r;

	if (v->now != NULL)
		seki_lane_send(v->lane, v->now);
	r = seki_lane_end(v->lane, err);
	v->lane = NULL;
	if (r == 0) {
		sheet = v->sheet;
		v->sheet = NULL;
		r = seki_sheet_end(sheet, err);
	}
	seki_view_abort(v);
	return r;
}

void
seki_view_abort(struct seki_view *v)
{
	struct seki_err ignored = SEKI_ERR_INIT;
	size_t i;

	if (v == NULL)
		return;
	(void)seki_lane_end(v->lane, &ignored);
	seki_sheet_abort(v->sheet);
	for (i = 0; i < SEKI_LANE_BOXES; i++)
		if (v->box[i] != NULL) {
			seki_arena_free(&v->box[i]->arena);
			free(v->box[i]);
		}
	free(v);
}
