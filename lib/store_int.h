/* What the modules of the store share (seki-store(5)). */
#ifndef STORE_INT_H
#define STORE_INT_H

#include <sqlite3.h>

#include "seki_int.h"

/* "Seki" and the version of the tables, in the file's header. */
#define SEKI_STORE_APP 0x53656B69
#define SEKI_STORE_VERSION 2
/* Kind of the row of a local stream's run in seki_bundle. */
#define SEKI_STORE_LOCAL "local"

struct seki_store {
	sqlite3 *db; /* NULL: the file is not there yet */
	char *path;
	unsigned wait;
};

/* sqlite3_exec; fmt as sqlite3_mprintf knows it (%Q, %w). */
int seki_store_exec(sqlite3 *, struct seki_err *, const char *fmt, ...);
int seki_store_prepare(
    sqlite3 *, sqlite3_stmt **, struct seki_err *, const char *fmt, ...);
/* 1 a row, 0 done, -1; a broken constraint is SEKI_RECORD. */
int seki_store_step(sqlite3 *, sqlite3_stmt *, struct seki_err *);
/* Begin to write: the file and its tables are made when absent. */
int seki_store_begin(struct seki_store *, const char *host, struct seki_err *);
int seki_store_commit(struct seki_store *, struct seki_err *);
void seki_store_rollback(struct seki_store *);
/* STORE.att, where attachments lie by their digest, appended. */
int seki_store_att(
    const struct seki_store *, struct seki_buf *, struct seki_err *);
/* The bundle's attachments are there, durable: what a transaction that is not
 * committed leaves there is named by nothing.  again: it was taken before. */
int seki_import_att(struct seki_bundle *, const struct seki_store *, int again,
    uint64_t *stored, struct seki_err *);
/* The same of a bundle that was taken before: what was lost since comes back. */
int seki_import_att_again(struct seki_bundle *, struct seki_store *,
    const char *host, uint64_t *stored, struct seki_err *);
/* The attachments that an export's records name, into opt->attachments.
 * SEKI_FILE, SEKI_DIGEST naming record and field. */
struct seki_export_att;
struct seki_export_att *seki_export_att_open(const struct seki_store *,
    const struct seki_export *opt, const struct seki_schema *,
    struct seki_err *);
/* held: it is the last good version of a held record. */
int seki_export_att_put(struct seki_export_att *, const struct seki_record *,
    int held, struct seki_err *);
int seki_export_att_end(
    struct seki_export_att *, struct seki_exported *, struct seki_err *);
void seki_export_att_free(struct seki_export_att *);
/* A digest column into out; 0, or 1 when it is none. */
int seki_store_digest(sqlite3_stmt *, int column, unsigned char *out);

/* The store's own tables: made, and as they were made, with nothing foreign
 * that changes what they do (SEKI_SCHEMA, SEKI_LEDGER). */
int seki_store_shape_make(sqlite3 *, struct seki_err *);
int seki_store_shape_check(sqlite3 *, struct seki_err *);

/* A column of a table: its field and what it is called in SQL, quoted. */
struct seki_store_column {
	char *name;
	const struct seki_field *field;
	size_t index; /* of the field in its list */
};
/* The table of the records (field NULL) or of a table inside them. */
struct seki_store_table {
	char *name, *view; /* quoted */
	const struct seki_field *field;
	struct seki_store_column *col; /* SUBTABLE fields have none */
	size_t n;
	size_t key; /* which column is the key; of the records' table only */
};
/* A stream as the database holds it. */
struct seki_store_form {
	int64_t id;
	int64_t source; /* of the current rows */
	int64_t bundle; /* the last one taken, 0 for none */
	int delta;   /* it was one */
	int local;   /* no bundle but a run of seki-import --local: seq is its
		      * number, epoch 0 */
	unsigned char root[SEKI_SHA256]; /* of what the tables held after it */
	uint64_t epoch, seq;
	unsigned char digest[SEKI_SHA256]; /* of its manifest */
	struct seki_proof proof;	/* counts of that */
	unsigned char sum[SEKI_SHA256]; /* of the tables as it left them */
	uint64_t past;			/* rows of the history then */
	unsigned char past_sum[SEKI_SHA256];
	char *state; /* the value of its STATE */
	struct seki_schema *schema;
	struct seki_store_table *table; /* 0: records; 1 + t: table t */
	char *history;			/* quoted */
};

