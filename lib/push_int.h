/* Records into an app: push_input.c proves the stream, push.c walks it,
 * push_form.c pairs the fields, push_fit.c knows what the service cannot keep,
 * push_same.c compares, push_body.c writes values as the service takes them,
 * push_look.c reads what is there, push_ask.c understands answers, push_yes.c
 * those that say yes, push_hide.c what may be shown of them, push_send.c changes records, push_bulk.c does so in one
 * transaction, push_file.c takes attachments along, push_journal.c remembers,
 * push_once.c knows keys. */
#ifndef SEKI_PUSH_INT_H
#define SEKI_PUSH_INT_H

#include "pull_int.h"

/* A field that is written: in the stream and in the app. */
struct seki_pair {
	const char *code;
	enum seki_type type;
	enum seki_shape shape;
	size_t ours, theirs; /* index among the fields of each side */
	char *standard;	     /* RADIO_BUTTON: what the form puts for none */
	struct seki_pair *sub;
	size_t nsub;
	int row_key; /* which of sub tells a table's rows apart, or -1 */
};
struct seki_pairs {
	struct seki_pair *pair;
	size_t n;
	struct seki_app app;   /* $id, $revision and the fields paired */
	const char **ask;      /* their codes, NULL-ended, borrowed */
	struct seki_pull pull; /* that asks for them */
	int same_app;	       /* the stream's row ids are this app's */
	int revision;	       /* same_app: the stream's $revision, or -1 */
	int key, key_theirs;   /* index of the key field, or -1: by $id */
	size_t decimals;       /* that the app keeps of a number */
	struct seki_buf left,
	    files; /* codes of fields left alone, for people */
};
/* SEKI_SCHEMA naming every field that the app lacks or has of another type;
 * SEKI_CONFIG for a wrong --fields or --key; SEKI_SOURCE. */
int seki_pairs_build(struct seki_pairs *, const struct seki_push *,
    const struct seki_schema *, const char *domain,
    const struct seki_reply *fields, const struct seki_reply *layout,
    struct seki_err *);
void seki_pairs_release(struct seki_pairs *);

enum seki_push_state {
	SEKI_PUSH_OPEN, /* not compared yet */
	SEKI_PUSH_ADD,
	SEKI_PUSH_CHANGE,
	SEKI_PUSH_ENDED /* counted, one way or the other */
};
struct seki_push_item {
	struct seki_record *rec;
	const char *key; /* NUL-terminated text of the key field or $id */
	enum seki_push_state state;
	int found;
	char id[24], revision[24]; /* of the app's record when it was read */
	char before[24];	   /* the revision of the reading before */
	struct seki_buf body;	   /* what is to be written: {CODE:…} */
	struct seki_buf differs;   /* codes, joined by comma */
	struct seki_buf gone;	   /* dry: the app's rows that go */
};

struct seki_push_run {
	struct seki_http *http;
	const struct seki_push *push;
	struct seki_pairs pairs;
	struct seki_page *page;
	struct seki_arena scratch;
	struct seki_pushed *done;
	const struct seki_push_item *tell; /* push->values is to hear of it */
	int sent; /* a POST of this batch was, or may have been, done */
	struct seki_spool *spool; /* NULL: attachments are left alone */
	struct seki_arena files;
	char hex[SEKI_HEX];
	struct seki_err *err;
};

/* How exact the app's numbers are. */
int seki_push_precision(struct seki_push_run *);
/* Why the service could not keep the value exactly, in a few words, or NULL:
 * *field is then the code. */
const char *seki_push_unfit(
    const struct seki_pairs *, const struct seki_record *, const char **field);
/* How many radio buttons the record leaves empty: the form's standard will
 * stand there. */
size_t seki_push_empties(const struct seki_pairs *, const struct seki_record *);
/* The record's fields as the service takes them: those that differ from
 * theirs, or all when theirs is NULL.  Appended as a JSON object; nothing when
 * nothing differs.  Codes of what differs go to differs. */
int seki_push_body(struct seki_push_run *, const struct seki_record *ours,
    const struct seki_record *theirs, struct seki_buf *body,
    struct seki_buf *differs);
