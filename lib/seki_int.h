/* What modules of the library share with each other and no tool sees. */
#ifndef SEKI_INT_H
#define SEKI_INT_H

#include <libintl.h>
#include <string.h>

#include "seki.h"

#define _(s) gettext(s)
#define N_(s) s

/* Everything of one record; released at once, reused for the next. */
struct seki_arena {
	struct seki_chunk *head, *now;
	size_t used;
};
#define SEKI_ARENA_INIT { .head = NULL }
/* Aligned for any object; NULL with err set. */
void *seki_arena_get(struct seki_arena *, size_t, struct seki_err *);
void *seki_arena_copy(struct seki_arena *, const void *, size_t,
    struct seki_err *);
/* All is free to be used again; past a ceiling the memory is given back. */
void seki_arena_reset(struct seki_arena *);
void seki_arena_free(struct seki_arena *);

/*
 * A strict JSON text (RFC 8259), token by token, without memory of its own
 * but the nesting.  Refused: everything RFC 8259 does not allow, invalid
 * UTF-8, lone surrogates in escapes, U+0000 in any spelling, nesting past
 * SEKI_JSON_DEPTH, a BOM, anything but white space after the value.
 */
enum seki_json_tok {
	SEKI_J_END, /* after the whole value */
	SEKI_J_OBJECT,
	SEKI_J_OBJECT_END,
	SEKI_J_ARRAY,
	SEKI_J_ARRAY_END,
	SEKI_J_KEY,
	SEKI_J_STRING,
	SEKI_J_NUMBER,
	SEKI_J_TRUE,
	SEKI_J_FALSE,
	SEKI_J_NULL,
	SEKI_J_BAD
};
struct seki_json {
	const char *text, *p, *end;
	/* Of the token just read: KEY, STRING: between the quotes; NUMBER: its
	 * letters; else the token's place. */
	const char *s;
	size_t n;
	int escaped; /* s holds backslashes */
	unsigned depth;
	int state;
	unsigned char stack[SEKI_JSON_DEPTH];
	const char *why; /* of BAD: RFC 8259 clause and cause, untranslated */
	int deep;        /* BAD because of depth: SEKI_LIMIT */
};
void seki_json_init(struct seki_json *, const char *, size_t);
enum seki_json_tok seki_json_next(struct seki_json *);
/* Is the next token the KEY that stands so, with its quotes and its colon, and
 * no white space around it?  1: it was read; 0: nothing was. */
int seki_json_key(struct seki_json *, const char *text, size_t n);
/* Bytes of the text before the token just read. */
size_t seki_json_at(const struct seki_json *);
/* KEY or STRING without escapes: into dst (room for j->n), its length. */
size_t seki_json_unescape(const struct seki_json *, char *dst);
/* KEY or STRING as arena text; not copied when it has no escapes. */
int seki_json_text(const struct seki_json *, struct seki_arena *,
    const char **, size_t *, struct seki_err *);
/* KEY or STRING equals the ASCII word. */
int seki_json_is(const struct seki_json *, const char *word);
/* After the token that begins a value was read: pass over the rest of it.
 * 0 or -1 when BAD. */
int seki_json_skip(struct seki_json *, enum seki_json_tok);
/* Fail with reason (LIMIT when too deep): "WHAT: why at byte N". */
int seki_json_fail(const struct seki_json *, enum seki_reason,
    const char *what, struct seki_err *);
/* Append s as a JSON string with its quotes: escapes as RFC 8785 3.2.2.2. */
int seki_json_quote(struct seki_buf *, const char *, size_t,
    struct seki_err *);

/*
 * SHA-256 in one place.  Init, update, final do not fail: they end the
 * process if the library has no SHA-256, which is a broken installation.
 */
struct seki_sha256 {
	void *ctx;
};
int seki_sha256_init(struct seki_sha256 *, struct seki_err *);
void seki_sha256_restart(struct seki_sha256 *);
void seki_sha256_add(struct seki_sha256 *, const void *, size_t);
void seki_sha256_end(struct seki_sha256 *, unsigned char out[SEKI_SHA256]);
void seki_sha256_free(struct seki_sha256 *);
/* Of n bytes at once, as bytes or as hexadecimal digits. */
int seki_sha256_of(const void *, size_t n, unsigned char out[SEKI_SHA256],
    struct seki_err *);
int seki_sha256_hex(
    const void *, size_t n, char hex[SEKI_HEX], struct seki_err *);

/* The SUBTABLE field that is the schema's table of that number, or NULL. */
const struct seki_field *seki_schema_table(const struct seki_schema *, size_t);
/* May a stream be called so? */
int seki_schema_stream_ok(const char *);
/* The files that the records were read from, a JSON array; NULL is none.  A
 * reference is taken. */
int seki_schema_files(
    struct seki_schema *, struct json_t *list, struct seki_err *);
/* The SCHEMA message, without its LF, and back (seki-stream(5)). */
int seki_schema_format(const struct seki_schema *, struct seki_buf *,
    struct seki_err *);
struct seki_schema *seki_schema_parse(const char *, size_t,
    struct seki_err *);

/*
 * A record's JSON object, as RECORD messages hold it.  parse: j stands behind
 * the token that opened the object; values point into the text or the arena.
 */