/* The stored form of a stream: 1, 0 when there is none, -1. */
int seki_store_form_load(
    sqlite3 *, const char *stream, struct seki_store_form *, struct seki_err *);
/* Tables of a new stream, then load. */
int seki_store_form_make(sqlite3 *, const struct seki_schema *,
    struct seki_store_form *, struct seki_err *);
/* The database's own tables must still have that form: SEKI_SCHEMA. */
int seki_store_check(
    sqlite3 *, const struct seki_store_form *, struct seki_err *);
/* The views for people: made anew when they are not as they should be. */
int seki_store_view_make(
    sqlite3 *, const struct seki_store_form *, struct seki_err *);
void seki_store_form_free(struct seki_store_form *);
/* "name" quoted for SQL, doubled quotes; NULL when out of memory. */
char *seki_store_quote(const char *, size_t);

/*
 * A digest over leaves and what else the store keeps of each row, list by
 * list: the records, the rows of each table, the held records.
 */
struct seki_store_sum {
	struct seki_sha256 *list;
	size_t n;
};
int seki_store_sum_init(
    struct seki_store_sum *, size_t tables, struct seki_err *);
/* n columns of the row at hand, from column at on. */
void seki_store_sum_add(
    struct seki_store_sum *, size_t list, sqlite3_stmt *, int at, int n);
void seki_store_sum_column(struct seki_sha256 *, sqlite3_stmt *, int at);
/* Ends the use of it, but for free. */
void seki_store_sum_end(struct seki_store_sum *, unsigned char *out);
void seki_store_sum_free(struct seki_store_sum *);
/* The stored leaves are those that the last import left: else SEKI_CONTENT,
 * naming the record when it can be told.  The values are not looked at. */
int seki_store_sum_check(
    sqlite3 *, const struct seki_store_form *, struct seki_err *);

/*
 * The rows of a stream in key order, held records in their place.
 */
struct seki_store_read;
struct seki_store_item {
	struct seki_record rec; /* kind ROW, or HELD with its reasons */
	struct seki_record old; /* HELD: the last good version */
	int has_old;
};
/* checked: each leaf is worked out again and compared (SEKI_CONTENT). */
struct seki_store_read *seki_store_read_open(sqlite3 *,
    const struct seki_store_form *borrowed, int checked, struct seki_err *);
/* 1 and an item borrowed until the next call, 0, -1. */
int seki_store_read_next(
    struct seki_store_read *, struct seki_store_item **, struct seki_err *);
/* After 0: what the rows prove; only when checked. */
const struct seki_proof *seki_store_read_proof(const struct seki_store_read *);
const unsigned char *seki_store_read_sum(const struct seki_store_read *);
void seki_store_read_free(struct seki_store_read *);
/* SEKI_CONTENT: a row was changed past seki-import. */
int seki_store_changed(
    const char *key, size_t n, const char *why, struct seki_err *);
/* SEKI_CONTENT: the stream is not as imported; with the counts found. */
int seki_store_differs(const struct seki_store_form *,
    const struct seki_proof *found, struct seki_err *);
/* The columns of a row from SQL column at on, as values by the fields. */
int seki_store_read_values(sqlite3_stmt *, int at,
    const struct seki_store_table *, struct seki_value *, struct seki_err *);

/* Room for the columns of f->schema; their names come later. */
int seki_store_form_skeleton(struct seki_store_form *, struct seki_err *);
/* A new table of a form whose skeleton stands, and its rows of the mapping. */
int seki_store_table_make(
    sqlite3 *, const struct seki_store_form *, size_t which, struct seki_err *);
/* base, base_2 …: the first that no table and no view has. */
int seki_store_free_name(
    sqlite3 *, const char *base, char **out, struct seki_err *);
/* Is it a column of the store's own, or a name of the row number? */
int seki_store_reserved(const char *name);

/*
 * The stored form becomes another one: what goes on where (lib/store_map.c).
 */
