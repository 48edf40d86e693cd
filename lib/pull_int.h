/* The cloud service, from its address to records: what http.c, api.c, app.c,
 * columns.c, page.c, fetch.c and pull.c share. */
#ifndef SEKI_PULL_INT_H
#define SEKI_PULL_INT_H

#include "seki_int.h"

/* A base address, checked. */
struct seki_url {
	char *base;   /* scheme://host[:port], no final slash */
	char *domain; /* host[:port], the default port left out */
	int plain;    /* http */
	int local;    /* this host by name or number: no gzip, no proxy */
};
int seki_url_base(const char *, struct seki_url *, struct seki_err *);
void seki_url_release(struct seki_url *);

/* Wait before the try after the nth; -1 when there is none, or no time. */
int seki_http_pause(struct seki_http *, unsigned nth);

/* What a pull asks for again and again. */
struct seki_ask {
	const char *app;
	const char *query;  /* condition, "" for none */
	const char *fields; /* a JSON array of codes, or NULL */
};
/* An answer of status 200 and JSON type, or its reason by the service's code,
 * then by HTTP status.  what names the request in messages. */
int seki_api_call(struct seki_http *, const char *what, const char *path,
    const char *query, struct seki_reply *, struct seki_err *);
int seki_api_check(const struct seki_http *, const char *what,
    struct seki_reply *, struct seki_err *);
/* The page after the record whose id is last ("0" first). */
int seki_api_page(struct seki_http *, const struct seki_ask *, const char *last,
    uint64_t number, struct seki_reply *, struct seki_err *);
/* How many records the condition has now. */
int seki_api_total(
    struct seki_http *, const struct seki_ask *, uint64_t *, struct seki_err *);

/* An app's form, as columns. */
struct seki_app {
	struct seki_schema *schema;
	char revision[24]; /* the form's */
	/* Every code the form has, sorted: also what is not pulled. */
	char **code;
	size_t ncode;
};
/* From the bodies of fields.json and layout.json; pull says app, stream,
 * fields and hidden. */
int seki_app_parse(struct seki_app *, const char *fields, size_t nfields,
    const char *layout, size_t nlayout, const char *domain,
    const struct seki_pull *, struct seki_err *);
int seki_app_load(struct seki_app *, struct seki_http *,
    const struct seki_pull *, struct seki_err *);
/* The bodies of fields.json and layout.json, once the service has said that
 * they are this app's. */
int seki_app_ask(struct seki_http *, const char *app, struct seki_reply *fields,
    struct seki_reply *layout, struct seki_err *);
/* The form's revision now. */
int seki_app_revision(
    struct seki_http *, const char *app, char out[24], struct seki_err *);
/* Is this a code of the form, pulled or not? */
int seki_app_knows(const struct seki_app *, const char *, size_t);
void seki_app_release(struct seki_app *);

/* The schema's fields from the form's properties and layout. */
int seki_columns_build(struct seki_schema *, struct json_t *props,
    struct json_t *layout, const struct seki_pull *, struct seki_err *);
/* Frames, lists from other apps and features that are switched off hold no
 * value. */
int seki_columns_is(const struct json_t *prop);
/* Keys of an object in the order of their bytes, borrowed from it; the list
 * is the caller's. */
const char **seki_columns_keys(struct json_t *, size_t *n, struct seki_err *);

/* Pages into records: the text is read once, from front to end.  App and pull
 * are borrowed until seki_page_free. */
struct seki_page;
struct seki_page *seki_page_new(
    const struct seki_app *, const struct seki_pull *, struct seki_err *);
/* The text is borrowed until the last seki_page_next; number is for
 * messages. */
void seki_page_begin(struct seki_page *, const char *, size_t, uint64_t number);
/* 1 and a record borrowed until the next call; 0 once the page was whole JSON
 * to its end; -1: SEKI_NETWORK for a cut page, PROTOCOL, PERMISSION, MOVED,
 * RECORD. */
int seki_page_next(
    struct seki_page *, struct seki_record **, struct seki_err *);
/* The totalCount the page told, or 0. */
uint64_t seki_page_total(const struct seki_page *);
/* Tell pull->note what the service left out with leave. */
void seki_page_notes(const struct seki_page *);
void seki_page_free(struct seki_page *);
/* The service's way to write an app's or record's number. */
int seki_page_id_ok(const char *, size_t);
/* The $id of the last record of a page, found from its end: 1, or 0 when the
 * page shows no record. */
int seki_page_last(const char *, size_t, char out[24]);

/* Pages read ahead by a thread of their own. */
struct seki_fetch;
struct seki_fetch *seki_fetch_start(struct seki_http *, const struct seki_ask *,
    const char *last, struct seki_err *);
/* The next page, borrowed until the next call, and the $id the page after it
 * is asked with: "" for a page without records, the last one. */
int seki_fetch_next(struct seki_fetch *, const char **text, size_t *n,
    const char **last, struct seki_err *);
void seki_fetch_end(struct seki_fetch *);

#endif
