#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "push_int.h"

/* As many decimals as the app keeps; it rounds the rest without a word.  A
 * token that may not see the settings leaves the number open. */
int
seki_push_precision(struct seki_push_run *r)
{
	struct seki_reply reply = SEKI_REPLY_INIT;
	struct seki_err ignored = SEKI_ERR_INIT;
	struct seki_buf path = SEKI_BUF_INIT;
	const char *places = NULL;
	json_t *doc = NULL;
	int got;

	r->pairs.decimals = SIZE_MAX;
	got = seki_buf_fmt(
	    &path, r->err, "/k/v1/app/settings.json?app=%s", r->push->app);
	if (got == 0)
		got = seki_http_ask(r->http, path.p, NULL, &reply, r->err);
	if (got == 0 && reply.status == 200 && reply.json)
		doc = seki_doc_parse(
		    reply.body.p, reply.body.n, SEKI_PROTOCOL, "", &ignored);
	places = json_string_value(json_object_get(
	    json_object_get(doc, "numberPrecision"), "decimalPlaces"));
	if (places != NULL && strlen(places) < 4 &&
	    strspn(places, "0123456789") == strlen(places) && *places != '\0')
		r->pairs.decimals = strtoul(places, NULL, 10);
	json_decref(doc);
	seki_buf_free(&path);
	seki_reply_free(&reply);
	return got;
}

static int
ends(const struct seki_value *v, size_t at, const char *text)
{
	return v->n < at + strlen(text) ||
	       memcmp(v->p + at, text, strlen(text)) == 0;
}

static size_t
decimals(const struct seki_value *v)
{
	const char *dot = memchr(v->p, '.', v->n);

	return dot == NULL ? 0 : v->n - (size_t)(dot - v->p) - 1;
}

/* What the service would drop without a word (record API 4). */
static const char *
unfit(const struct seki_pair *p, const struct seki_value *v, size_t most)
{
	struct seki_buf text = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_item item;
	size_t at = 0;
	int nobody = 0;

	if (!v->set)
		return NULL;
	if ((p->shape == SEKI_S_DATETIME && !ends(v, 16, ":00Z")) ||
	    (p->shape == SEKI_S_TIME && !ends(v, 5, ":00")))
		return _("the service keeps no seconds");
	if (p->type == SEKI_T_NUMBER && decimals(v) > most)
		return _("more decimals than the app keeps");
	if (p->shape != SEKI_S_USERS)
		return NULL;
	while (seki_item_next(p->shape, v, &at, &text, &item, &err) == 1)
		nobody |= item.ncode == 0;
	seki_buf_free(&text);
	return nobody ? _("somebody without a login name") : NULL;
}

/* Two rows of one key cannot be told apart, nor those without one. */
static const char *
rows_unfit(const struct seki_pair *p, const struct seki_value *v)
{
	const struct seki_pair *key = &p->sub[p->row_key];
	const struct seki_value *a, *b;
	size_t i, k;

	for (i = 0; i < v->nrow; i++) {
		a = &v->row[i].v[key->ours];
		if (!a->set)
			return _("a row without its --row-key");
		for (k = 0; k < i; k++) {
			b = &v->row[k].v[key->ours];
			if (a->n == b->n && memcmp(a->p, b->p, a->n) == 0)
				return _("two rows with one --row-key");
		}
	}
	return NULL;
}

const char *
seki_push_unfit(const struct seki_pairs *pairs, const struct seki_record *rec,
    const char **field)
{
	const struct seki_pair *p, *s;
	const struct seki_value *v;
	const char *why = NULL;
	size_t i, k, n;

	for (i = 0; i < pairs->n; i++) {
		p = &pairs->pair[i];
		v = &rec->v[p->ours];
		*field = p->code;
		if ((why = unfit(p, v, pairs->decimals)) != NULL)
			return why;
		if (p->row_key != -1 && (why = rows_unfit(p, v)) != NULL)
			return why;
		for (n = 0; n < v->nrow; n++)
			for (k = 0; k < p->nsub; k++) {
				s = &p->sub[k];
				why = unfit(
				    s, &v->row[n].v[s->ours], pairs->decimals);
				if (why != NULL)
					return why;
			}
	}
	return NULL;
}

size_t
seki_push_empties(const struct seki_pairs *pairs, const struct seki_record *rec)
{
	const struct seki_pair *p;
	const struct seki_value *v;
	size_t i, k, n, empty = 0;

	for (i = 0; i < pairs->n; i++) {
		p = &pairs->pair[i];
		v = &rec->v[p->ours];
		empty += p->type == SEKI_T_RADIO_BUTTON && !v->set;
		for (k = 0; k < p->nsub; k++)
			for (n = 0; n < v->nrow &&
				    p->sub[k].type == SEKI_T_RADIO_BUTTON;
			     n++)
				empty += !v->row[n].v[p->sub[k].ours].set;
	}
	return empty;
}
