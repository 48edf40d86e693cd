#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>
#include <sqlite3.h>

#include "cloud_int.h"

#define PAGE 100

/* An app that never had the feature answers this. */
static const char *
nothing(const char *name)
{
	return strcmp(name, "app/status") == 0
		   ? "{\"enable\":false,\"states\":null,\"actions\":null,"
		     "\"revision\":\"1\"}"
	       : strcmp(name, "app/views") == 0
		   ? "{\"views\":{},\"revision\":\"1\"}"
		   : NULL;
}

int
seki_cloud_apps_document(struct seki_cloud_call *k)
{
	const char *name = k->route->name;
	int r;

	if (strncmp(name, "preview/", 8) == 0)
		name += 8;
	r = seki_cloud_db_doc(k->db, k->app->id, name, k->b, k->err);

	if (r != 0)
		return r == 1 ? 0 : -1;
	if (nothing(name) != NULL)
		return seki_buf_str(k->b, nothing(name), k->err);
	/* An app that was loaded without this document. */
	return seki_cloud_refuse(k->fault, SEKI_CLOUD_CB_NO02, NULL, 0);
}

/* Without the parameter all are wanted. */
static int
listed(const struct seki_cloud_tree *list, const char *s)
{
	if (list == NULL)
		return 1;
	for (list = list->child; list != NULL; list = list->next)
		if (list->p != NULL && strcmp(list->p, s) == 0)
			return 1;
	return 0;
}

static const char *
about(const struct seki_cloud_app *a, const char *name)
{
	const char *s = json_string_value(json_object_get(a->about, name));

	return s != NULL ? s : "";
}

static int
wanted(struct seki_cloud_call *k, const struct seki_cloud_app *a)
{
	const struct seki_cloud_tree *args = k->args;
	const struct seki_cloud_tree *name = seki_cloud_tree_get(args, "name");
	char id[24], space[24];

	(void)snprintf(id, sizeof(id), "%ju", (uintmax_t)a->id);
	(void)snprintf(space, sizeof(space), "%ju", (uintmax_t)a->space);
	return a->space == k->space &&
	       listed(seki_cloud_tree_get(args, "ids"), id) &&
	       listed(seki_cloud_tree_get(args, "codes"), a->code) &&
	       listed(seki_cloud_tree_get(args, "spaceIds"), space) &&
	       (name == NULL || name->p == NULL ||
		   strcasestr(about(a, "name"), name->p) != NULL);
}

static int
bounds(struct seki_cloud_call *k, uint64_t *limit, uint64_t *offset)
{
	const struct seki_cloud_tree *l = seki_cloud_tree_get(k->args, "limit");
	const struct seki_cloud_tree *o =
	    seki_cloud_tree_get(k->args, "offset");

	*limit = PAGE;
	*offset = 0;
	if (l != NULL &&
	    (seki_cloud_param_number(l, PAGE, limit) == -1 || *limit == 0))
		return seki_cloud_invalid(
		    k->fault, "limit", SEKI_CLOUD_MOST, "100", 3);
	if (o != NULL && seki_cloud_param_number(o, INT32_MAX, offset) == -1)
		return seki_cloud_invalid(
		    k->fault, "offset", SEKI_CLOUD_INTEGER, NULL, 0);
	return 0;
}

static int
each(struct seki_cloud_call *k,
    int (*fn)(struct seki_cloud_call *, struct seki_cloud_app *))
{
	uint64_t limit, offset, n = 0;

	/* Tokens are of single apps: they cannot ask for a list. */
	if (k->user == NULL)
		return seki_cloud_refuse(
		    k->fault, SEKI_CLOUD_GAIA_NO01, NULL, 0);
	if (bounds(k, &limit, &offset) == -1 ||
	    seki_buf_str(k->b, "{\"apps\":[", k->err) == -1)
		return -1;
	for (size_t i = 0; i < k->c->napp; i++) {
		if (!wanted(k, k->c->app[i]))
			continue;
		if (n >= offset && n < offset + limit &&
		    ((n > offset && seki_buf_byte(k->b, ',', k->err) == -1) ||
			fn(k, k->c->app[i]) == -1))
			return -1;
		n++;
	}
	return seki_buf_str(k->b, "]}", k->err);
}

static int
one(struct seki_cloud_call *k, struct seki_cloud_app *a)
{
	return seki_cloud_db_doc(k->db, a->id, "app", k->b, k->err) == 1 ? 0
									 : -1;
}

int
seki_cloud_apps_list(struct seki_cloud_call *k)
{
	return each(k, one);
}

