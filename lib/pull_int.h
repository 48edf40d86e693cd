/* The cloud service, from its address to records: what http.c, api.c, app.c,
 * columns.c, page.c, fetch.c and pull.c share. */
#ifndef SEKI_PULL_INT_H
#define SEKI_PULL_INT_H

#include "seki_int.h"

/* Connections to one service, n at most, each with one request at a time.  The
 * first is the one given, borrowed. */
struct seki_pool;
struct seki_pool *seki_pool_new(
    struct seki_http *, unsigned n, struct seki_err *);
/*
 * Errands at once, each on a connection of its own; one after the other when
 * there is one only.  -1 with the first failure in their order, once all have
 * come back.
 */
struct seki_errand {
	int (*run)(struct seki_http *, void *ctx, struct seki_err *);
	void *ctx;
	struct seki_err err; /* SEKI_ERR_INIT */
};
int seki_pool_run(
    struct seki_pool *, struct seki_errand *, size_t n, struct seki_err *);
/* A connection of one's own until it is given back; waits for one. */
struct seki_http *seki_pool_take(struct seki_pool *, struct seki_err *);
void seki_pool_give(struct seki_pool *, struct seki_http *);
/* One more to the same service with the same rights; what it counts and when
 * it stops is one thing with the other's. */
struct seki_http *seki_http_another(struct seki_http *, struct seki_err *);
unsigned seki_pool_size(const struct seki_pool *);
/* Requests that may still be sent (seki_http_left). */
uint64_t seki_pool_left(const struct seki_pool *);
/* Everything under way fails at once. */
void seki_pool_stop(struct seki_pool *);
void seki_pool_free(struct seki_pool *);

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

/* Where a path of the service lies, appended: /k/v1/… or, in a guest space,
 * /k/guest/N/v1/…. */
int seki_http_path(const struct seki_http *, const char *path,
    struct seki_buf *, struct seki_err *);

/*
 * Files.  They do not count among the requests of a day, and have as much time
 * as they need while bytes flow (record API 5, 7.1).
 */
struct seki_http_sink {
	/* Before the first byte of each try; then every piece of an answer of
	 * status 200.  A failure ends the request. */
	int (*begin)(void *ctx, struct seki_err *);
	int (*write)(void *ctx, const void *, size_t, struct seki_err *);
	void *ctx;
};
/* The file of a fileKey, opaque.  As seki_http_ask, but the body of status 200
 * goes to the sink. */
int seki_http_fetch(struct seki_http *, const char *key, size_t n,
    const struct seki_http_sink *, struct seki_reply *, struct seki_err *);
struct seki_http_source {
	const char *name, *type; /* as the service is to keep them */
	uint64_t size;
	/* The next bytes, 0 at the end, or -1 with err; begin: from the start. */
	int (*begin)(void *ctx, struct seki_err *);
	ssize_t (*read)(void *ctx, void *, size_t, struct seki_err *);
	void *ctx;
};
/* A file into the service's temporary storage; repeated like an ask, because
 * what no record takes is gone after three days. */
int seki_http_upload(struct seki_http *, const struct seki_http_source *,
    struct seki_reply *, struct seki_err *);
/* Whether an upload can carry the name unchanged. */
int seki_http_name_ok(const char *, size_t);
/* From now on the run may last so long. */
void seki_http_last(struct seki_http *, long seconds);

/* What a pull asks for again and again. */
struct seki_ask {
	const char *app;
	const char *query;  /* condition, "" for none */
	const char *fields; /* a JSON array of codes, or NULL */
	/* A second condition, or NULL; pages take these ids, in their order,
	 * also when they do not meet it. */
	const char *since;
	const uint64_t *retry;
	size_t nretry;
};
/* Ids of one page's condition. */
#define SEKI_ASK_RETRY ((size_t)100)
/* An answer of status 200 and JSON type, or its reason by the service's code,
 * then by HTTP status.  what names the request in messages. */
int seki_api_call(struct seki_http *, const char *what, const char *path,
    const char *query, struct seki_reply *, struct seki_err *);
int seki_api_check(const struct seki_http *, const char *what,
    struct seki_reply *, struct seki_err *);
/* Up to a page of records with a < id <= b; number is for messages. */
int seki_api_page(struct seki_http *, const struct seki_ask *, uint64_t a,
    uint64_t b, uint64_t number, struct seki_reply *, struct seki_err *);
/* The greatest id, 0 for none, and how many records the condition has. */
int seki_api_newest(struct seki_http *, const struct seki_ask *, uint64_t *id,
    uint64_t *total, struct seki_err *);
/* How many records the condition has now. */
int seki_api_total(
    struct seki_http *, const struct seki_ask *, uint64_t *, struct seki_err *);

/* An app's form, as columns. */
struct seki_app {
	struct seki_schema *schema;
	char revision[24]; /* the form's */
	/* Who changed the app last, "NAME (CODE)", and when; or "". */
	char modifier[200], modified[SEKI_TIME];
	/* Every code the form has, sorted: also what is not pulled. */
	char **code;
	size_t ncode;
};
/* From the bodies of fields.json and layout.json; pull says app, stream,
 * fields and hidden. */
