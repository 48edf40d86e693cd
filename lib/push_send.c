#include <string.h>

#include "push_int.h"

#define RECORDS "/k/v1/records.json"

static const struct {
	const char *code, *why;
} reasons[] = {
	{ "GAIA_LO03", N_("the lookup's key is not unique in its app") },
	{ "GAIA_LO04", N_("the lookup's key is not in its app, or the token "
			  "may not see it") },
	{ "GAIA_IL26", N_("a user who is not there") },
	{ "GAIA_IL28", N_("an organisation that is not there") },
	{ "GAIA_IL42", N_("a user who is not there") },
	{ "GAIA_SI01", N_("a row's number stands twice") },
};

const char *
seki_push_why(const char *code)
{
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].code, code) == 0)
			return _(reasons[i].why);
	return _("refused by the service");
}

void
seki_push_trouble(struct seki_push_run *r, struct seki_push_item *item,
    uint64_t *count, const char *field, const char *why)
{
	struct seki_err err = SEKI_ERR_INIT;

	item->state = SEKI_PUSH_ENDED;
	++*count;
	if (r->push->trouble == NULL)
		return;
	seki_err_object(&err, seki_http_domain(r->http));
	seki_err_record(&err, item->key, strlen(item->key));
	if (field[0] != '\0')
		seki_err_field(&err, field);
	(void)seki_fail(&err, SEKI_HELD, "%s", why);
	r->push->trouble(r->push->ctx, &err);
}

int
seki_push_conflict(
    struct seki_push_run *r, struct seki_push_item *item, const char *why)
{
	char field[200];

	(void)snprintf(field, sizeof(field), "%.*s",
	    (int)strcspn(item->differs.p, ","), item->differs.p);
	seki_push_trouble(r, item, &r->done->conflict, field, why);
	if (r->push->values == NULL)
		return 0;
	r->tell = item;
	if (seki_push_look(r, &item, 1) == -1)
		return -1;
	r->tell = NULL;
	return 0;
}

static int
item_json(
    const struct seki_push_item *item, struct seki_buf *b, struct seki_err *err)
{
	if (item->state == SEKI_PUSH_ADD)
		return seki_buf_add(b, item->body.p, item->body.n, err);
	if (seki_buf_fmt(b, err,
		"{\"id\":\"%s\",\"revision\":\"%s\",\"record\":", item->id,
		item->revision) == -1 ||
	    seki_buf_add(b, item->body.p, item->body.n, err) == -1)
		return -1;
	return seki_buf_byte(b, '}', err);
}

int
seki_push_request(struct seki_push_run *r, struct seki_push_item *const *list,
    size_t n, enum seki_push_state state, struct seki_buf *b)
{
	const char *comma = "";
	size_t i;

	if (seki_buf_fmt(
		b, r->err, "{\"app\":\"%s\",\"records\":[", r->push->app) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (list[i]->state != state)
			continue;
		if (seki_buf_str(b, comma, r->err) == -1 ||
		    (r->spool != NULL &&
			seki_push_file_send(r, list[i]) == -1) ||
		    item_json(list[i], b, r->err) == -1)
			return -1;
		comma = ",";
	}
	return seki_buf_str(b, "]}", r->err);
}

static size_t
keep(struct seki_push_item **list, size_t n)
{
	size_t i, k;

	for (i = k = 0; i < n; i++)
		if (list[i]->state != SEKI_PUSH_ENDED)
			list[k++] = list[i];
	return k;
}

static void
finish(struct seki_push_item *const *list, size_t n, uint64_t *count)
{
	size_t i;

	for (i = 0; i < n; i++)
		list[i]->state = SEKI_PUSH_ENDED;
	*count += n;
}

/* After an answer that says nothing, or a key that somebody else added: what
 * is there now, and is it ours? */
static int
arrived(struct seki_push_run *r, struct seki_push_item *const *list, size_t n)
{
	size_t i;

	if (seki_push_look(r, list, n) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (!list[i]->found)
			continue;
		if (list[i]->body.n == 0)
			finish(&list[i], 1, &r->done->added);
		else if (seki_push_conflict(r, list[i],
			     _("somebody else added this key meanwhile")) == -1)
			return -1;
	}
	return 0;
}

/* After a conflict: what was written by an earlier try of ours is done. */
static int
overtaken(struct seki_push_run *r, struct seki_push_item *const *list, size_t n)
{
	int ended = 0;
	size_t i;

	if (seki_push_look(r, list, n) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (list[i]->found &&
		    strcmp(list[i]->before, list[i]->revision) == 0)
			continue;
		ended++;
		if (!list[i]->found)
			seki_push_trouble(r, list[i], &r->done->missing, "",
			    _("deleted in the app meanwhile"));
		else if (list[i]->body.n == 0)
			finish(&list[i], 1, &r->done->updated);
		else if (seki_push_conflict(r, list[i],
			     _("changed in the app meanwhile; left as it "
			       "is")) == -1)
			return -1;
	}
	return ended;
}

void
seki_push_said_so(
    const struct seki_push_run *r, const char *record, const char *text)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;

	if (r->push->values != NULL && r->push->note != NULL &&
	    seki_buf_fmt(&b, &err, "%s%s%s%s: ", record[0] ? _("record") : "",
		record[0] ? " " : "", record,
		record[0] ? "" : _("writing")) == 0 &&
	    seki_text_show(&b, text, strlen(text), &err) == 0)
		r->push->note(r->push->ctx, b.p);
	seki_buf_free(&b);
}