#define SEKI_STORE_NONE SIZE_MAX
struct seki_store_map {
	const struct seki_schema *from, *to; /* borrowed */
	uint64_t seq; /* of the bundle that brought from */
	/* By the fields of to: the field of from, or SEKI_STORE_NONE. */
	size_t *field;
	/* By the tables of to: the table of from, and its fields likewise. */
	struct seki_store_map_table {
		size_t table;
		size_t *field;
	} * table;
	/* By the fields of from, and of its tables: does it end? */
	unsigned char *ends, **inner;
	int steps;    /* more than labels and order changed */
	size_t first; /* of them in to's chain */
};
/* By the chain of accepted forms in to, when there is more to it than labels
 * and order.  SEKI_SCHEMA, before anything is written, naming the field; seq is
 * that of the bundle which brought the stored form last. */
int seki_store_map_make(struct seki_store_map *, const struct seki_schema *from,
    uint64_t seq, const struct seki_schema *to, struct seki_err *);
/* That, of the records of a bundle, of whose delta nothing may change; and the
 * tables are as the mapping says.  The bundle or nothing is the object. */
int seki_store_fit(sqlite3 *, const struct seki_store_form *,
    const struct seki_bundle *, const struct seki_schema *,
    struct seki_store_map *, struct seki_err *);
void seki_store_map_free(struct seki_store_map *);
/* What was accepted, in words, a line for each step; for ledger and people. */
int seki_store_map_say(
    const struct seki_store_map *, struct seki_buf *, struct seki_err *);
/* Does the record hold a value that has no place any more? */
int seki_store_map_loses(
    const struct seki_store_map *, const struct seki_record *);
/* The record in the new form; its values are in the arena or the old one's. */
int seki_store_map_record(const struct seki_store_map *,
    const struct seki_record *, struct seki_arena *, struct seki_record *,
    struct seki_err *);

/* Because the schema's digest is part of them, all leaves are made anew; a
 * version that loses a value goes to the history first, as ended by the bundle
 * of that number: *kept counts them. */
int seki_store_relabel(sqlite3 *, const struct seki_store_form *,
    const struct seki_store_map *, int64_t bundle, seki_time created,
    seki_time now, uint64_t *kept, struct seki_err *);
/* After that: tables, columns and the mapping of names. */
int seki_store_evolve(sqlite3 *, const struct seki_store_form *,
    const struct seki_store_map *, struct seki_err *);
/* The stream's SCHEMA, with the chain that led to it, so that what goes out
 * again has it, too. */
int seki_store_schema_put(sqlite3 *, int64_t stream,
    const struct seki_schema *, struct seki_err *);

/*
 * The statements that write a stream.  Their first three parameters are a
 * record's place: source, length of key, key.
 */
#define SEKI_STORE_BATCH 512
struct seki_store_sql {
	sqlite3 *db;
	const struct seki_store_form *form;
	int64_t bundle;
	char created[SEKI_TIME], now[SEKI_TIME];
	struct seki_canon *canon; /* of what goes to the history */
	/* insert, update: leaf, bundle, held, then the columns but the key;
	 * mark: held; hold: reasons; batch: SEKI_STORE_BATCH of key, leaf,
	 * held after the key given; find: leaf, held; select: when, bundle,
	 * leaf, columns; history: valid_from, bundle, schema, leaf, record. */
	sqlite3_stmt *insert, *update, *delete, *mark, *select, *find, *batch,
	    *hold, *unhold, *history;
	struct seki_store_sql_table {
		/* insert: ordinal, leaf, id, columns; select: leaf, id,
		 * columns */
		sqlite3_stmt *insert, *delete, *leaves, *select;
	} * table;
	/* Versions that the change of the form put into the history already. */
	uint64_t doubled;
};
struct seki_store_sql *seki_store_sql_open(sqlite3 *,
    const struct seki_store_form *borrowed, int64_t bundle, seki_time created,
    seki_time now, struct seki_err *);
void seki_store_sql_key(
    const struct seki_store_sql *, sqlite3_stmt *, const char *key, size_t n);
void seki_store_sql_value(sqlite3_stmt *, int at, const struct seki_value *);
/* Run what gives no rows, and reset; a failure names the record. */
int seki_store_sql_run(struct seki_store_sql *, sqlite3_stmt *, const char *key,
    size_t n, struct seki_err *);