/* One field. */
int seki_push_value(const struct seki_pair *, const struct seki_value *,
    const struct seki_value *theirs, int same_app, struct seki_buf *,
    struct seki_err *);
/* 1 when writing ours over theirs would change nothing; 0; -1. */
int seki_push_same(const struct seki_pair *, const struct seki_value *ours,
    const struct seki_value *theirs, int same_app, struct seki_arena *scratch,
    struct seki_err *);
/* How many of their rows are none of ours. */
size_t seki_push_gone(const struct seki_pair *, const struct seki_value *ours,
    const struct seki_value *theirs, int same_app);
/* Their row that this one of ours is, or NULL. */
const struct seki_row *seki_push_row(const struct seki_pair *,
    const struct seki_value *ours, size_t i, const struct seki_value *theirs,
    int same_app);

/*
 * Attachments.  Ours have a digest; theirs a key, which stands in the place of
 * the type, and a digest when it is known.
 */
/* For seki_page_files; ctx is the run. */
int seki_push_file_heard(void *ctx, const struct seki_field *,
    struct seki_item *, const char *key, struct seki_err *);
/* Read those of theirs that could be ours, by name and size. */
int seki_push_file_learn(struct seki_push_run *, const struct seki_push_item *,
    const struct seki_record *theirs);
int seki_push_file_same(const struct seki_value *ours,
    const struct seki_value *theirs, struct seki_arena *, struct seki_err *);
int seki_push_file_value(const struct seki_pair *, const struct seki_value *,
    const struct seki_value *theirs, struct seki_buf *, struct seki_err *);
/* Can what the body names be uploaded?  A name that cannot be ends the item;
 * SEKI_FILE, SEKI_DIGEST, SEKI_CONFIG for what is not in the folder. */
int seki_push_file_check(struct seki_push_run *, struct seki_push_item *);
/* Upload what the body names; it then is as it is sent. */
int seki_push_file_send(struct seki_push_run *, struct seki_push_item *);

/* What to do about a permission that is missing. */
#define SEKI_PUSH_RIGHTS                                                             \
	N_("Open the app's settings, API token: tick レコード閲覧, "         \
	   "レコード追加 and レコード編集 for this token, then press " \
	   "アプリを更新.")
/* What to do about an answer that nobody understands. */
#define SEKI_PUSH_ODD                                                          \
	N_("Run the same command again: what is done already is not done "     \
	   "twice. If this stays, check --base-url, and whether a proxy "      \
	   "stands before the service.")
/* What the service said to a request that changes something. */
enum seki_push_said {
	SEKI_PUSH_YES,
	SEKI_PUSH_NO,	   /* a record's fault */
	SEKI_PUSH_STALE,   /* a revision is not the newest, a record is gone */
	SEKI_PUSH_UNKNOWN, /* it may have been done; err says why */
	SEKI_PUSH_STOP	   /* err */
};
/* Items of one state, at most a batch of them: one request. */
struct seki_push_part {
	struct seki_push_item *const *item;
	size_t n;
	enum seki_push_state state;
};
struct seki_push_answer {
	enum seki_push_said said;
	long status; /* HTTP's, 0 for no answer */
	char code[32];
	struct json_t *errors; /* the service's, or NULL; owned */
	size_t request;	       /* bulk: which one failed */
	const struct seki_push_part *part; /* what was asked; borrowed */
	size_t parts;
	unsigned searched; /* messages, for values */
};

/* Read what the app has of the items (at most SEKI_PUSH_BATCH of them), and
 * work out what differs. */
int seki_push_look(
    struct seki_push_run *, struct seki_push_item *const *, size_t n);

/* Write the items, all of state ADD or CHANGE; each ends counted, and those
 * that could not be written are told of.  -1 when the run cannot go on. */
int seki_push_send(struct seki_push_run *, struct seki_push_item **, size_t n,
    enum seki_push_state);
/* Tell that a transaction wrote nothing. */
void seki_push_nothing(const struct seki_push_run *);
/* Of both states, in one transaction or not at all; dry: only whether one can
 * hold them. */
int seki_push_bulk(
    struct seki_push_run *, struct seki_push_item *const *, size_t n);
/* An item that cannot be written: counted in *count and told of. */
void seki_push_trouble(struct seki_push_run *, struct seki_push_item *,
    uint64_t *count, const char *field, const char *why);