int seki_record_format(const struct seki_schema *, const struct seki_record *,
    struct seki_buf *, struct seki_err *);
/* A copy of what a workbook shows of it, in the arena: neither reasons nor the
 * instant of deletion.  Its weight is added to *weight: 32 for the key, each
 * value, a table too, each row's id and each value in a row, and the bytes of
 * their texts.  NULL without memory. */
struct seki_record *seki_record_copy(const struct seki_schema *,
    const struct seki_record *, struct seki_arena *, size_t *weight,
    struct seki_err *);
int seki_record_parse(const struct seki_schema *, struct seki_json *,
    struct seki_arena *, struct seki_record *, struct seki_err *);

/* The address of a record's page in the cloud, appended; nothing when the
 * stream does not come from there. */
int seki_record_link(const struct seki_schema *, const struct seki_record *,
    struct seki_buf *, struct seki_err *);

/* A stream of a module's own: read gives what seki_in_read does; free ends
 * ctx, which is taken. */
struct seki_in_ops {
	ssize_t (*read)(void *ctx, void *, size_t, struct seki_err *);
	void (*free)(void *ctx);
};
struct seki_in *seki_in_new(const struct seki_in_ops *, void *ctx,
    const char *name, struct seki_err *);

/* What is left of in goes into a new file without a name (seki_dir_spool),
 * whose descriptor comes back; and what stands in such a file, from its front,
 * as bytes and as a record stream. */
int seki_in_spool(const char *dir, struct seki_in *, struct seki_err *);
struct seki_in *seki_in_again(int fd, const char *name, struct seki_err *);
struct seki_stream_in *seki_stream_again(
    int fd, const char *name, struct seki_err *);

/* In a worker (lib/worker.h): seki_dir_spool gives these, one after the other,
 * and opens none. */
void seki_dir_pool(const int *fd, size_t n);

/* errno as a failure: "WHAT: strerror", FULL for a full disk, PERMISSION for
 * EACCES, EPERM, EROFS; FILE for ENOENT, ELOOP, EISDIR; else IO. */
int seki_err_errno(struct seki_err *, const char *what);

/*
 * Small JSON documents through jansson: manifest, trust file, ledger entries,
 * the service's settings.
 */
struct json_t;
/* Any RFC 8259 document; duplicate keys, NUL, trailing bytes, depth past
 * SEKI_JSON_DEPTH are refused with reason and "WHAT: ...".  New reference. */
struct json_t *seki_doc_parse(const char *, size_t, enum seki_reason,
    const char *what, struct seki_err *);
/* Once before a process may open nothing any more: the seed is taken. */
void seki_doc_warm(void);
/* The form of threats C2 (RFC 8785, only objects, arrays, strings, booleans,
 * integers 0..2^53-1, ASCII keys), appended; SEKI_BUG for anything else. */
int seki_doc_canon(const struct json_t *, struct seki_buf *, struct seki_err *);
/* Parse, write the canonical form, compare bytes: canonical or refused, with
 * the offset of the first difference. */
struct json_t *seki_doc_open(const char *, size_t, enum seki_reason,
    const char *what, struct seki_err *);
/* Which STATE it is: the digest of its value, keys sorted, no white space. */
int seki_state_digest(
    const struct json_t *value, char hex[SEKI_HEX], struct seki_err *);
struct seki_state {
	char own[SEKI_HEX];   /* its digest */
	char after[SEKI_HEX]; /* of a delta: that of the one it continues */
	char rules[SEKI_HEX]; /* of the rules table, or "" */
	char form[SEKI_HEX];  /* of the source's codes and types, or "" */
	char attachments[SEKI_HEX]; /* "all", "none" or "" */
};
int seki_state_read(const char *value, struct seki_state *, struct seki_err *);
/* Members: borrowed; missing or of another type fails with reason, naming
 * WHAT and the key. */
const char *seki_doc_str(const struct json_t *, const char *key,
    enum seki_reason, const char *what, struct seki_err *);
int seki_doc_uint(const struct json_t *, const char *key, uint64_t *,
    enum seki_reason, const char *what, struct seki_err *);
int seki_doc_bool(const struct json_t *, const char *key, int *,
    enum seki_reason, const char *what, struct seki_err *);
int seki_doc_time(const struct json_t *, const char *key, seki_time *,
    enum seki_reason, const char *what, struct seki_err *);
struct json_t *seki_doc_object(const struct json_t *, const char *key,
    enum seki_reason, const char *what, struct seki_err *);
struct json_t *seki_doc_array(const struct json_t *, const char *key,
    enum seki_reason, const char *what, struct seki_err *);
/* Refuse keys outside the NULL-ended list. */
int seki_doc_known(const struct json_t *, const char *const *known,
    enum seki_reason, const char *what, struct seki_err *);

/*
 * The forms that single values of manifest and trust file must have
 * (seki-bundle(5)).
 */