static void
blame(struct seki_push_run *r, struct seki_push_item *item, const char *field,
    const char *code, const struct seki_buf *why, const struct seki_buf *hidden)
{
	char text[200];

	(void)snprintf(
	    text, sizeof(text), "%s (%s)", seki_push_why(code), code);
	seki_push_trouble(
	    r, item, &r->done->refused, field, why->n > 0 ? why->p : text);
	if (hidden->n > 0)
		seki_push_said_so(r, item->key, hidden->p);
}

int
seki_push_blame(struct seki_push_run *r, struct seki_push_item *const *list,
    size_t n, struct seki_push_answer *a)
{
	struct seki_buf why = SEKI_BUF_INIT, hidden = SEKI_BUF_INIT;
	const char *field;
	int blamed = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		seki_buf_reset(&why);
		seki_buf_reset(&hidden);
		if (!seki_push_blamed(
			a, &r->pairs, i, n, &field, &why, &hidden))
			continue;
		blamed++;
		/* Somebody may have added this key since it was looked for. */
		if (r->push->key != NULL && strcmp(field, r->push->key) == 0 &&
		    list[i]->state == SEKI_PUSH_ADD &&
		    arrived(r, &list[i], 1) == -1)
			blamed = -1;
		if (blamed == -1)
			break;
		if (list[i]->state != SEKI_PUSH_ENDED)
			blame(r, list[i], field, a->code, &why, &hidden);
	}
	seki_buf_free(&why);
	seki_buf_free(&hidden);
	return blamed;
}

static int
halves(struct seki_push_run *r, struct seki_push_item **list, size_t n,
    enum seki_push_state state)
{
	return seki_push_send(r, list, n / 2, state) == -1
		   ? -1
		   : seki_push_send(r, list + n / 2, n - n / 2, state);
}

static int
alone(struct seki_push_run *r, struct seki_push_item *item,
    const struct seki_push_answer *a)
{
	if (a->said == SEKI_PUSH_STALE)
		return seki_push_conflict(
		    r, item, _("the service says that it was changed"));
	seki_push_trouble(
	    r, item, &r->done->refused, "", seki_push_why(a->code));
	return 0;
}

/* A request without a clear answer.  1: ask again; -1 with err. */
static int
unknown(struct seki_push_run *r, struct seki_push_item *const *list, size_t n,
    const struct seki_push_answer *a, enum seki_push_state state, unsigned nth,
    const struct seki_err *why)
{
	/* Whatever else a PUT was answered has been tried again already. */
	int fresh = a->code[0] != '\0' || a->status == 500;
	int again = seki_http_pause(r->http, nth) == 0;

	if (state == SEKI_PUSH_ADD && r->push->key != NULL) {
		if (arrived(r, list, n) == -1)
			return -1;
		if (list[0]->state == SEKI_PUSH_ENDED || again)
			return 1;
	} else if (state == SEKI_PUSH_CHANGE && fresh && again) {
		return 1;
	}
	*r->err = *why;
	return -1;
}

/* One request, and what follows from its answer.  1: look at the list again;
 * 0: all of it ended; -1. */
static int
once(struct seki_push_run *r, struct seki_push_item **list, size_t n,
    enum seki_push_state state, const char *body, unsigned *tries)
{
	const struct seki_push_part part = { list, n, state };
	struct seki_err e = SEKI_ERR_INIT;
	struct seki_push_answer a;
	int got = 1;

	seki_push_ask(r, state == SEKI_PUSH_ADD ? "POST" : "PUT", RECORDS, body,
	    &part, 0, &a, &e);
	if (a.said == SEKI_PUSH_YES) {
		finish(list, n,
		    state == SEKI_PUSH_ADD ? &r->done->added
					   : &r->done->updated);
		got = 0;
	} else if (a.said == SEKI_PUSH_UNKNOWN) {
		got = unknown(r, list, n, &a, state, ++*tries, &e);
	} else if (a.said == SEKI_PUSH_STOP) {
		*r->err = e;
		got = -1;
	} else {
		got = a.said == SEKI_PUSH_NO ? seki_push_blame(r, list, n, &a)
					     : overtaken(r, list, n);
		if (got == 0)
			got = n == 1 ? alone(r, list[0], &a)
				     : halves(r, list, n, state);
		else if (got > 0)
			got = 1;
	}
	seki_push_answer_release(&a);
	return got;
}

int
seki_push_send(struct seki_push_run *r, struct seki_push_item **list, size_t n,
    enum seki_push_state state)
{
	struct seki_buf b = SEKI_BUF_INIT;
	unsigned tries = 0;
	int got = 1;

	while (got == 1 && (n = keep(list, n)) > 0) {
		seki_buf_reset(&b);
		if (seki_push_request(r, list, n, state, &b) == -1)
			got = -1;
		else if (n > 1 && b.n > SEKI_PUSH_BODY)
			got = halves(r, list, n, state);
		else
			got = once(r, list, n, state, b.p, &tries);
	}
	seki_buf_free(&b);
	return got == -1 ? -1 : 0;
}
