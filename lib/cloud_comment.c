#include <stdio.h>

#include <sqlite3.h>

#include "cloud_int.h"

#define PAGE 10
#define TEXT_MAX 65535
#define MENTIONS 10

static int
record(struct seki_cloud_call *k, uint64_t *id)
{
	const char *json;
	size_t n;
	int r;

	if (seki_cloud_param_id(k->args, "record", id, k->fault) == -1)
		return -1;
	if (*id == 0)
		return seki_cloud_invalid(
		    k->fault, "record", SEKI_CLOUD_REQUIRED, NULL, 0);
	r = seki_cloud_db_one(k->db, k->app->id, *id, &json, &n, k->err);
	seki_cloud_db_done(k->db);
	return r == 0 ? seki_cloud_records_missing(k, *id) : r == 1 ? 0 : -1;
}

static int
count(struct seki_cloud_call *k, const char *name, uint64_t max,
    uint64_t standard, uint64_t *out)
{
	const struct seki_cloud_tree *t = seki_cloud_tree_get(k->args, name);
	char most[24];

	*out = standard;
	if (t == NULL || t->kind == SEKI_J_NULL ||
	    seki_cloud_param_number(t, max, out) == 0)
		return 0;
	(void)snprintf(most, sizeof(most), "%ju", (uintmax_t)max);
	return seki_cloud_invalid(
	    k->fault, name, SEKI_CLOUD_MOST, most, strlen(most));
}

static int
rows(struct seki_cloud_call *k, sqlite3_stmt *st, int r, uint64_t limit,
    uint64_t *n)
{
	for (; r == 1; r = seki_cloud_sql_next(k->db, st, k->err)) {
		if (*n == limit) {
			++*n;
			(void)sqlite3_reset(st);
			return 0;
		}
		if ((*n > 0 && seki_buf_byte(k->b, ',', k->err) == -1) ||
		    seki_buf_add(k->b, sqlite3_column_text(st, 0),
			(size_t)sqlite3_column_bytes(st, 0), k->err) == -1) {
			(void)sqlite3_reset(st);
			return -1;
		}
		++*n;
	}
	return r;
}

int
seki_cloud_comment_list(struct seki_cloud_call *k)
{
	const struct seki_cloud_tree *order =
	    seki_cloud_tree_get(k->args, "order");
	int asc = seki_cloud_tree_is(order, "asc"), more, before;
	uint64_t id, limit, offset, n = 0;
	sqlite3_stmt *st;
	int r;

	if (order != NULL && !asc && !seki_cloud_tree_is(order, "desc"))
		return seki_cloud_invalid(
		    k->fault, "order", SEKI_CLOUD_ENUM, NULL, 0);
	if (record(k, &id) == -1 ||
	    count(k, "limit", PAGE, PAGE, &limit) == -1 ||
	    count(k, "offset", UINT32_MAX, 0, &offset) == -1 ||
	    seki_buf_str(k->b, "{\"comments\":[", k->err) == -1)
		return -1;
	/* One more than is answered: are there others behind? */
	if (asc)
		r = seki_cloud_sql(k->db, &st, k->err,
		    "SELECT json FROM comment WHERE app = ?1 AND record = ?2"
		    " ORDER BY id LIMIT ?3 OFFSET ?4",
		    "iiii", k->app->id, id, limit + 1, offset);
	else
		r = seki_cloud_sql(k->db, &st, k->err,
		    "SELECT json FROM comment WHERE app = ?1 AND record = ?2"
		    " ORDER BY id DESC LIMIT ?3 OFFSET ?4",
		    "iiii", k->app->id, id, limit + 1, offset);
	if (rows(k, st, r, limit, &n) == -1)
		return -1;
	more = n > limit;
	before = offset > 0;
	return seki_buf_fmt(k->b, k->err, "],\"older\":%s,\"newer\":%s}",
	    (asc ? before : more) ? "true" : "false",
	    (asc ? more : before) ? "true" : "false");
}

/* {"code","type"} of each; GAIA_IL26 for a user that there is not. */
static int
mentions(struct seki_cloud_call *k, const struct seki_cloud_tree *comment,
    struct seki_buf *b)
{
	const struct seki_cloud_tree *list, *code, *type;
	const char *sep = "";