int seki_app_parse(struct seki_app *, const char *fields, size_t nfields,
    const char *layout, size_t nlayout, const char *domain,
    const struct seki_pull *, struct seki_err *);
/* Asked for over the pool, together with one errand more when not NULL, once
 * the first answer has shown that the service lets us in: a wrong password
 * counts once. */
int seki_app_load(struct seki_app *, struct seki_http *, struct seki_pool *,
    const struct seki_pull *, const struct seki_errand *more,
    struct seki_err *);
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
/* Once it is read to its end: it had got records; does the service, which was
 * asked in the same breath, count as many?  -1: SEKI_MOVED, SEKI_PROTOCOL. */
int seki_page_count(const struct seki_page *, uint64_t got, struct seki_err *);
/* Count what another reader of pages of the same app saw left out. */
void seki_page_add(struct seki_page *, const struct seki_page *);
/* Tell pull->note what the service left out with leave. */
void seki_page_notes(const struct seki_page *);
void seki_page_free(struct seki_page *);
/* Hear of every file, before it becomes part of its value: what is set in the
 * item is what the value says.  key is the service's, opaque, "" for none. */
typedef int seki_page_file(void *ctx, const struct seki_field *,
    struct seki_item *, const char *key, struct seki_err *);
void seki_page_files(struct seki_page *, seki_page_file *, void *ctx);
void *seki_page_files_of(const struct seki_page *); /* its ctx, or NULL */
/* The service's way to write an app's or record's number. */
int seki_page_id_ok(const char *, size_t);

/* What one page gave. */
struct seki_batch {
	struct seki_stream_part *part;
	uint64_t records;     /* of the page */
	uint64_t first, last; /* their ids */
	uint64_t from;	      /* all ids of the piece are greater */
	/* delta.c's: */
	uint64_t skipped, settled;
	size_t gone;	     /* the next deletion to tell, +1; 0: look for it */
	struct seki_buf ids; /* uint64_t */
	struct seki_buf seen;	 /* struct seki_mark */
	struct seki_batch *next; /* among those that are free */
};
/*
 * Ids still to be read, cut into pieces of about a page: in order, each asked
 * for once.  Widths follow the density that is seen.  No thread's matter.
 */
enum seki_piece_state {
	SEKI_PIECE_TODO,
	SEKI_PIECE_BUSY,
	SEKI_PIECE_DONE,
	SEKI_PIECE_FAILED
};
struct seki_piece {
	uint64_t a, b; /* a < id <= b */
	enum seki_piece_state state;
	struct seki_batch *batch;
	struct seki_piece *next;
};
struct seki_span {
	struct seki_piece *head;
	uint64_t upto; /* the last id */
	uint64_t width;
	/* Ascending; a piece holds SEKI_ASK_RETRY of these at most. */
	const uint64_t *retry;
	size_t nretry;
};
/* Every id after from, up to upto, about so many of them being there. */
int seki_span_init(struct seki_span *, uint64_t from, uint64_t upto,
    uint64_t about, struct seki_err *);
void seki_span_free(struct seki_span *);
/* The first piece nobody reads, which is then BUSY; only_head: if no other is
 * before it.  NULL: none now, or err. */
struct seki_piece *seki_span_take(
    struct seki_span *, int only_head, struct seki_err *);
/* Its page gave that: what is left of it becomes a piece of its own. */
int seki_span_done(struct seki_span *, struct seki_piece *,
    const struct seki_batch *, struct seki_err *);
/* The first piece, the caller's to free, once it is DONE or FAILED. */
struct seki_piece *seki_span_pop(struct seki_span *);

/*
 * Pages asked for over several connections and read by as many
 * threads, handed on in the order of ids; a few are kept ahead, however many there
 * are.
 */
struct seki_fetch_how {
	const struct seki_app *app;
	const struct seki_pull *pull;
	const struct seki_ask *ask;
	/* What becomes of a record, in any thread. */
	int (*record)(void *ctx, struct seki_batch *,
	    const struct seki_record *, struct seki_err *);
	/* NULL, or before the first one of a page a < id <= b; reply may
	 * become a newer answer to the same question. */
	int (*before)(void *before_ctx, struct seki_page *, uint64_t a,
	    uint64_t b, uint64_t number, struct seki_reply *,
	    struct seki_err *);
	void *before_ctx;
	/* NULL, or after the last one of a page: it is known of every id up to
	 * this one. */
	int (*end)(
	    void *ctx, struct seki_batch *, uint64_t upto, struct seki_err *);
	void *ctx;
};
struct seki_fetch;
/* Every record with from < id <= upto; about how many.  All borrowed. */
struct seki_fetch *seki_fetch_start(const struct seki_fetch_how *,
    struct seki_pool *, uint64_t from, uint64_t upto, uint64_t about,
    struct seki_err *);
