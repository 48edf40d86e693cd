#include <string.h>

#include "store_int.h"

/*
 * Does the form of a bundle's records fit the stored one?  Asked by an import
 * before its first write, and by who only wants to know.
 */

/* A delta has no values for the records it does not bring. */
static int
delta_differs(const struct seki_err *why, struct seki_err *err)
{
	seki_err_field(err, why->field);
	seki_err_hint(err, "%s",
	    _("have the stream pulled in full, without --delta, and packed "
	      "again"));
	if (why->reason != SEKI_OK)
		return seki_fail(err, why->reason, "%s", why->text);
	return seki_fail(err, SEKI_SCHEMA, "%s",
	    _("the form changed, and a delta bundle does not bring all "
	      "records in the new one"));
}

int
seki_store_fit(sqlite3 *db, const struct seki_store_form *form,
    const struct seki_bundle *b, const struct seki_schema *s,
    struct seki_store_map *map, struct seki_err *err)
{
	int delta = strcmp(b->manifest->kind, "delta") == 0;
	struct seki_err why = SEKI_ERR_INIT;
	int r = seki_store_map_make(map, form->schema, form->seq, s, &why);

	if (r == 0 && (!map->steps || !delta))
		return seki_store_check(db, form, err);
	/* The store is as it should be. */
	seki_err_object(err, b->path);
	if (delta)
		return delta_differs(&why, err);
	seki_err_object(&why, b->path);
	*err = why;
	return -1;
}

int
seki_store_fits(
    struct seki_store *store, struct seki_bundle *b, struct seki_err *err)
{
	struct seki_store_form form;
	struct seki_store_map map;
	struct seki_stream_in *in;
	int r = store->db == NULL ? 0
				  : seki_store_form_load(store->db,
					b->manifest->stream, &form, err);

	if (r != 1)
		return r;
	r = -1;
	if ((in = seki_bundle_records(b, err)) != NULL) {
		r = seki_store_fit(
		    store->db, &form, b, seki_stream_schema(in), &map, err);
		seki_store_map_free(&map);
	}
	if (r == -1)
		seki_err_object(err, store->path);
	seki_stream_free(in);
	seki_store_form_free(&form);
	return r;
}