void seki_store_sql_free(struct seki_store_sql *);
/* The record as it stands goes to the history; it is not removed.  One that
 * is not what was imported is SEKI_CONTENT.  Keys ascend. */
int seki_store_past(
    struct seki_store_sql *, const char *key, size_t n, struct seki_err *);
/* The history's chain over the rows after *n, to the last: *n and hash move
 * on.  0 and zeros are its beginning. */
int seki_store_past_sum(sqlite3 *, const struct seki_store_form *, uint64_t *n,
    unsigned char *hash, struct seki_err *);
/* Bundle by bundle, the history is what the imports wrote: SEKI_CONTENT. */
int seki_store_past_check(
    sqlite3 *, const struct seki_store_form *, struct seki_err *);

/*
 * A bundle's records into the tables: equal rows stay untouched, changed and
 * vanished ones move to the history.
 */
struct seki_store_write;
struct seki_store_write *seki_store_write_open(sqlite3 *,
    const struct seki_store_form *borrowed, int64_t bundle, seki_time created,
    seki_time now, int delta, struct seki_err *);
int seki_store_write_put(struct seki_store_write *, const struct seki_record *,
    const unsigned char *leaf, struct seki_err *);
/* What was not put is gone, but with a delta.  Fills the counts of out. */
int seki_store_write_end(
    struct seki_store_write *, struct seki_imported *, struct seki_err *);
void seki_store_write_free(struct seki_store_write *);

/*
 * What the tables will hold, and so their content root, once a delta's stream
 * (read to its end) is written to them: the leaves that stand there, and of
 * what the stream is about its own.  For what is read back to be held against.
 */
int seki_store_after(sqlite3 *, const struct seki_store_form *,
    struct seki_stream_in *, struct seki_proof *, struct seki_err *);
/* What they held after the delta with this manifest digest, by the ledger;
 * zeros when it says nothing. */
int seki_store_proof(sqlite3 *, const unsigned char *digest,
    struct seki_proof *, struct seki_err *);

/*
 * Rows of seki_bundle (lib/store_row.c).
 */
/* The number that the next one will have: none is ever removed. */
int64_t seki_store_next(sqlite3 *, struct seki_err *);
/* The streams that are there, "a, b", cut to size: a misspelt name makes a new
 * stream, and else nobody would be told. */
int seki_store_beside(sqlite3 *, char *, size_t size, struct seki_err *);
/* What the next import will hold the tables against goes into row id: sum of
 * the tables, which was read from them, and the history's chain.  Form and
 * *grown, the history's new rows, follow. */
int seki_store_seal(sqlite3 *, struct seki_store_form *, int64_t id,
    const unsigned char *sum, uint64_t *grown, struct seki_err *);

/* The ledger's entry of an import; NULL when memory is out. */
struct json_t *seki_import_entry(const struct seki_bundle *,
    const struct seki_check *, const struct seki_import *,
    const struct seki_verdict *, const struct seki_imported *,
    const struct seki_store_form *after, struct seki_err *);
/* That of a twin. */
struct json_t *seki_import_again(const struct seki_bundle *,
    const struct seki_check *, const struct seki_import *,
    const struct seki_verdict *, struct seki_err *);

/* Where exported items go: a stream or a CSV (lib/export_csv.c). */
struct seki_export_csv;
struct seki_export_csv *seki_export_csv_open(const struct seki_export *,
    const struct seki_store_form *borrowed, struct seki_out *,
    struct seki_exported *, struct seki_err *);
int seki_export_csv_put(struct seki_export_csv *,
    const struct seki_store_item *, struct seki_err *);
/* Says what is not in it. */
int seki_export_csv_end(struct seki_export_csv *, struct seki_err *);
void seki_export_csv_free(struct seki_export_csv *);
/* The column of a code; -1 with SEKI_CONFIG and the nearest one. */
int seki_export_column(
    const struct seki_store_table *, const char *code, struct seki_err *);

/* In whose place an accepted attachment stands that a relay's sanitiser made
 * anew: 1, and hex and size become those of the file that the folder holds; 0
 * when there is none; -1. */
int seki_store_remade(struct sqlite3 *, char hex[SEKI_HEX], uint64_t *size,
    struct seki_err *);

#endif
