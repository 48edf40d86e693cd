#include <stdio.h>
#include <stdlib.h>

#include "cloud_int.h"

/* Set and order are fixed when it is made, values are those of each page. */
struct seki_cloud_cursor {
	char id[40];
	uint64_t app, space;
	uint64_t *record;
	size_t n, at, size;
	struct seki_buf fields; /* codes, each ended by NUL */
	int all;		/* fields */
	int64_t ends;		/* seconds of CLOCK_MONOTONIC */
};

static int64_t
seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

void
seki_cloud_cursor_free(struct seki_cloud_cursor *u)
{
	if (u == NULL)
		return;
	seki_buf_free(&u->fields);
	free(u->record);
	free(u);
}

/* A free place, after those that have expired are gone; NULL: none.  The lock
 * is held. */
static struct seki_cloud_cursor **
place(struct seki_cloud *c)
{
	struct seki_cloud_cursor **at = NULL;

	for (size_t i = 0; i < SEKI_CLOUD_CURSORS; i++) {
		if (c->cursor[i] != NULL && c->cursor[i]->ends <= seconds()) {
			seki_cloud_cursor_free(c->cursor[i]);
			c->cursor[i] = NULL;
		}
		if (c->cursor[i] == NULL)
			at = &c->cursor[i];
	}
	return at;
}

/* The cursor that the request names, the lock held; else GAIA_CN01. */
static struct seki_cloud_cursor **
find(struct seki_cloud_call *k)
{
	const struct seki_cloud_tree *id = seki_cloud_tree_get(k->args, "id");

	if (id == NULL || id->kind != SEKI_J_STRING) {
		(void)seki_cloud_invalid(
		    k->fault, "id", SEKI_CLOUD_REQUIRED, NULL, 0);
		return NULL;
	}
	(void)place(k->c);
	for (size_t i = 0; i < SEKI_CLOUD_CURSORS; i++)
		if (k->c->cursor[i] != NULL &&
		    strcmp(k->c->cursor[i]->id, id->p) == 0)
			return &k->c->cursor[i];
	(void)seki_cloud_refuse(k->fault, SEKI_CLOUD_GAIA_CN01, NULL, 0);
	return NULL;
}

static int
size(struct seki_cloud_call *k, size_t *out)
{
	const struct seki_cloud_tree *t = seki_cloud_tree_get(k->args, "size");
	uint64_t n;

	*out = 100;
	if (t == NULL || t->kind == SEKI_J_NULL)
		return 0;
	if (seki_cloud_param_number(t, UINT32_MAX, &n) == -1 || n == 0)
		return seki_cloud_invalid(
		    k->fault, "size", SEKI_CLOUD_LEAST, "1", 1);
	if (n > SEKI_PAGE)
		return seki_cloud_invalid(
		    k->fault, "size", SEKI_CLOUD_MOST, "500", 3);
	*out = (size_t)n;
	return 0;
}

static int
fill(struct seki_cloud_call *k, struct seki_cloud_cursor *u)
{
	struct seki_cloud_param param;
	struct seki_cloud_query q;
	char d[40];
	int r;

	if (size(k, &u->size) == -1 ||
	    seki_cloud_param_read(&param, k->args, k->fault) == -1 ||
	    seki_cloud_file_random(d, 32, k->err) == -1)
		return -1;
	(void)snprintf(u->id, sizeof(u->id), "%.8s-%.4s-%.4s-%.4s-%.12s", d,
	    d + 8, d + 12, d + 16, d + 20);
	u->app = k->app->id;
	u->space = k->space;
	u->all = param.fields == NULL;
	for (const struct seki_cloud_tree *f = u->all ? NULL
						      : param.fields->child;
	     f != NULL; f = f->next)
		if (seki_buf_add(&u->fields, f->p, f->n + 1, k->err) == -1)
			return -1;
	r = seki_cloud_query_parse(&q, param.query, param.nquery, k);
	if (r == 0 && q.paged)
		r = seki_cloud_invalid(
		    k->fault, "query", SEKI_CLOUD_SYNTAX, NULL, 0);
	if (r == 0)
		r = seki_cloud_records_find(k, &q, &u->record, &u->n);
	seki_cloud_query_free(&q);
	u->ends = seconds() + k->c->cursor_life;
	return r;
}