	if (seki_cloud_param_list(
		comment, "mentions", &list, MENTIONS, k->fault) == -1)
		return -1;
	for (list = list != NULL ? list->child : NULL; list != NULL;
	     list = list->next) {
		struct seki_buf name = SEKI_BUF_INIT;
		enum seki_type t = SEKI_T_USER_SELECT;
		int r;

		code = seki_cloud_tree_get(list, "code");
		type = seki_cloud_tree_get(list, "type");
		if (code == NULL || code->kind != SEKI_J_STRING)
			return seki_cloud_invalid(k->fault,
			    "comment.mentions.code", SEKI_CLOUD_REQUIRED, NULL,
			    0);
		if (seki_cloud_tree_is(type, "GROUP"))
			t = SEKI_T_GROUP_SELECT;
		else if (seki_cloud_tree_is(type, "ORGANIZATION"))
			t = SEKI_T_ORGANIZATION_SELECT;
		else if (!seki_cloud_tree_is(type, "USER"))
			return seki_cloud_invalid(k->fault,
			    "comment.mentions.type", SEKI_CLOUD_ENUM, NULL, 0);
		r = seki_cloud_person(
		    k->db, t, code->p, code->n, &name, k->err);
		seki_buf_free(&name);
		if (r == 0)
			return seki_cloud_refuse(
			    k->fault, SEKI_CLOUD_GAIA_IL26, code->p, code->n);
		if (r == -1 || seki_buf_str(b, sep, k->err) == -1 ||
		    seki_buf_str(b, "{\"code\":", k->err) == -1 ||
		    seki_json_quote(b, code->p, code->n, k->err) == -1 ||
		    seki_buf_fmt(b, k->err, ",\"type\":\"%s\"}", type->p) == -1)
			return -1;
		sep = ",";
	}
	return 0;
}

static int
compose(struct seki_cloud_call *k, uint64_t id,
    const struct seki_cloud_tree *comment, struct seki_buf *b)
{
	const struct seki_cloud_tree *text =
	    seki_cloud_tree_get(comment, "text");
	char t[SEKI_TIME];

	if (text == NULL || text->kind != SEKI_J_STRING || text->n == 0)
		return seki_cloud_invalid(
		    k->fault, "comment.text", SEKI_CLOUD_REQUIRED, NULL, 0);
	if (text->n > TEXT_MAX)
		return seki_cloud_invalid(
		    k->fault, "comment.text", SEKI_CLOUD_LONG, "65536", 5);
	seki_time_format(k->now, t);
	if (seki_buf_fmt(
		b, k->err, "{\"id\":\"%ju\",\"text\":", (uintmax_t)id) == -1 ||
	    seki_json_quote(b, text->p, text->n, k->err) == -1 ||
	    seki_buf_fmt(b, k->err, ",\"createdAt\":\"%s\",\"creator\":", t) ==
		-1 ||
	    seki_cloud_caller(k, b) == -1 ||
	    seki_buf_str(b, ",\"mentions\":[", k->err) == -1 ||
	    mentions(k, comment, b) == -1)
		return -1;
	return seki_buf_str(b, "]}", k->err);
}

int
seki_cloud_comment_add(struct seki_cloud_call *k)
{
	const struct seki_cloud_tree *comment =
	    seki_cloud_tree_get(k->args, "comment");
	struct seki_buf b = SEKI_BUF_INIT;
	uint64_t rec, id;
	char name[64];
	int r;

	if (record(k, &rec) == -1)
		return -1;
	if (comment == NULL || comment->kind != SEKI_J_OBJECT)
		return seki_cloud_invalid(
		    k->fault, "comment", SEKI_CLOUD_REQUIRED, NULL, 0);
	/* Counted in each record. */
	(void)snprintf(name, sizeof(name), "comment %ju %ju",
	    (uintmax_t)k->app->id, (uintmax_t)rec);
	if (seki_cloud_db_number(k->db, name, 1, &id, k->err) == -1)
		return -1;
	if ((r = compose(k, id, comment, &b)) == 0 &&
	    seki_cloud_run(k->db, k->err,
		"INSERT INTO comment(app, record, id, json)"
		" VALUES(?1, ?2, ?3, ?4)",
		"iiit", k->app->id, rec, id, b.p, b.n) == -1)
		r = -1;
	seki_buf_free(&b);
	if (r == -1)
		return -1;
	return seki_buf_fmt(k->b, k->err, "{\"id\":\"%ju\"}", (uintmax_t)id);
}

int
seki_cloud_comment_delete(struct seki_cloud_call *k)
{
	uint64_t rec, id;
	int n;

	if (record(k, &rec) == -1 ||
	    seki_cloud_param_id(k->args, "comment", &id, k->fault) == -1)
		return -1;
	if (id == 0)
		return seki_cloud_invalid(
		    k->fault, "comment", SEKI_CLOUD_REQUIRED, NULL, 0);
	n = seki_cloud_run(k->db, k->err,
	    "DELETE FROM comment WHERE app = ?1 AND record = ?2 AND id = ?3",
	    "iii", k->app->id, rec, id);
	if (n == 0)
		return seki_cloud_refuse(
		    k->fault, SEKI_CLOUD_GAIA_RE02, NULL, 0);
	return n == -1 ? -1 : seki_buf_str(k->b, "{}", k->err);
}