static int
statistics(struct seki_cloud_call *k, struct seki_cloud_app *a)
{
	uint64_t records, size;
	sqlite3_stmt *st;

	if (seki_cloud_db_count(
		k->db, a->id, 0, SEKI_CLOUD_ID_MAX, &records, k->err) == -1 ||
	    seki_cloud_sql(k->db, &st, k->err,
		"SELECT coalesce(sum(size), 0) FROM file WHERE app = ?1", "i",
		a->id) != 1)
		return -1;
	size = (uint64_t)sqlite3_column_int64(st, 0);
	(void)sqlite3_reset(st);
	if (seki_buf_fmt(k->b, k->err,
		"{\"id\":\"%ju\",\"name\":", (uintmax_t)a->id) == -1 ||
	    seki_json_quote(
		k->b, about(a, "name"), strlen(about(a, "name")), k->err) == -1)
		return -1;
	return seki_buf_fmt(k->b, k->err,
	    ",\"space\":null,\"status\":\"ACTIVATED\",\"recordCount\":\"%ju\","
	    "\"fieldCount\":\"%zu\",\"dailyRequestCount\":\"%lu\","
	    "\"storageUsage\":\"%ju\",\"customized\":false}",
	    (uintmax_t)records, a->nfield - 2, (unsigned long)a->asked,
	    (uintmax_t)size);
}

int
seki_cloud_apps_statistics(struct seki_cloud_call *k)
{
	return each(k, statistics);
}

/* What the caller may do, the same with every record. */
static int
rights(struct seki_cloud_call *k, uint64_t id)
{
	struct seki_cloud_fault no[2] = { { .code = SEKI_CLOUD_OK } };
	struct seki_cloud_call ask = *k;
	const char *edit, *delete, *sep = "";

	ask.fault = &no[0];
	edit = seki_cloud_may(&ask, k->app->id, SEKI_CLOUD_EDIT) == 0 ? "true"
								      : "false";
	ask.fault = &no[1];
	delete = seki_cloud_may(&ask, k->app->id, SEKI_CLOUD_DELETE) == 0
		     ? "true"
		     : "false";
	if (seki_buf_fmt(k->b, k->err,
		"{\"id\":\"%ju\",\"record\":{\"viewable\":true,"
		"\"editable\":%s,\"deletable\":%s},\"fields\":{",
		(uintmax_t)id, edit, delete) == -1)
		return -1;
	for (size_t i = 2; i < k->app->nfield; i++) {
		const char *code = k->app->field[i].code, *seen = "true";

		if (k->app->field[i].type == SEKI_T_NONE)
			continue;
		for (size_t j = 0; j < k->app->nhide; j++)
			if (strcmp(k->app->hide[j], code) == 0)
				seen = "false";
		if (seki_buf_str(k->b, sep, k->err) == -1 ||
		    seki_json_quote(k->b, code, strlen(code), k->err) == -1 ||
		    seki_buf_fmt(k->b, k->err,
			":{\"viewable\":%s,\"editable\":%s}", seen,
			*seen == 't' ? edit : "false") == -1)
			return -1;
		sep = ",";
	}
	return seki_buf_str(k->b, "}}", k->err);
}

int
seki_cloud_apps_rights(struct seki_cloud_call *k)
{
	const struct seki_cloud_tree *ids;
	const char *json, *sep = "";
	uint64_t id;
	size_t n;
	int r;

	if (seki_cloud_param_list(k->args, "ids", &ids, PAGE, k->fault) == -1)
		return -1;
	if (ids == NULL)
		return seki_cloud_invalid(
		    k->fault, "ids", SEKI_CLOUD_REQUIRED, NULL, 0);
	if (seki_buf_str(k->b, "{\"rights\":[", k->err) == -1)
		return -1;
	for (ids = ids->child; ids != NULL; ids = ids->next) {
		if (seki_cloud_param_number(ids, SEKI_CLOUD_ID_MAX, &id) == -1)
			return seki_cloud_invalid(
			    k->fault, "ids", SEKI_CLOUD_INTEGER, NULL, 0);
		r = seki_cloud_db_one(k->db, k->app->id, id, &json, &n, k->err);
		seki_cloud_db_done(k->db);
		if (r == 0)
			return seki_cloud_records_missing(k, id);
		if (r == -1 || seki_buf_str(k->b, sep, k->err) == -1 ||
		    rights(k, id) == -1)
			return -1;
		sep = ",";
	}
	return seki_buf_str(k->b, "]}", k->err);
}