enum seki_form {
	SEKI_F_ORG,
	SEKI_F_STREAM,
	SEKI_F_ID, /* person, host, audience */
	SEKI_F_ID_OR_NONE,
	SEKI_F_HEX,
	SEKI_F_HEX_OR_NONE,
	SEKI_F_ENTRY,
	SEKI_F_KIND,
	SEKI_F_CARRIER,
	SEKI_F_ATTACHMENTS,
	SEKI_F_APPROVAL,
	SEKI_F_ROLE,
	SEKI_F_SYSTEM,
	SEKI_F_WORD,
	SEKI_F_DOMAIN,
	SEKI_F_APP,
	SEKI_F_LABEL,
	SEKI_F_DIGITS,
	SEKI_F_TIME_OR_NONE,
	SEKI_F_LINE,
	SEKI_F_NOTE
};
int seki_form_ok(enum seki_form, const char *);
/* What it is not, for people: "not a host name"; translated. */
const char *seki_form_what(enum seki_form);

/* The list of files is emptied; and one more recipient, to be set. */
void seki_manifest_no_files(struct seki_manifest *);
char **seki_manifest_recipient(struct seki_manifest *, struct seki_err *);
/* Where all attachments of an encrypted bundle are; and its files at most. */
#define SEKI_SEALED_FILES "att/files.cms"
/* What a part carries of the whole. */
#define SEKI_WHOLE "whole/"
#define SEKI_WHOLE_MANIFEST SEKI_WHOLE "manifest.json"
#define SEKI_SEALED_MAX 3

/*
 * A signature in steps, for whoever has several certificates to try.
 */
struct seki_cms;
/* Form and attributes: everything that needs neither certificate nor content
 * (SEKI_CMS, SEKI_SIGNATURE).  der is borrowed. */
struct seki_cms *seki_cms_open(const void *der, size_t, struct seki_err *);
enum seki_purpose seki_cms_purpose(const struct seki_cms *);
seki_time seki_cms_when(const struct seki_cms *);
/* "ecdsa-p256", "ecdsa-p384", "rsa-pss": known once seki_cms_check held. */
const char *seki_cms_algorithm(const struct seki_cms *);
/* 1 when the signature says that it was made with this certificate. */
int seki_cms_names(const struct seki_cms *, const void *cert, size_t);
int seki_cms_check(struct seki_cms *, const void *data, size_t,
    const void *cert, size_t, struct seki_err *);
void seki_cms_free(struct seki_cms *);
/* OpenSSL's private parts of a key, for seki_cms_sign. */
struct evp_pkey_st *seki_key_pkey(const struct seki_key *);
struct x509_st *seki_key_x509(const struct seki_key *);
/* OpenSSL's own last words as a failure "WHAT: ..."; empties its queue. */
int seki_key_fail(struct seki_err *, enum seki_reason, const char *what);

/*
 * The ledger (threats C9): a chained, append-only table in any SQLite file;
 * the store's and the sender's are the same.
 */
struct sqlite3;
/* Create table and triggers when absent. */
int seki_ledger_init(struct sqlite3 *, const char *host, struct seki_err *);
/* Append inside the caller's transaction.  Takes entry: a JSON object whose
 * values are strings, booleans and integers; kind, time and n are added. */
int seki_ledger_add(struct sqlite3 *, const char *kind, seki_time,
    struct json_t *entry, struct seki_err *);
/* SEKI_LEDGER: "chain breaks at entry N".  head and count may be NULL. */
int seki_ledger_check(struct sqlite3 *, unsigned char *head, uint64_t *count,
    struct seki_err *);
/* The same, and fn for each entry in its turn. */
typedef int seki_ledger_fn(
    const struct json_t *entry, void *ctx, struct seki_err *);
int seki_ledger_walk(struct sqlite3 *db, seki_ledger_fn *fn, void *ctx,
    unsigned char *last, uint64_t *count, struct seki_err *err);
/* Table and triggers are as they were made: SEKI_LEDGER. */
int seki_ledger_shape(struct sqlite3 *, struct seki_err *);
/* SQLite's last error as a failure: LOCKED, FULL, IO, PERMISSION or BUG. */
int seki_sqlite_fail(struct sqlite3 *, const char *what, struct seki_err *);

/*
 * Temporary files that a signal takes along (lib/tmp.c).  seki_tmp_open is
 * mkostemps; "at" goes to seki_tmp_forget when the file is renamed or gone.
 */
int seki_tmp_open(char *template, int suffix, int *at);
void seki_tmp_forget(int at);
/* The same of a folder, 0700, which is opened and locked: it goes with all that
 * is in it. */
int seki_tmp_dir(char *template, int suffix, int *at);
/* A folder and what is in it, folders of files too, whatever can be removed;
 * -1 with errno when some is left. */
int seki_tmp_tree(int at, const char *name);
/* What killed runs left beside "path", which is of this mode. */
void seki_tmp_sweep(const char *path, mode_t mode);

/*
 * A ZIP file as plain numbers (lib/zip.c, threats C1): a table that a worker
 * can hand over whole.
 */
struct seki_place {
	uint64_t at;     /* of the entry's bytes, from the start of the file */
	uint64_t packed; /* bytes there */
	uint64_t size;   /* bytes they must yield */
	uint32_t crc;
	int deflated;
};
struct seki_zip_entry {
	const char *name;
	struct seki_place place;
};
struct seki_zip {
	struct seki_zip_entry *entry; /* in the order of the file */
	size_t n;
	char *names;
};
/* Profiles: a workbook that others wrote; our own bundle; our own workbook,
 * which has the bundle's rules and a workbook's names. */