/* 1 and the next batch, borrowed until the next call; 0 after the last, -1. */
int seki_fetch_next(
    struct seki_fetch *, struct seki_batch **, struct seki_err *);
/* What the service left out with leave is added to total's notes. */
void seki_fetch_end(struct seki_fetch *, struct seki_page *total);

/* Ids that were read, in their order. */
struct seki_idset {
	struct seki_buf runs;
	uint64_t n;
};
/* Greater than the one before, else SEKI_PROTOCOL. */
int seki_idset_add(struct seki_idset *, uint64_t id, struct seki_err *);
int seki_idset_has(const struct seki_idset *, uint64_t id);
/* How many of a are not in b, and the first of them or 0. */
uint64_t seki_idset_without(const struct seki_idset *a,
    const struct seki_idset *b, uint64_t *first);
void seki_idset_free(struct seki_idset *);

/*
 * What one pull leaves for the next (seki-pull(1), seki-stream(5)).
 */
struct seki_mark {
	uint64_t id, revision;
};
/* The list of ids of a pull, in a file named BOOKMARKS.name. */
struct seki_ids_note {
	char name[40]; /* "" for none */
	char sha256[SEKI_HEX];
	uint64_t n;
};
struct seki_bookmarks {
	int found;
	char own[SEKI_HEX];	 /* digest of the STATE they are of */
	char started[SEKI_TIME]; /* on the service's clock, or "" */
	char query[SEKI_HEX];
	struct seki_ids_note ids;
	uint64_t known; /* records there were, or 0 */
	uint64_t id_max;       /* all ids up to it were seen, or 0 */
	struct json_t *hidden; /* codes that were taken as empty, or NULL */
	struct seki_mark *seen;
	uint64_t *retry; /* ascending */
	size_t nseen, nretry;
	size_t strange;	     /* held keys that are no record numbers */
	struct json_t *form; /* code: type, or NULL */
	/* [path, label] in column order; the chain of accepted forms; what
	 * seki-normalize remembers; or NULL (lib/steps.h). */
	struct json_t *columns, *steps, *normal;
	int attachments;     /* they came along */
};
/* Not found when there is no file; SEKI_CONFIG when they are another domain's,
 * app's or stream's, or none at all; SEKI_UNSAFE when others may change them. */
int seki_bookmarks_read(const char *path, const char *domain,
    const struct seki_pull *, struct seki_bookmarks *, struct seki_err *);
int seki_bookmarks_seen(
    const struct seki_bookmarks *, uint64_t id, uint64_t revision);
int seki_bookmarks_retry(const struct seki_bookmarks *, uint64_t id);
/* Ids, ascending, that are to be read again besides. */
int seki_bookmarks_again(
    struct seki_bookmarks *, const uint64_t *, size_t n, struct seki_err *);
/* The digest of a condition. */
int seki_bookmarks_query(
    const char *query, char hex[SEKI_HEX], struct seki_err *);
/* New reference. */
struct json_t *seki_bookmarks_form(const struct seki_schema *);
void seki_bookmarks_free(struct seki_bookmarks *);
struct seki_bookmarks_new {
	const char *from, *started, *id_max, *query;
	const char *const *hidden; /* taken as empty where left out, or NULL */
	const char *after; /* of a delta: seki_bookmarks.own, or NULL */
	const struct seki_mark *seen;
	size_t nseen;
	struct seki_ids_note ids;
	struct json_t *normal; /* borrowed, or NULL */
};
/* A JSON object, the caller's to free. */
char *seki_bookmarks_write(const struct seki_bookmarks_new *,
    const struct seki_app *, struct seki_err *);

struct seki_ids;
struct seki_ids *seki_ids_create(
    const char *bookmarks, const char *name, struct seki_err *);
int seki_ids_put(
    struct seki_ids *, const uint64_t *, size_t n, struct seki_err *);
/* Takes ids; fills in digest and count. */
int seki_ids_commit(
    struct seki_ids *, struct seki_ids_note *, struct seki_err *);
void seki_ids_abort(struct seki_ids *);
/* Ids of the first list that are not in the second, ascending. */
struct seki_gone {
	const uint64_t *id;
	size_t n;
};
int seki_ids_gone(const char *bookmarks, const struct seki_ids_note *,
    const struct seki_ids_note *, struct seki_gone *, struct seki_err *);
/* These ids too: a new list of that name, which the note then is about. */
int seki_ids_join(const char *bookmarks, struct seki_ids_note *,
    const struct seki_gone *, const char *name, struct seki_err *);
void seki_ids_remove(const char *bookmarks, const char *name);
/* The index of the first one greater than id. */
size_t seki_ids_after(const struct seki_gone *, uint64_t id);
void seki_ids_gone_free(struct seki_gone *);
/* Removes the lists beside the bookmarks, but this one and the newest; with
 * NULL, as always, only what ended runs left half-written. */
void seki_ids_sweep(const char *bookmarks, const char *keep);

#endif