/* The app has another content than what was compared, or is added. */
int seki_push_conflict(
    struct seki_push_run *, struct seki_push_item *, const char *why);
/* Tell of the items that the answer blames; how many, or -1. */
int seki_push_blame(struct seki_push_run *, struct seki_push_item *const *,
    size_t n, struct seki_push_answer *);
/* What a code means when the service has no better words. */
const char *seki_push_why(const char *code);

/* requests: how many parts a bulk has, else 0 for the one part. */
void seki_push_ask(struct seki_push_run *, const char *method, const char *path,
    const char *body, const struct seki_push_part *, size_t requests,
    struct seki_push_answer *, struct seki_err *);
/* Does the answer of status 200 say of every record sent that it is written?
 */
int seki_push_complete(
    struct json_t *doc, const struct seki_push_part *, size_t requests);
void seki_push_answer_release(struct seki_push_answer *);
/* Is there an error about record i; *field: the code of the field it names, ""
 * for none; its messages, in hidden when they may hold values. */
int seki_push_blamed(struct seki_push_answer *, const struct seki_pairs *, size_t i,
    size_t n, const char **field, struct seki_buf *why,
    struct seki_buf *hidden);
/* Does a message hold a value that was sent, of any field of any record?  White
 * space makes no difference.  1 also when it is long, or one of many. */
#define SEKI_PUSH_MESSAGE  400
#define SEKI_PUSH_SEARCHES 32
int seki_push_hide(struct seki_push_answer *, const struct seki_pairs *,
    const char *, size_t n);
/* What was hidden, for those who asked for values. */
void seki_push_said_so(
    const struct seki_push_run *, const char *record, const char *text);
/* {"app":N,"records":[…]} of items of one state. */
int seki_push_request(struct seki_push_run *, struct seki_push_item *const *,
    size_t n, enum seki_push_state, struct seki_buf *);

/*
 * How far an adding run without a key came: a file in a private folder that is
 * replaced whole before and after each batch, and a list of the streams that
 * came to their end before.
 */
struct seki_push_journal;
/* SEKI_HELD when the last run ended while it was adding; SEKI_LOCKED; *already
 * when this stream was added to the end. */
struct seki_push_journal *seki_push_journal_open(const char *dir,
    const char *domain, const char *app, const struct seki_proof *,
    int *already, struct seki_err *);
/* Records of the stream that are dealt with. */
uint64_t seki_push_journal_done(const struct seki_push_journal *);
/* Of these, how many could not be written. */
uint64_t seki_push_journal_refused(const struct seki_push_journal *);
/* Durable: records up to `to` are being added; then that they are. */
int seki_push_journal_begin(
    struct seki_push_journal *, uint64_t to, struct seki_err *);
int seki_push_journal_end(
    struct seki_push_journal *, uint64_t refused, struct seki_err *);
/* Nothing of it was added. */
int seki_push_journal_undo(struct seki_push_journal *, struct seki_err *);
void seki_push_journal_free(struct seki_push_journal *);

/* Digests of keys in a spool file: memory does not grow with them. */
struct seki_once;
struct seki_once *seki_once_new(const char *spool, struct seki_err *);
int seki_once_add(struct seki_once *, const char *, size_t, struct seki_err *);
/* After the last: is a key there twice?  seki_once_is then tells which. */
int seki_once_twice(struct seki_once *, struct seki_err *);
int seki_once_is(const struct seki_once *, const char *, size_t);
void seki_once_free(struct seki_once *);

/* What can be said of the options alone. */
int seki_push_arguments(const struct seki_push *, struct seki_err *);
/* The input in a private file (seki_in_spool) to its proof: the stream is whole
 * before anything is written, and the same when it is read again.  Keys go to
 * once. */
int seki_push_prove(const struct seki_push *, int fd, const char *name,
    struct seki_proof *, struct seki_once *, struct seki_err *);
/* No key twice: else the second record would overwrite the first, in this run
 * and in every later one.  SEKI_RECORD naming it. */
int seki_push_unique(const struct seki_push *, int fd, const char *name,
    struct seki_once *, struct seki_err *);

#endif