enum { SEKI_ZIP_OTHERS, SEKI_ZIP_OWN, SEKI_ZIP_BOOK };
/* Every rule of C1 but those on what compressed data yields: nothing is
 * inflated.  own is a profile.  SEKI_ZIP, SEKI_LIMIT. */
int seki_zip_open(int fd, uint64_t offset, uint64_t length, int own,
    struct seki_zip *, struct seki_err *);
const struct seki_zip_entry *seki_zip_find(const struct seki_zip *,
    const char *name);
/* Fail, SEKI_ZIP: a record stream came in place of a bundle; something of
 * length bytes that is no archive did. */
int seki_zip_stream(struct seki_err *);
int seki_zip_none(uint64_t length, struct seki_err *);
/* A name of the profile (own: ours, else a workbook's); no folder. */
int seki_zip_name_ok(const char *, size_t, int own);
void seki_zip_release(struct seki_zip *);
/* An entry's bytes; fd is borrowed and read with pread, so that many may be
 * read at once.  The rest of C1 while they pass: SEKI_ZIP unless the data
 * ends where it must and yields exactly the stated size and CRC. */
struct seki_in *seki_zip_in(int fd, const struct seki_place *,
    const char *name, struct seki_err *);

/* The proof of these very bytes is checked elsewhere: leaves, order of keys and
 * root are left out here.  Right after seki_stream_open. */
void seki_stream_elsewhere(struct seki_stream_in *);
/* It may be of the kind "part" (seki-bundle(5), PARTS), which nobody else
 * takes.  Before the first record. */
void seki_stream_allow_part(struct seki_stream_in *);
/* Is it a word for what a stream is: full, delta, part? */
int seki_stream_kind_ok(const char *kind);

/* The proof as the STATE says it, whether it holds or not; after 0. */
const struct seki_proof *seki_stream_stated(const struct seki_stream_in *);
/*
 * Records that something else reads.  next: as seki_stream_next, into the arena
 * or what lives until the next call; proof, after its 0: what the STATE states,
 * and its value, bookmarks, source and rules, which are given away.  Keys,
 * leaves and root are worked out and compared as those of any stream.
 */
#define SEKI_STREAM_TEXTS 4
struct seki_stream_ops {
	int (*next)(void *ctx, const struct seki_schema *, struct seki_arena *,
	    struct seki_record *, struct seki_err *);
	void (*proof)(void *ctx, struct seki_proof *stated,
	    struct seki_buf text[SEKI_STREAM_TEXTS]);
	void (*free)(void *ctx);
};
/* ctx and schema are taken. */
struct seki_stream_in *seki_stream_new(const struct seki_stream_ops *,
    void *ctx, struct seki_schema *schema, const char *name,
    struct seki_err *);

/*
 * What the stream's STATE says of the fetch and the manifest repeats.  Plain
 * data, of the sizes that a manifest may hold.
 */
struct seki_origin {
	char attachments[8];
	char query_sha256[SEKI_HEX];
	char fetched_from[SEKI_TIME], fetched_to[SEKI_TIME];
	char id_min[33], id_max[33];
	uint64_t total;
};
/* The STATE's source, a JSON object (SEKI_RECORD). */
int seki_origin_parse(const char *text, struct seki_origin *,
    struct seki_err *);
int seki_origin_fill(const struct seki_origin *, struct seki_manifest *,
    struct seki_err *);
/* SEKI_CONTENT, naming the member that differs. */
int seki_origin_same(const struct seki_origin *, const struct seki_manifest *,
    struct seki_err *);
/* The manifest's schema.id: STREAM.DDDDDDDD, from the schema digest. */
#define SEKI_SCHEMA_ID (SEKI_STREAM_MAX + 10)
void seki_origin_schema(const char *stream, const unsigned char *digest,
    char id[SEKI_SCHEMA_ID]);

/*
 * Which attachments records name, each digest once (lib/att.c).  Bounded: no
 * bundle holds more than SEKI_ENTRIES_MAX.
 */
struct seki_att {
	unsigned char sha256[SEKI_SHA256];
	uint64_t size;
	char record[64], field[200]; /* that name it first, for messages */
	char ext[8];		     /* of its name there: ".pdf" or "" */
};
/* What it is called in a bundle: att/SHA256; for a relay, which wants files of
 * known types in one folder, the first half of the digest and the ext. */
#define SEKI_ATT_NAME (SEKI_HEX + 8)
void seki_att_name(const struct seki_att *, int relay, char out[SEKI_ATT_NAME]);
struct seki_atts {
	struct seki_att **v; /* by digest */
	size_t n, room;
	/* Whether any of it matters is known only at a stream's end. */
	uint64_t unknown;      /* files without a digest */
	int more;	       /* than can be */
	struct seki_att clash; /* named with two sizes, when it has a record */
	struct seki_buf text;
};
/* Each file that a record names, in its tables too; text is for its item. */
struct seki_att_walk {
	int (*file)(void *ctx, const struct seki_record *,
	    const struct seki_field *, const struct seki_item *,
	    struct seki_err *);
	void *ctx;
	struct seki_buf *text;
};
int seki_att_each(const struct seki_schema *, const struct seki_record *,
    const struct seki_att_walk *, struct seki_err *);