int
seki_cloud_cursor_add(struct seki_cloud_call *k)
{
	struct seki_cloud_cursor *u, **at;
	int r;

	if ((u = calloc(1, sizeof(*u))) == NULL)
		return seki_err_nomem(k->err);
	if ((r = fill(k, u)) == 0)
		r = seki_buf_fmt(k->b, k->err,
		    "{\"id\":\"%s\",\"totalCount\":\"%zu\"}", u->id, u->n);
	if (r == 0) {
		(void)pthread_mutex_lock(&k->c->cursors);
		if ((at = place(k->c)) != NULL) {
			*at = u;
			u = NULL;
		} else
			r = seki_cloud_refuse(
			    k->fault, SEKI_CLOUD_GAIA_TM12, NULL, 0);
		(void)pthread_mutex_unlock(&k->c->cursors);
	}
	seki_cloud_cursor_free(u);
	return r;
}

/* What the next page needs is copied, so that the lock is not held while it is
 * read. */
struct page {
	uint64_t app, id[SEKI_PAGE];
	size_t n;
	int next;
	struct seki_cloud_tree *fields;
};

static int
fields(struct seki_cloud_call *k, const struct seki_cloud_cursor *u,
    struct seki_cloud_tree **out)
{
	struct seki_cloud_tree *t;

	*out = NULL;
	if (u->all)
		return 0;
	if ((*out = seki_arena_get(k->arena, sizeof(**out), k->err)) == NULL)
		return -1;
	memset(*out, 0, sizeof(**out));
	for (size_t i = 0; i < u->fields.n; i += t->n + 1) {
		if ((t = seki_arena_get(k->arena, sizeof(*t), k->err)) == NULL)
			return -1;
		memset(t, 0, sizeof(*t));
		t->n = strlen(u->fields.p + i);
		t->p = seki_arena_copy(k->arena, u->fields.p + i, t->n, k->err);
		if (t->p == NULL)
			return -1;
		seki_cloud_tree_add(*out, t);
	}
	return 0;
}

/* Its last page takes the cursor away. */
static int
advance(struct seki_cloud_call *k, struct page *p)
{
	struct seki_cloud_cursor *u, **at;
	int r = -1;

	(void)pthread_mutex_lock(&k->c->cursors);
	if ((at = find(k)) != NULL &&
	    seki_cloud_may(k, (*at)->app, SEKI_CLOUD_VIEW) == 0 &&
	    fields(k, *at, &p->fields) == 0) {
		u = *at;
		p->app = u->app;
		p->n = u->n - u->at < u->size ? u->n - u->at : u->size;
		memcpy(p->id, u->record + u->at, p->n * sizeof(*p->id));
		u->at += p->n;
		u->ends = seconds() + k->c->cursor_life;
		if (!(p->next = u->at < u->n)) {
			seki_cloud_cursor_free(u);
			*at = NULL;
		}
		r = 0;
	}
	(void)pthread_mutex_unlock(&k->c->cursors);
	return r;
}

int
seki_cloud_cursor_get(struct seki_cloud_call *k)
{
	struct seki_cloud_param param = { .query = "" };
	struct seki_cloud_app *a;
	struct page p;

	if (advance(k, &p) == -1)
		return -1;
	param.fields = p.fields;
	k->app = a = seki_cloud_find(k->c, p.app);
	a->asked++;
	if (seki_buf_str(k->b, "{\"records\":[", k->err) == -1 ||
	    seki_cloud_records_list(k, &param, p.id, p.n) == -1)
		return -1;
	return seki_buf_fmt(
	    k->b, k->err, "],\"next\":%s}", p.next ? "true" : "false");
}

int
seki_cloud_cursor_delete(struct seki_cloud_call *k)
{
	struct seki_cloud_cursor **at;

	(void)pthread_mutex_lock(&k->c->cursors);
	if ((at = find(k)) != NULL) {
		seki_cloud_cursor_free(*at);
		*at = NULL;
	}
	(void)pthread_mutex_unlock(&k->c->cursors);
	return at == NULL ? -1 : seki_buf_str(k->b, "{}", k->err);
}
