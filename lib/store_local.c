#include <string.h>

#include <jansson.h>

#include "store_int.h"

/*
 * Whose a stream's name is.  Once local it stays so: what comes signed and what
 * was made here must never stand in one history.
 */
static int
since(sqlite3_stmt *st, struct seki_local_since *l, struct seki_err *err)
{
	const char *text = (const char *)sqlite3_column_text(st, 0);
	const char *taken = (const char *)sqlite3_column_text(st, 1);
	const char *who, *by;
	json_t *doc;

	if (text == NULL || taken == NULL)
		return seki_err_nomem(err);
	if ((doc = seki_doc_parse(
		 text, strlen(text), SEKI_LEDGER, "seki_bundle", err)) == NULL)
		return -1;
	who = json_string_value(json_object_get(doc, "operator"));
	by = json_string_value(json_object_get(doc, "by"));
	(void)snprintf(
	    l->operator, sizeof(l->operator), "%s", who == NULL ? "" : who);
	(void)snprintf(l->by, sizeof(l->by), "%s", by == NULL ? "" : by);
	if (seki_time_parse(taken, strlen(taken), &l->when) == -1)
		l->when = 0;
	json_decref(doc);
	return 1;
}

int
seki_store_local(struct seki_store *s, const char *stream,
    struct seki_local_since *l, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	int r;

	memset(l, 0, sizeof(*l));
	if (s->db == NULL)
		return 0;
	if (seki_store_prepare(s->db, &st, err,
		"SELECT b.manifest, b.taken FROM seki_bundle b"
		" JOIN seki_stream s ON s.id = b.stream"
		" WHERE s.stream = %Q AND b.kind = %Q ORDER BY b.id LIMIT 1",
		stream, SEKI_STORE_LOCAL) == -1)
		return -1;
	if ((r = seki_store_step(s->db, st, err)) == 1)
		r = since(st, l, err);
	(void)sqlite3_finalize(st);
	return r;
}

int
seki_store_carried(
    struct seki_store *s, const char *stream, struct seki_err *err)
{
	struct seki_local_since l;
	char day[SEKI_TIME];
	int r = seki_store_local(s, stream, &l, err);

	if (r != 1)
		return r;
	seki_time_jst(l.when, day);
	seki_err_object(err, s->path);
	seki_err_hint(err,
	    _("one of the two takes another name: have the stream pulled with "
	      "--stream NAME on the sending side; or import it into another "
	      "store, and make the local stream there with --local NAME"));
	return seki_fail(err, SEKI_CONFIG,
	    _("%s is a local stream here, made by %s%s%s on %s (Japan time); "
	      "no bundle may take its name"),
	    stream, l.operator[0] == '\0' ? "?" : l.operator,
	    l.by[0] == '\0' ? "" : ", ", l.by, day);
}