int seki_atts_add(struct seki_atts *, const struct seki_schema *,
    const struct seki_record *, struct seki_err *);
/* They could be in a bundle: SEKI_CONTENT for one without a digest, SEKI_RECORD
 * for one digest of two sizes, SEKI_LIMIT for too many. */
int seki_atts_ok(const struct seki_atts *, struct seki_err *);
/* Exactly these are the attachments of a manifest whose records name all of
 * them, or none for one that says "none": SEKI_CONTENT. */
int seki_atts_same(
    const struct seki_atts *, const struct seki_manifest *, struct seki_err *);
void seki_atts_free(struct seki_atts *);
/* Add where the attachment is named. */
void seki_att_place(const struct seki_att *, struct seki_err *);

/*
 * Parsing jobs (lib/work.c, threats C10).  Each takes a descriptor and plain
 * parameters and gives back bounded plain data, nothing else: what runs here
 * as a function can run in a process without rights.
 */
struct seki_work_content {
	struct seki_proof proof;
	char stream[SEKI_STREAM_MAX + 1];
	unsigned char schema[SEKI_SHA256];
	char system[64], domain[256], app[64];
	char rules[SEKI_HEX]; /* "" for none */
	struct seki_origin origin;
	struct seki_atts atts; /* the caller frees them */
};
/* Step 2: the places of a bundle's entries. */
int seki_work_structure(int fd, uint64_t length, struct seki_zip *,
    struct seki_err *);
/* Step 7: what an entry's bytes are (in is taken).  On failure digest and count
 * are those of what came before it. */
int seki_work_digest(struct seki_in *, unsigned char *digest, uint64_t *count,
    struct seki_err *);
/* Step 8: what the record stream says, its own proof checked. */
int seki_work_records(int fd, const struct seki_place *, const char *name,
    struct seki_work_content *, struct seki_err *);
/* Step 9: a stored workbook is, part by part, the one that records and manifest
 * give; so it shows what they say and nothing else, however a program shows
 * it.  SEKI_VIEW, or what else is wrong with it. */
int seki_work_view(int fd, const struct seki_place *records,
    const struct seki_place *view, const struct seki_manifest *,
    const char *name, struct seki_err *);
/*
 * Records whose leaves another canon worked out, in key order and after those
 * of c: n leaves, of which the last is the last one of part.
 */
int seki_canon_join(struct seki_canon *c, const struct seki_canon *part,
    const void *leaves, size_t n, struct seki_err *);
/* A leaf that was worked out before: of the records (list 0) or of table t
 * (1 + t).  Its key is not looked at; the caller keeps the order. */
int seki_canon_put(struct seki_canon *, size_t list, const unsigned char *leaf,
    struct seki_err *);
/* The leaf of a record without its tables, and of a table's row, which go into
 * no list; borrowed until the next one. */
struct seki_canon_place {
	size_t table;
	const char *parent; /* the record's key */
	size_t nparent;
	uint32_t ordinal; /* from 1 */
};
const unsigned char *seki_canon_of(struct seki_canon *,
    const struct seki_record *, struct seki_err *);
const unsigned char *seki_canon_of_row(struct seki_canon *,
    const struct seki_canon_place *, const struct seki_row *,
    struct seki_err *);
/* A canon for records worked out by another thread: it keeps their leaves, and
 * seki_canon_pass gives all of them to c, behind what c has (SEKI_RECORD when a
 * key does not come after), and is empty again. */
void seki_canon_keep(struct seki_canon *);
int seki_canon_pass(struct seki_canon *c, struct seki_canon *part,
    struct seki_err *);
/*
 * Some lines of a stream, for another thread to parse.  A twin shares what does
 * not change with the reader it is of, and is freed before it.  lend gives it
 * lines in place of those it had: 1, or 0 when the next line is not for a twin
 * (seki_stream_next of s takes that one, or says what came of reading it).
 * seki_stream_next of the twin gives their records and 0 after the last.  back,
 * called in the order of lending, adds what the twin has read to the proof of
 * s.
 */
struct seki_stream_in *seki_stream_twin(struct seki_stream_in *of,
    struct seki_err *);
int seki_stream_lend(struct seki_stream_in *s, struct seki_stream_in *twin,
    struct seki_err *);
int seki_stream_back(struct seki_stream_in *s, struct seki_stream_in *twin,
    struct seki_err *);
/*
 * Lines and leaves of some records of a stream, made by any one thread, and
 * joined to the stream in their order.  schema is borrowed; join empties.
 */
struct seki_stream_part;
struct seki_stream_part *seki_stream_part_new(const struct seki_schema *,
    struct seki_err *);
int seki_stream_part_put(struct seki_stream_part *,
    const struct seki_record *, struct seki_err *);
int seki_stream_join(struct seki_stream_out *, struct seki_stream_part *,
    struct seki_err *);
void seki_stream_part_free(struct seki_stream_part *);
/* Two jobs at the same time.  Both are always waited for; a failure of the
 * first is the one reported. */
struct seki_work_task {
	int (*run)(void *ctx, struct seki_err *);
	void *ctx;
};
int seki_work_both(const struct seki_work_task *,
    const struct seki_work_task *, struct seki_err *);

