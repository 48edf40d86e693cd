/* Attachments: spool.c keeps files by their digest, spool_index.c remembers
 * which file of the service has which, magic.c looks at what a file is,
 * attach.c fetches those of a pull, attach_get.c one of them, push_file.c sends
 * them; pack_att.c puts them into a bundle, import_att.c takes them out of it,
 * export_att.c out of a store. */
#ifndef SEKI_ATTACH_INT_H
#define SEKI_ATTACH_INT_H

#include "pull_int.h"

/* What is looked at to tell what a file is. */
#define SEKI_MAGIC_HEAD ((size_t)65536)

/*
 * A private folder with DIR/DIGEST for each file, 0600, and what is known of
 * the service's.  No name from outside ever becomes a path.  From any thread.
 */
struct seki_spool;
/* For whoever fetches or sends: locked, with its index; create: made 0700 when
 * absent.  SEKI_UNSAFE when others can look in, SEKI_LOCKED, SEKI_CONFIG when its index
 * is none. */
struct seki_spool *seki_spool_open(
    const char *dir, int create, struct seki_err *);
/* For whoever reads files: neither lock nor index. */
struct seki_spool *seki_spool_read(const char *dir, struct seki_err *);
/* For whoever is the only one to store files there: made 0700 when absent. */
struct seki_spool *seki_spool_keep(const char *dir, struct seki_err *);
void seki_spool_free(struct seki_spool *);
const char *seki_spool_path(const struct seki_spool *);
/* The folder's entries are durable. */
int seki_spool_sync(struct seki_spool *, struct seki_err *);

/* A file to read, or -1: SEKI_FILE when there is none, SEKI_DIGEST when it has
 * another size. */
int seki_spool_file(
    struct seki_spool *, const char *hex, uint64_t size, struct seki_err *);
/* 1 when the file is there and has this size and digest, every byte read; 0
 * when it is not; -1.  The first bytes go to head, which may be NULL. */
int seki_spool_holds(struct seki_spool *, const char *hex, uint64_t size,
    struct seki_buf *head, struct seki_err *);

/* A file on its way in, under a name of its own. */
struct seki_spool_new;
struct seki_spool_new *seki_spool_begin(struct seki_spool *, struct seki_err *);
/* All over again. */
int seki_spool_restart(struct seki_spool_new *, struct seki_err *);
int seki_spool_write(
    struct seki_spool_new *, const void *, size_t, struct seki_err *);
/* Durable under its digest; frees, on failure too. */
int seki_spool_commit(
    struct seki_spool_new *, char hex[SEKI_HEX], struct seki_err *);
void seki_spool_abort(struct seki_spool_new *);
/* All of in, durable under the digest want.  SEKI_DIGEST when it is another
 * file's, which gets no name. */
int seki_spool_put(struct seki_spool *, struct seki_in *, const char *want,
    struct seki_err *);

/* A file as a record of the service names it. */
struct seki_file_id {
	const char *domain, *app;
	const char *key; /* opaque */
	const char *name;
	uint64_t size;
};
/* 1 and the digest it had when it was read; 0; -1. */
int seki_spool_find(struct seki_spool *, const struct seki_file_id *,
    char hex[SEKI_HEX], struct seki_err *);
int seki_spool_note(struct seki_spool *, const struct seki_file_id *,
    const char *hex, struct seki_err *);

/* spool_index.c: the table of seki_spool_find, in a file of the folder. */
struct seki_index;
struct seki_index *seki_index_open(const char *path, struct seki_err *);
int seki_index_find(struct seki_index *, const struct seki_file_id *,
    char hex[SEKI_HEX], struct seki_err *);
int seki_index_note(struct seki_index *, const struct seki_file_id *,
    const char *hex, struct seki_err *);
void seki_index_free(struct seki_index *);

/* What a file is, by its first bytes.  Used by one thread. */
struct seki_magic;
struct seki_magic *seki_magic_open(struct seki_err *);
/* NULL when the bytes are what name and type say, as far as can be told; else
 * what they are, in libmagic's words, borrowed until the next call; *said is
 * then what was said, in ours. */
const char *seki_magic_odd(struct seki_magic *, const void *, size_t,
    const char *name, const char *type, const char **said);
/* The same in steps: what the bytes are, "" when that is not known; borrowed
 * until the next call. */
const char *seki_magic_type(struct seki_magic *, const void *, size_t);
int seki_magic_lies(const char *found, const char *name, const char *type,
    const char **said);
/* By what was found, or by the end of the name. */
int seki_magic_program(const char *found, const char *name);
int seki_magic_page(const char *found, const char *name);
int seki_magic_archive(const char *found, const char *name);
void seki_magic_free(struct seki_magic *);

/* One file of the service. */
struct seki_get {
	struct seki_file_id id;
	const char *type; /* as said */
	/* In messages. */
	const char *record, *field;
};
enum seki_got {
	SEKI_GOT_FAILED = -1,
	SEKI_GOT_KEPT,	  /* it was there */
	SEKI_GOT_FETCHED, /* it is now */
	SEKI_GOT_GONE	  /* the service has it no more; no err */
};
/* Into the spool unless it is there; keep 0: only its digest is wanted, and the
 * index's word will do.  A connection is taken from the pool, or h is used when
 * pool is NULL.  head gets the file's first bytes when all of it was read. */
enum seki_got seki_attach_get(struct seki_spool *, struct seki_pool *,
    struct seki_http *h, const struct seki_get *, int keep, struct seki_buf *head,
    char hex[SEKI_HEX], struct seki_err *);

/*
 * What a stream names, from the folder, verified; one part an attachment, in
 * the order of atts, all in *fd, a file without a name in spool.  They are put
 * into m's list.  Nothing when m says that none come along.  SEKI_CONFIG when
 * dir is missing, SEKI_FILE, SEKI_DIGEST naming record and field.  *parts and
 * *fd are the caller's, on failure too.
 */
int seki_pack_att(const struct seki_atts *, const char *dir, const char *spool,
    struct seki_manifest *m, struct seki_part **parts, int *fd,
    struct seki_err *);

/*
 * The attachments of a pull: each page's are fetched before its records are
 * read, over as many connections as the pool has.
 */
struct seki_attach;
struct seki_attach_how {
	struct seki_pool *pool;
	const struct seki_app *app;
	const struct seki_pull *pull;
	const struct seki_ask *ask;
	/* Is the record sent? */
	int (*sends)(const void *ctx, const struct seki_record *);
	const void *ctx;
};
/* All borrowed. */
struct seki_attach *seki_attach_new(
    const struct seki_attach_how *, struct seki_err *);
/* For seki_fetch_how: the page's files, and page will know them.  A page whose
 * file is gone is asked for once more, into reply. */
int seki_attach_page(void *, struct seki_page *page, uint64_t a, uint64_t b,
    uint64_t number, struct seki_reply *, struct seki_err *);
/* After the last page: all is durable; counts go to pull->files. */
int seki_attach_end(struct seki_attach *, struct seki_err *);
void seki_attach_free(struct seki_attach *);

#endif
