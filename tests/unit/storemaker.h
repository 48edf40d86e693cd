/*
 * A store, and the bundles that one after another go into it.  Included once by
 * a test, which includes nomem.h before it.
 */
#ifndef STOREMAKER_H
#define STOREMAKER_H

#include "bundlemaker.h"
#include "prove.h"

static char store_path[300];
static int keep; /* the store of the run before stays */

static int
import(struct seki_err *e)
{
	struct seki_import opt = { .operator= "test" };
	struct seki_check c = check;
	struct seki_imported n;
	struct seki_verdict v;
	struct seki_bundle *b = NULL;
	int r = -1;

	if (!keep)
		(void)unlink(store_path);
	if ((c.store = seki_store_open(store_path, 1, 1, e)) != NULL &&
	    (b = seki_bundle_open(path, dir, e)) != NULL)
		r = seki_import_bundle(b, &c, &opt, &v, &n, e);
	seki_bundle_free(b);
	seki_store_free(c.store);
	return r;
}

static void
last_one(struct seki_position *p)
{
	struct seki_store *s = seki_store_open(store_path, 0, 1, &err);

	assert_non_null(s);
	assert_int_equal(seki_store_position(s, "vector", p, &err), 0);
	seki_store_free(s);
}

static void
finish(void)
{
	build();
	end(&plain);
	save();
}

/* The first bundle, for a store that is not there yet. */
static void
first_bundle(void)
{
	(void)snprintf(store_path, sizeof(store_path), "%s/town.db", dir);
	begin("every");
	finish();
}

/* The second: every record gets another revision; the labels change. */
static void
next_bundle(void)
{
	static const char was[] = "\"label\":\"$revision\"";
	struct seki_position p;
	char *s;

	last_one(&p);
	begin("every");
	for (s = records.p; (s = strstr(s, was)) != NULL; s++)
		s[10] = '%';
	m->seq = 2;
	m->created = m->not_before = NOW + 60;
	seki_text_hex(p.digest, SEKI_SHA256, m->prev);
	prove();
	finish();
	keep = 1;
}

/* The third: a delta, in which each record has another revision. */
static void
delta_bundle(void)
{
	struct seki_position p;

	last_one(&p);
	begin("every");
	revise('8');
	as_delta();
	m->seq = 3;
	m->created = m->not_before = NOW + 240;
	seki_text_hex(p.digest, SEKI_SHA256, m->prev);
	prove();
	finish();
}

#endif