/* A bundle's private copy and what was read from it (lib/bundle.c). */
struct seki_whole;
struct seki_set;
struct seki_zip_entry;
struct seki_bundle;
/* A stored entry, appended.  Its CRC is only noted. */
int seki_bundle_stored(struct seki_bundle *, const struct seki_zip_entry *,
    struct seki_buf *, struct seki_err *);
/* The signatures in a folder of it. */
int seki_bundle_read_sigs(struct seki_bundle *, const char *folder,
    struct seki_sig *, struct seki_buf *der, size_t *n, struct seki_err *);
struct seki_bundle {
	char *path;
	int fd;
	uint64_t length;
	unsigned char sha256[SEKI_SHA256]; /* of the whole file */
	struct seki_zip zip;
	struct seki_buf bytes; /* manifest.json */
	unsigned char digest[SEKI_SHA256];
	struct seki_manifest *manifest;
	struct seki_sig sig[SEKI_SIGNATURES_MAX];
	struct seki_buf der[SEKI_SIGNATURES_MAX];
	size_t nsig;
	/* The first of manifest and signatures whose CRC lies, or NULL: said
	 * only when the signatures hold, because a changed manifest is a
	 * matter of signatures. */
	const char *crc;
	/* What a relay delivered; fd and zip are then those of the archive in
	 * its sheet 署名.  NULL: a bundle of ours. */
	struct seki_relay *relay;
	uint64_t nseal; /* bytes of fd */
	struct seki_whole *whole; /* what a part carries, or NULL */
	/* All parts, of which this is the whole: manifest and bytes are those
	 * that the first one carries, and there is no fd.  Or NULL. */
	struct seki_set *set;
	char *spool; /* where it goes on; NULL: wherever */
	int direct;  /* ours, or in a worker already: none is needed */
	int opened;  /* it was encrypted, and seki_sealed_open opened it */
};
/* The same of a file that is ours already, from its first byte on. */
struct seki_bundle *seki_bundle_of(int fd, uint64_t length, const char *spool,
    struct seki_err *);
/* The content root of what a relay's workbook shows, whoever signed it. */
int seki_relay_root(struct seki_bundle *, unsigned char *root,
    struct seki_err *);
/* May this host open it?  Nothing is read (SEKI_CREDENTIALS without a key,
 * SEKI_RECIPIENT when it is for others). */
int seki_sealed_mine(const struct seki_bundle *, const struct seki_check *,
    struct seki_err *);
/*
 * Decrypt, once its files are those of the manifest; from then on the bundle is
 * as one in the clear: its file, its entries, the manifest's files and content
 * root are those that were encrypted, in a file without a name.  The manifest's
 * bytes and digest stay.  SEKI_CMS, RECIPIENT, DIGEST, CONTENT, ZIP.
 */
int seki_sealed_open(struct seki_bundle *, const struct seki_key *,
    struct seki_err *);
/* The records as a stream, parsed by a worker (lib/apart.h). */
struct seki_stream_in *seki_bundle_records(const struct seki_bundle *,
    struct seki_err *);
/* The manifest's file of that role, or NULL. */
const struct seki_entry *seki_bundle_file(const struct seki_bundle *,
    const char *role);

/* Parts of seki_show_path (lib/show*.c). */
struct seki_show_to {
	const struct seki_show *how;
	struct seki_err *err;
	int failed; /* a say has failed: the rest is silent */
};
void seki_show_text(struct seki_show_to *, const char *key, const char *label,
    const char *text);
void seki_show_count(struct seki_show_to *, const char *key, const char *label,
    uint64_t);
void seki_show_hex(struct seki_show_to *, const char *key, const char *label,
    const unsigned char *sha256);
/* People see Japan time; 0 says nothing. */
void seki_show_time(struct seki_show_to *, const char *key, const char *label,
    seki_time);
void seki_show_trust(struct seki_show_to *, const struct seki_trust *);
/* One version by itself; text is taken. */
int seki_show_trust_file(struct seki_show_to *, struct seki_buf *text);
void seki_show_manifest(struct seki_show_to *, const struct seki_manifest *);

/*
 * A thread that takes boxes in the order they are sent, so that one core
 * parses while another writes the workbook.  No box is ever in two
 * hands, so memory stays flat and nothing else needs a lock.
 */
struct seki_lane;
#define SEKI_LANE_BOXES 4
/* fn runs in the thread; after its first failure boxes are passed back
 * unseen.  box and ctx are borrowed until seki_lane_end. */
struct seki_lane *seki_lane_new(void *box[SEKI_LANE_BOXES],
    int (*fn)(void *ctx, void *box, struct seki_err *), void *ctx,
    struct seki_err *);
/* An idle box; waits for one.  NULL: the thread has failed. */
void *seki_lane_get(struct seki_lane *, struct seki_err *);
void seki_lane_send(struct seki_lane *, void *box);
/* Wait until all boxes sent were taken; ends the thread and frees.  -1 with
 * the thread's failure.  NULL is fine. */
int seki_lane_end(struct seki_lane *, struct seki_err *);

/* An entry of a bundle, or of a workbook, before it has a place there. */
struct seki_part {
	int fd; /* what lies in the ZIP, from at on; -1: none */
	uint64_t at, packed, size;
	uint32_t crc;
	int deflated;
	unsigned char sha256[SEKI_SHA256]; /* of what it yields, if asked for */
};

