#include <string.h>

#include "push_int.h"

/* "key in ("a","b")": the texts are quoted twice, once for the query, once as
 * JSON. */
static int
condition(struct seki_push_run *r, struct seki_push_item *const *item, size_t n,
    struct seki_buf *q)
{
	const char *code = r->push->key ? r->push->key : "$id";
	const char *s;
	size_t i;

	if (seki_buf_fmt(q, r->err, "%s in (", code) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (seki_buf_str(q, i ? ",\"" : "\"", r->err) == -1)
			return -1;
		for (s = item[i]->key; *s != '\0'; s++)
			if (((*s == '"' || *s == '\\') &&
				seki_buf_byte(q, '\\', r->err) == -1) ||
			    seki_buf_byte(q, *s, r->err) == -1)
				return -1;
		if (seki_buf_byte(q, '"', r->err) == -1)
			return -1;
	}
	return seki_buf_fmt(q, r->err, ") limit %d", SEKI_PAGE);
}

static int
question(struct seki_push_run *r, struct seki_push_item *const *item, size_t n,
    struct seki_buf *b)
{
	struct seki_buf q = SEKI_BUF_INIT;
	const char *const *f;
	int ok;

	ok = condition(r, item, n, &q) == 0 &&
	     seki_buf_str(b, "{\"app\":", r->err) == 0 &&
	     seki_json_quote(b, r->push->app, strlen(r->push->app), r->err) ==
		 0 &&
	     seki_buf_str(b, ",\"query\":", r->err) == 0 &&
	     seki_json_quote(b, q.p, q.n, r->err) == 0 &&
	     seki_buf_str(b, ",\"fields\":[\"$id\",\"$revision\"", r->err) == 0;
	for (f = r->pairs.ask; ok && *f != NULL; f++)
		ok = seki_buf_byte(b, ',', r->err) == 0 &&
		     seki_json_quote(b, *f, strlen(*f), r->err) == 0;
	seki_buf_free(&q);
	return ok ? seki_buf_str(b, "],\"totalCount\":true}", r->err) : -1;
}

static struct seki_push_item *
named(
    struct seki_push_item *const *item, size_t n, const struct seki_value *key)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strlen(item[i]->key) == key->n &&
		    memcmp(item[i]->key, key->p, key->n) == 0)
			return item[i];
	return NULL;
}

static void
copy(char to[24], const struct seki_value *v)
{
	size_t n = v->n < 23 ? v->n : 23;

	memcpy(to, v->p, n);
	to[n] = '\0';
}

/* A person who writes should know of rows that somebody added there. */
static int
rows(struct seki_push_run *r, struct seki_push_item *item,
    const struct seki_record *rec)
{
	const struct seki_pair *p;
	size_t i, n;

	seki_buf_reset(&item->gone);
	for (i = 0; r->push->dry && i < r->pairs.n; i++) {
		p = &r->pairs.pair[i];
		if (p->shape != SEKI_S_TABLE)
			continue;
		n = seki_push_gone(p, &item->rec->v[p->ours],
		    &rec->v[p->theirs], r->pairs.same_app);
		if (n == 0)
			continue;
		if ((item->gone.n > 0 &&
			seki_buf_str(&item->gone, ", ", r->err) == -1) ||
		    seki_buf_fmt(&item->gone, r->err,
			n == 1 ? _("%s: %zu row deleted")
			       : _("%s: %zu rows deleted"),
			p->code, n) == -1)
			return -1;
	}
	return 0;
}

static int
take(struct seki_push_run *r, struct seki_push_item *item,
    const struct seki_record *rec)
{
	const struct seki_schema *s = r->pairs.app.schema;

	if (item->found) {
		seki_err_record(r->err, item->key, strlen(item->key));
		seki_err_field(r->err, r->push->key);
		return seki_fail(r->err, SEKI_PROTOCOL, "%s",
		    _("the key stands in two records of the app"));
	}
	item->found = 1;
	copy(item->id, &rec->key);
	copy(item->revision, &rec->v[seki_schema_find(s, "$revision", 9)]);
	if ((r->spool != NULL && seki_push_file_learn(r, item, rec) == -1) ||
	    rows(r, item, rec) == -1)
		return -1;
	return seki_push_body(r, item->rec, rec, &item->body, &item->differs);
}

static int
page(struct seki_push_run *r, struct seki_push_item *const *item, size_t n,
    const struct seki_reply *reply)
{
	struct seki_record *rec;
	struct seki_push_item *hit;
	uint64_t records = 0;
	int got;

	seki_page_begin(r->page, reply->body.p, reply->body.n, 1);
	while ((got = seki_page_next(r->page, &rec, r->err)) == 1) {
		records++;
		hit = named(item, n, &rec->v[r->pairs.key_theirs]);
		if (hit != NULL && take(r, hit, rec) == -1)
			return -1;
	}
	/* One that is left out would be added a second time. */
	if (got == 0)
		got = seki_page_count(r->page, records, r->err);
	if (got == -1 && r->err->reason == SEKI_PERMISSION) {
		r->err->hint[0] = '\0';
		seki_err_hint(r->err, "%s",
		    _("Give the token the right to see the field, or leave "
		      "it out with --fields."));
	}
	return got;
}

int
seki_push_look(
    struct seki_push_run *r, struct seki_push_item *const *item, size_t n)
{
	struct seki_reply reply = SEKI_REPLY_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i;
	int got = -1;

	for (i = 0; i < n; i++) {
		item[i]->found = 0;
		memcpy(item[i]->before, item[i]->revision, sizeof(item[i]->id));
	}
	if (question(r, item, n, &b) == 0 &&
	    seki_api_call(r->http, _("comparing"), "/k/v1/records.json", b.p,
		&reply, r->err) == 0)
		got = page(r, item, n, &reply);
	seki_reply_free(&reply);
	seki_buf_free(&b);
	return got;
}
