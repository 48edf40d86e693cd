#include <stdlib.h>
#include <string.h>

#include "push_int.h"

/* The parts' items stand one after the other. */
struct bulk {
	struct seki_push_part part[SEKI_PUSH_BULK];
	size_t n;
	struct seki_push_item *item[SEKI_PUSH_BULK * SEKI_PUSH_BATCH];
	size_t items;
};

static int
put(struct bulk *b, struct seki_push_item *item, struct seki_err *err)
{
	struct seki_push_part *p = b->n > 0 ? &b->part[b->n - 1] : NULL;

	if (p == NULL || p->n == SEKI_PUSH_BATCH || p->state != item->state) {
		if (b->n == SEKI_PUSH_BULK) {
			seki_err_hint(err, "%s",
			    _("Leave out --all-or-nothing, or push a smaller "
			      "stream."));
			return seki_fail(err, SEKI_LIMIT,
			    _("more than %zu requests of %zu records: no "
			      "transaction takes that"),
			    SEKI_PUSH_BULK, SEKI_PUSH_BATCH);
		}
		p = &b->part[b->n++];
		p->item = &b->item[b->items];
		p->state = item->state;
	}
	b->item[b->items++] = item;
	p->n++;
	return 0;
}

static int
sort(struct bulk *b, struct seki_push_item *const *list, size_t n,
    struct seki_err *err)
{
	static const enum seki_push_state states[] = { SEKI_PUSH_ADD,
		SEKI_PUSH_CHANGE };
	size_t i, k;

	for (k = 0; k < 2; k++)
		for (i = 0; i < n; i++)
			if (list[i]->state == states[k] &&
			    put(b, list[i], err) == -1)
				return -1;
	return 0;
}

static int
format(struct seki_push_run *r, const struct bulk *b, struct seki_buf *to)
{
	size_t i;

	if (seki_buf_str(to, "{\"requests\":[", r->err) == -1)
		return -1;
	for (i = 0; i < b->n; i++)
		if (seki_buf_fmt(to, r->err, "%s{\"method\":\"%s\",\"api\":\"",
			i ? "," : "",
			b->part[i].state == SEKI_PUSH_ADD ? "POST" : "PUT") ==
			-1 ||
		    seki_http_path(r->http, "/k/v1/records.json", to, r->err) ==
			-1 ||
		    seki_buf_str(to, "\",\"payload\":", r->err) == -1 ||
		    seki_push_request(r, b->part[i].item, b->part[i].n,
			b->part[i].state, to) == -1 ||
		    seki_buf_byte(to, '}', r->err) == -1)
			return -1;
	return seki_buf_str(to, "]}", r->err);
}

static void
all_done(struct seki_push_run *r, struct bulk *b)
{
	size_t i, k;

	for (i = 0; i < b->n; i++)
		for (k = 0; k < b->part[i].n; k++) {
			b->part[i].item[k]->state = SEKI_PUSH_ENDED;
			if (b->part[i].state == SEKI_PUSH_ADD)
				r->done->added++;
			else
				r->done->updated++;
		}
}

/* Is everything as it was to be?  A transaction is there whole or not at all,
 * so one record answers for all. */
static int
arrived(struct seki_push_run *r, struct bulk *b)
{
	if (r->push->key == NULL && b->part[0].state == SEKI_PUSH_ADD)
		return 0;
	if (seki_push_look(r, b->part[0].item, 1) == -1)
		return -1;
	return b->part[0].item[0]->found && b->part[0].item[0]->body.n == 0;
}

/* Name the records of one request that were changed meanwhile. */
static int
overtaken(struct seki_push_run *r, const struct seki_push_part *p)
{
	size_t i;

	if (seki_push_look(r, p->item, p->n) == -1)
		return -1;
	for (i = 0; i < p->n; i++)
		if (!p->item[i]->found)
			seki_push_trouble(r, p->item[i], &r->done->missing, "",
			    _("deleted in the app meanwhile"));
		else if (strcmp(p->item[i]->before, p->item[i]->revision) !=
			     0 &&
			 p->item[i]->body.n > 0 &&
			 seki_push_conflict(r, p->item[i],
			     _("changed in the app meanwhile; left as it "
			       "is")) == -1)
			return -1;
	return 0;
}

void
seki_push_nothing(const struct seki_push_run *r)
{
	if (r->push->note != NULL)
		r->push->note(r->push->ctx,
		    _("nothing was written, because not everything can be"));
}

static int
refused(
    struct seki_push_run *r, struct bulk *b, struct seki_push_answer *a)
{
	struct seki_push_part *p = &b->part[a->request < b->n ? a->request : 0];
	int got = a->said == SEKI_PUSH_STALE
		      ? overtaken(r, p)
		      : seki_push_blame(r, p->item, p->n, a);

	if (got == -1)
		return -1;
	if (r->done->conflict + r->done->missing + r->done->refused > 0) {
		seki_push_nothing(r);
		return 0;
	}
	return seki_fail(r->err, SEKI_HELD,
	    _("the service refused the whole: %s (%s, request %zu); nothing "
	      "was written"),
	    seki_push_why(a->code), a->code, a->request + 1);
}

static int
send(struct seki_push_run *r, struct bulk *b)
{
	struct seki_err e = SEKI_ERR_INIT;
	struct seki_buf body = SEKI_BUF_INIT;
	struct seki_push_answer a = { .said = SEKI_PUSH_STOP };
	int got = -1;

	if (format(r, b, &body) == -1)
		goto out;
	seki_push_ask(
	    r, "POST", "/k/v1/bulkRequest.json", body.p, b->part, b->n, &a, &e);
	got = a.said == SEKI_PUSH_YES	    ? 1
	      : a.said == SEKI_PUSH_UNKNOWN ? arrived(r, b)
					    : 0;
	if (got == 1) {
		all_done(r, b);
		got = 0;
	} else if (a.said == SEKI_PUSH_NO || a.said == SEKI_PUSH_STALE) {
		got = refused(r, b, &a);
	} else {
		if (got == 0)
			*r->err = e;
		got = -1;
	}
out:
	seki_push_answer_release(&a);
	seki_buf_free(&body);
	return got;
}

int
seki_push_bulk(
    struct seki_push_run *r, struct seki_push_item *const *list, size_t n)
{
	struct bulk *b = calloc(1, sizeof(*b));
	int got = -1;

	if (b == NULL)
		return seki_err_nomem(r->err);
	if (sort(b, list, n, r->err) == 0)
		got = b->n == 0 || r->push->dry ? 0 : send(r, b);
	free(b);
	return got;
}