/* Threads that deflate for any number of squeezes (lib/press.c). */
struct seki_press;
struct seki_press *seki_press_new(struct seki_err *);
/* After the last squeeze has ended.  NULL is fine. */
void seki_press_free(struct seki_press *);

/*
 * Bytes deflated as they come, by the threads of a press, into a spool file.
 * The same bytes give the same result, however many threads and calls.
 */
struct seki_squeeze;
/* The press is borrowed until the end. */
struct seki_squeeze *seki_squeeze_new(struct seki_press *, const char *spool,
    struct seki_err *);
/* SEKI_LIMIT beyond SEKI_BUNDLE_MAX.  A full disk is known only at the end. */
int seki_squeeze_write(struct seki_squeeze *, const void *, size_t,
    struct seki_err *);
/* front, up to 64 KiB, comes to stand before all that was written.  Waits, ends
 * and frees, on failure too; part->fd is then the caller's. */
int seki_squeeze_end(struct seki_squeeze *, const void *front, size_t n,
    struct seki_part *, struct seki_err *);
void seki_squeeze_abort(struct seki_squeeze *);

/*
 * The workbook for people (DESIGN 6, workbook-facts): cover, data sheets, one
 * sheet a table, 項目一覧.  Every byte of its parts follows from schema, records
 * and manifest.
 */
struct seki_sheet_out;
/*
 * Write one into fd, an empty file; its parts wait in files without a name in
 * spool.  All but err are borrowed until the end.  m may be NULL: what data
 * sheets show of it (title) must be set, what only the cover shows when
 * seki_sheet_end is called.
 */
struct seki_sheet_out *seki_sheet_create(int fd, const struct seki_schema *,
    const struct seki_manifest *m, struct seki_press *, const char *spool,
    struct seki_err *);
/*
 * The same, but what would be written is compared with the workbook at offset
 * of fd, length bytes long.  SEKI_VIEW, naming sheet and cell, where it is
 * another or has more in it; SEKI_ZIP, SEKI_LIMIT.  Every failure may come
 * from any of the calls.
 */
struct seki_sheet_out *seki_sheet_same(int fd, uint64_t offset,
    uint64_t length, const struct seki_schema *, const struct seki_manifest *m,
    struct seki_err *);
int seki_sheet_put(struct seki_sheet_out *, const struct seki_record *,
    struct seki_err *);
/* Of a workbook for a relay (m->carrier): what 補修 spells out beside what it
 * always does, before the first record; the bytes that 署名 holds, before the
 * end. */
struct seki_repair;
void seki_sheet_repair(struct seki_sheet_out *, const struct seki_repair *);
void seki_sheet_seal(struct seki_sheet_out *, int fd, uint64_t length);
/* Ends and frees, on failure too. */
int seki_sheet_end(struct seki_sheet_out *, struct seki_err *);
void seki_sheet_abort(struct seki_sheet_out *);

/* A workbook in a thread of its own, from copies of the records. */
struct seki_view;
/* sheet is taken, and may be NULL: then the failure is in err already. */
struct seki_view *seki_view_new(struct seki_sheet_out *sheet,
    const struct seki_schema *, struct seki_err *);
int seki_view_put(struct seki_view *, const struct seki_record *,
    struct seki_err *);
/* Before the end: seki_sheet_seal. */
void seki_view_seal(struct seki_view *, int fd, uint64_t length);
/* Ends and frees, on failure too. */
int seki_view_end(struct seki_view *, struct seki_err *);
void seki_view_abort(struct seki_view *);

/*
 * The writer of the narrow ZIP profile (threats C1): every byte is decided
 * here, so that the same parts give the same bundle with every library.
 */
struct seki_zipout;
/* size, crc and digest of a whole file that is stored as it is. */
int seki_zipout_stored(int fd, struct seki_part *, struct seki_err *);
struct seki_zipout *seki_zipout_new(struct seki_out *borrowed,
    struct seki_err *);
int seki_zipout_mem(struct seki_zipout *, const char *name, const void *,
    size_t, struct seki_err *);
int seki_zipout_part(struct seki_zipout *, const char *name,
    const struct seki_part *, struct seki_err *);
/* Directory and end record; size and digest of the whole file. */
int seki_zipout_end(struct seki_zipout *, uint64_t *size,
    unsigned char *sha256, struct seki_err *);
void seki_zipout_free(struct seki_zipout *);

/*
 * A bundle in the making (lib/pack.c): the stream's bytes as they come and the
 * workbook of its records, each in a spool file.
 */
struct seki_pack;
/* in is taken; spool is borrowed.  attachments is the folder they are in, or
 * NULL.  scan says what must not cross beside what never may.  Reads SCHEMA. */
struct seki_pack *seki_pack_open(struct seki_in *, const char *spool,
    const char *attachments, const struct seki_scan_how *scan,
    struct seki_err *);
const struct seki_schema *seki_pack_schema(const struct seki_pack *);
/* Before reading: the carrier is a relay, and what goes out is a workbook, or a
 * ZIP of it, the attachments and, with text, the text of 署名.  repair is
 * borrowed, and may be NULL. */
int seki_pack_carry(struct seki_pack *, int zip, int text,
    const struct seki_repair *, struct seki_err *);
