#include <sqlite3.h>

#include "cloud_int.h"

/* What the codes of a field's values name. */
static const char *
kind(enum seki_type type)
{
	return type == SEKI_T_ORGANIZATION_SELECT ? "ORGANIZATION"
	       : type == SEKI_T_GROUP_SELECT	  ? "GROUP"
						  : "USER";
}

int
seki_cloud_person_add(struct seki_cloud_db *db, const char *what,
    const char *code, const char *name, struct seki_err *err)
{
	return seki_cloud_run(db, err,
		   "INSERT OR IGNORE INTO person(kind, code, name)"
		   " VALUES(?1, ?2, ?3)",
		   "sss", what, code, name) == -1
		   ? -1
		   : 0;
}

int
seki_cloud_person(struct seki_cloud_db *db, enum seki_type type,
    const char *code, size_t n, struct seki_buf *b, struct seki_err *err)
{
	sqlite3_stmt *st;
	int r;

	r = seki_cloud_sql(db, &st, err,
	    "SELECT name FROM person WHERE kind = ?1 AND code = ?2", "st",
	    kind(type), code, n);
	if (r != 1)
		return r;
	if (seki_buf_str(b, "{\"code\":", err) == -1 ||
	    seki_json_quote(b, code, n, err) == -1 ||
	    seki_buf_str(b, ",\"name\":", err) == -1 ||
	    seki_json_quote(b, (const char *)sqlite3_column_text(st, 0),
		(size_t)sqlite3_column_bytes(st, 0), err) == -1 ||
	    seki_buf_str(b, "}", err) == -1)
		r = -1;
	(void)sqlite3_reset(st);
	return r;
}

static int
learn(struct seki_cloud_db *db, const char *what,
    const struct seki_cloud_tree *t, struct seki_err *err)
{
	const struct seki_cloud_tree *code, *name;

	if (t->kind == SEKI_J_ARRAY) {
		for (t = t->child; t != NULL; t = t->next)
			if (learn(db, what, t, err) == -1)
				return -1;
		return 0;
	}
	code = seki_cloud_tree_get(t, "code");
	name = seki_cloud_tree_get(t, "name");
	if (code == NULL || code->kind != SEKI_J_STRING || name == NULL ||
	    name->kind != SEKI_J_STRING)
		return 0;
	return seki_cloud_person_add(db, what, code->p, name->p, err);
}

static int
members(struct seki_cloud_db *db, const struct seki_cloud_tree *o,
    struct seki_err *err)
{
	for (const struct seki_cloud_tree *f = o->child; f != NULL;
	     f = f->next) {
		const struct seki_cloud_tree *type, *v;
		enum seki_type t;
		int r = 0;

		type = seki_cloud_tree_get(f, "type");
		v = seki_cloud_tree_get(f, "value");
		if (type == NULL || type->kind != SEKI_J_STRING || v == NULL)
			continue;
		t = seki_type_find(type->p, type->n);
		if (t == SEKI_T_SUBTABLE && v->kind == SEKI_J_ARRAY)
			for (v = v->child; r == 0 && v != NULL; v = v->next) {
				o = seki_cloud_tree_get(v, "value");
				r = o == NULL ? 0 : members(db, o, err);
			}
		else if (t != SEKI_T_FILE)
			r = learn(db, kind(t), v, err);
		if (r == -1)
			return -1;
	}
	return 0;
}

int
seki_cloud_person_learn(
    struct seki_cloud_db *db, const char *json, size_t n, struct seki_err *err)
{
	struct seki_arena arena = SEKI_ARENA_INIT;
	struct seki_cloud_tree *t;
	int r;

	r = seki_cloud_tree_parse(&t, json, n, &arena, err);
	if (r == 0)
		r = members(db, t, err);
	seki_arena_free(&arena);
	return r == -1 ? -1 : 0;
}