/* Before reading: it is a part (seki-bundle(5), PARTS), and carries this of the
 * whole.  All borrowed. */
struct seki_of {
	const struct seki_buf *manifest, *der;
	const char *sig; /* the signature's name in the whole */
	/* Of an encrypted whole, else NULL: its blind, its true root. */
	const unsigned char *blind, *root;
};
void seki_pack_of(struct seki_pack *, const struct seki_of *);
/* Before seki_pack_carry: the stream's own bytes are wanted later, whatever
 * becomes of them. */
void seki_pack_keep(struct seki_pack *);
/* They, after reading; borrowed. */
const struct seki_part *seki_pack_kept(const struct seki_pack *);
/* The blind of what was sealed, or NULL. */
const unsigned char *seki_pack_blind(const struct seki_pack *);
/* Reads to the proof; fills in what the manifest says about content, source,
 * scan and files; reads the workbook back (SEKI_VIEW), that of a relay when it
 * is written.  m->created and whatever
 * the cover shows must be set.  What must not cross is SEKI_FORBIDDEN unless
 * m->scan_by is set, which is "" afterwards when nothing had to be let pass. */
int seki_pack_read(struct seki_pack *, struct seki_manifest *,
    void (*progress)(uint64_t done), struct seki_err *);
const struct seki_proof *seki_pack_proof(const struct seki_pack *);
const char *seki_pack_state(const struct seki_pack *);
/* Whom a bundle is encrypted to; certificates in DER. */
struct seki_recipients {
	char id[SEKI_RECIPIENTS_MAX][SEKI_HEX]; /* sorted */
	struct seki_buf cert[SEKI_RECIPIENTS_MAX];
	size_t n;
};
/* Those of the policy and of o; SEKI_TRUST, REVOKED, AUDIENCE. */
int seki_recipients_find(const struct seki_packing *o, const char *stream,
    const struct seki_policy *, struct seki_recipients *, struct seki_err *);
void seki_recipients_free(struct seki_recipients *);
/* Is the key for that stream, or for any? */
int seki_trust_key_for(const struct seki_trust_key *, const char *stream);
/* A key of the trust file that bundles may be encrypted to, by its id or the
 * id's first 16 digits (SEKI_TRUST, SEKI_REVOKED). */
const struct seki_trust_key *seki_recipient(const struct seki_trust *,
    const char *id, const char *stream, seki_time now, struct seki_err *);
/* Encrypt what was read, once: its parts, and m's files, recipients and root
 * (seki-bundle(5), ENCRYPTION). */
int seki_pack_seal(struct seki_pack *, struct seki_manifest *m,
    const struct seki_recipients *, struct seki_err *);
/* The parts of a bundle, clear ones, each replaced by one that is encrypted;
 * all the attachments become files.  Takes their descriptors. */
struct seki_seal {
	struct seki_part *records, *view, *att, *files;
	size_t natt;
	const char *spool;
	const struct seki_recipients *to;
	const struct seki_of *of; /* a part's, or NULL */
	unsigned char *blind;	  /* becomes what the root was blinded with */
};
int seki_seal(const struct seki_seal *, struct seki_manifest *,
    struct seki_err *);
/* What a blinded root is of 32 random bytes and a root. */
int seki_seal_root(const unsigned char *blind, const unsigned char *root,
    unsigned char *out, struct seki_err *);
/* The finished bundle: manifest, one signature, the parts. */
struct seki_sealing {
	const void *manifest, *der;
	size_t nmanifest, nder;
	const char *sig; /* the signature's name */
};
int seki_pack_write(struct seki_pack *, const struct seki_sealing *,
    struct seki_out *, uint64_t *size, unsigned char *sha256,
    struct seki_err *);
/* After that, of a relay: the archive that 署名 holds, borrowed, and its size.
 */
int seki_pack_signature(const struct seki_pack *, uint64_t *length);
void seki_pack_free(struct seki_pack *);

/* Copy the file at fd to path, which must not exist (SEKI_FILE): durable and
 * whole, or not there; 0600.  text (lib/sigfile.h), or NULL, gets its name when
 * the copy is finished, and just before that has its own: who sees the bundle
 * has both. */
struct seki_sigfile;
int seki_publish(
    int fd, const char *path, struct seki_sigfile *text, struct seki_err *);

/* The manifest's own dates against the clock, and the policy's max_age:
 * SEKI_EARLY, SEKI_EXPIRED. */
int seki_order_dates(const struct seki_manifest *, const struct seki_policy *,
    seki_time now, struct seki_err *);
/* What can be said without a store: the dates, and the trust file's epoch. */
int seki_order_alone(const struct seki_manifest *, const struct seki_policy *,
    seki_time now, struct seki_err *);
/* What table C6 looks at; seki_order_check fills it from the store. */
struct seki_order {
	struct seki_position at;
	int taken; /* this bundle, or its twin for another carrier */
	seki_time when;
	seki_time floor;
	int twin;    /* another manifest for a bundle that was taken, at when */
	int follows; /* prev is such a one of the bundle the stream stands at */
};
int seki_order_decide(const struct seki_order *, const struct seki_policy *,
    const struct seki_manifest *, const unsigned char *digest, seki_time now,
    struct seki_verdict *, struct seki_err *);

#endif
