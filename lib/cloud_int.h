/* What the modules of the local record server share with each other. */
#ifndef SEKI_CLOUD_INT_H
#define SEKI_CLOUD_INT_H

#include <pthread.h>

#include "seki_int.h"

/*
 * What the service refuses: code, HTTP status, message in Japanese and
 * English; %s is what was asked for.  Codes and statuses are the service's
 * (record API 7.3), the wording is ours: programs go by the code.
 */
#define SEKI_CLOUD_CODES(X)                                                    \
	X(CB_VA01, 400, "入力に誤りがあります。", "Missing or invalid input.") \
	X(CB_IJ01, 400, "JSONとして読めません。",                              \
	    "The body is not valid JSON.")                                     \
	X(CB_IL02, 400, "要求の形が正しくありません。", "Illegal request.")    \
	X(CB_AU01, 401, "ログインしてください。", "Please log in.")            \
	X(CB_WA01, 401, "パスワードで認証できません。",                        \
	    "Password authentication failed.")                                 \
	X(CB_NO02, 403, "権限がありません。", "No privilege to proceed.")      \
	X(GAIA_NO01, 403, "このトークンにはこの操作の権限がありません。",      \
	    "This token may not call this API.")                               \
	X(GAIA_IA02, 400, "このアプリのトークンではありません。",              \
	    "The token is not one of this app.")                               \
	X(GAIA_DA03, 400, "一つのアプリのトークンが二つあります。",            \
	    "Two tokens of one app were given.")                               \
	X(GAIA_AP01, 404, "アプリ（id: %s）がありません。",                    \
	    "There is no app (id: %s).")                                       \
	X(GAIA_RE01, 404, "レコード（id: %s）がありません。",                  \
	    "There is no record (id: %s).")                                    \
	X(GAIA_QU01, 400, "limit は 500 までです。",                           \
	    "limit is 500 at the most.")                                       \
	X(GAIA_QU02, 400, "offset は 10,000 までです。",                       \
	    "offset is 10,000 at the most.")                                   \
	X(GAIA_IQ03, 400, "%s の種類にはこの演算子を使えません。",             \
	    "The operator cannot be used with the type of %s.")                \
	X(GAIA_IQ07, 400, "テーブル内の %s に = と != は使えません。",         \
	    "= and != cannot be used with %s, which is in a table.")           \
	X(GAIA_IQ10, 400, "選択肢 %s はありません。",                          \
	    "There is no option %s.")                                          \
	X(GAIA_IQ11, 400, "フィールド %s がありません。",                      \
	    "There is no field %s.")                                           \
	X(GAIA_IR02, 400, "%s は関連レコード一覧ではありません。",             \
	    "%s is not a related records list.")                               \
	X(GAIA_TO04, 429, "同時に受けられる要求の数を超えました。",            \
	    "Too many requests at the same time.")

enum seki_cloud_code {
	SEKI_CLOUD_OK,
#define X(name, status, ja, en) SEKI_CLOUD_##name,
	SEKI_CLOUD_CODES(X)
#undef X
};

/* What is wrong with one parameter (the errors member of CB_VA01). */
enum seki_cloud_why {
	SEKI_CLOUD_REQUIRED,
	SEKI_CLOUD_INTEGER,
	SEKI_CLOUD_SYNTAX,
	SEKI_CLOUD_BOOLEAN,
	SEKI_CLOUD_TOO_MANY
};

struct seki_cloud_fault {
	enum seki_cloud_code code;
	const char *key; /* CB_VA01: which parameter, a literal; else NULL */
	enum seki_cloud_why why;
	char arg[200];
};

/* -1 always, so that "return seki_cloud_refuse(...)" reads well.  The first
 * one stays. */
int seki_cloud_refuse(
    struct seki_cloud_fault *, enum seki_cloud_code, const char *arg, size_t n);
int seki_cloud_invalid(
    struct seki_cloud_fault *, const char *key, enum seki_cloud_why);
unsigned seki_cloud_error_status(enum seki_cloud_code);
const char *seki_cloud_error_word(enum seki_cloud_code);
/* The JSON body, appended; english: else Japanese. */
int seki_cloud_error_body(const struct seki_cloud_fault *, int english,
    struct seki_buf *, struct seki_err *);

/* An app's form, as far as queries need it. */
struct seki_cloud_field {
	char *code;
	enum seki_type type; /* SEKI_T_NONE: nothing that is in a record */
	enum seki_calc calc;
	int inner;     /* in a table */
	char **option; /* of choices; NULL-ended */
};
struct seki_cloud_app {
	uint64_t id;
	struct seki_cloud_field *field;
	size_t nfield;
	char **hide;
	size_t nhide;
	int claimed; /* an option of this run made it, or found it made */
};
int seki_cloud_app_parse(
    struct seki_cloud_app *, const char *json, size_t, struct seki_err *);
const struct seki_cloud_field *seki_cloud_app_find(
    const struct seki_cloud_app *, const char *code, size_t);
void seki_cloud_app_free(struct seki_cloud_app *);

/*
 * The data: one SQLite file.  A record is its JSON text, exactly as it is
 * answered.  A connection is one thread's at a time.
 */
#define SEKI_CLOUD_ID_MAX (((uint64_t)1 << 40) - 1)
#define SEKI_CLOUD_APP_MAX ((uint64_t)1 << 22)
struct seki_cloud_data;
struct seki_cloud_db;
struct seki_cloud_data *seki_cloud_data_open(
    const char *path, const char *tmpdir, struct seki_err *);
void seki_cloud_data_free(struct seki_cloud_data *);
/* After the filling: from now on many readers. */
int seki_cloud_data_serve(struct seki_cloud_data *, struct seki_err *);
/* A connection to use and to give back. */
struct seki_cloud_db *seki_cloud_data_get(
    struct seki_cloud_data *, struct seki_err *);
void seki_cloud_data_put(struct seki_cloud_data *, struct seki_cloud_db *);

int seki_cloud_db_begin(struct seki_cloud_db *, struct seki_err *);
int seki_cloud_db_commit(struct seki_cloud_db *, struct seki_err *);
void seki_cloud_db_rollback(struct seki_cloud_db *);
/* Documents of an app by the name of the API that answers them, "app",
 * "app/form/fields"; and "made": how the app was made. */
int seki_cloud_db_doc_set(struct seki_cloud_db *, uint64_t app,
    const char *name, const char *, size_t, struct seki_err *);
/* 1 and the text appended, 0 when there is none, -1. */
int seki_cloud_db_doc(struct seki_cloud_db *, uint64_t app, const char *name,
    struct seki_buf *, struct seki_err *);
int seki_cloud_db_apps(struct seki_cloud_db *,
    int (*fn)(void *, uint64_t app, struct seki_err *), void *,
    struct seki_err *);
int seki_cloud_db_add(struct seki_cloud_db *, uint64_t app, uint64_t id,
    const char *json, size_t, struct seki_err *);
/* Records of lo..hi in order of their ids.  next: 1, 0 at the end, -1; json is
 * borrowed until the next call.  done is always to be called. */
void seki_cloud_db_scan(
    struct seki_cloud_db *, uint64_t app, uint64_t lo, uint64_t hi, int desc);
int seki_cloud_db_next(struct seki_cloud_db *, uint64_t *id, const char **json,
    size_t *n, struct seki_err *);
void seki_cloud_db_done(struct seki_cloud_db *);
/* 1, 0, -1; json is borrowed until the next call. */
int seki_cloud_db_one(struct seki_cloud_db *, uint64_t app, uint64_t id,
    const char **json, size_t *n, struct seki_err *);
int seki_cloud_db_count(struct seki_cloud_db *, uint64_t app, uint64_t lo,
    uint64_t hi, uint64_t *, struct seki_err *);

/*
 * Queries (record API 2.3).
 */
enum seki_cloud_op {
	SEKI_CLOUD_AND,
	SEKI_CLOUD_OR,
	SEKI_CLOUD_EQ,
	SEKI_CLOUD_NE,
	SEKI_CLOUD_LT,
	SEKI_CLOUD_LE,
	SEKI_CLOUD_GT,
	SEKI_CLOUD_GE,
	SEKI_CLOUD_IN,
	SEKI_CLOUD_NOT_IN,
	SEKI_CLOUD_LIKE,
	SEKI_CLOUD_NOT_LIKE,
	SEKI_CLOUD_EMPTY,
	SEKI_CLOUD_NOT_EMPTY
};
struct seki_cloud_node {
	enum seki_cloud_op op;
	struct seki_cloud_node *a, *b;	      /* AND, OR */
	const struct seki_cloud_field *field; /* else */
	struct seki_cloud_value {
		const char *p;
		size_t n;
	} * value;
	size_t nvalue;
};
#define SEKI_CLOUD_ORDER_MAX 16
struct seki_cloud_query {
	struct seki_arena arena;
	struct seki_cloud_node *cond; /* NULL: only the bounds below */
	uint64_t lo, hi;	      /* bounds of $id; lo > hi: nothing */
	struct {
		const struct seki_cloud_field *field;
		int desc;
	} order[SEKI_CLOUD_ORDER_MAX];
	size_t norder;
	uint64_t limit, offset;
};
/* 0; or -1 with the fault set, or (fault->code still OK) err. */
int seki_cloud_query_parse(struct seki_cloud_query *, const char *, size_t,
    const struct seki_cloud_app *, struct seki_cloud_fault *,
    struct seki_err *);
void seki_cloud_query_free(struct seki_cloud_query *);

/* What a field's type allows (cloud_type.c). */
int seki_cloud_type_takes(const struct seki_cloud_field *, enum seki_cloud_op);
int seki_cloud_type_sorts(const struct seki_cloud_field *);
/* Order of two values of a field in the form that is compared. */
int seki_cloud_type_cmp(const struct seki_cloud_field *,
    const struct seki_cloud_value *, const struct seki_cloud_value *);
/* Bring a value of a record into that form; one that has none stays. */
int seki_cloud_type_form(const struct seki_cloud_field *,
    struct seki_cloud_value *, struct seki_arena *, struct seki_err *);
/* Check a literal and bring it into that form. */
int seki_cloud_type_value(const struct seki_cloud_field *, int quoted,
    struct seki_cloud_value *, struct seki_arena *, struct seki_cloud_fault *,
    struct seki_err *);

/* Does a record satisfy the condition?  1, 0, -1.  The arena is the
 * caller's, to be reset between records. */
int seki_cloud_match(const struct seki_cloud_node *, const char *json, size_t,
    struct seki_arena *, struct seki_err *);
/* The text by which a record is sorted; n 0: empty. */
int seki_cloud_match_key(const struct seki_cloud_field *, const char *json,
    size_t, struct seki_arena *, struct seki_cloud_value *, struct seki_err *);

/* A request's parameters, from its query string and its body. */
struct seki_cloud_param {
	uint64_t app, id; /* 0: not given */
	int total;
	struct seki_buf query;
	struct seki_buf *field;
	size_t nfield;
	int fields; /* given at all */
};
int seki_cloud_param_query(struct seki_cloud_param *, const char *,
    struct seki_cloud_fault *, struct seki_err *);
int seki_cloud_param_body(struct seki_cloud_param *, const char *, size_t,
    struct seki_cloud_fault *, struct seki_err *);
void seki_cloud_param_free(struct seki_cloud_param *);

/* The body of records.json and of record.json, appended. */
int seki_cloud_records(struct seki_cloud_db *, const struct seki_cloud_app *,
    const struct seki_cloud_param *, struct seki_buf *,
    struct seki_cloud_fault *, struct seki_err *);
int seki_cloud_records_one(struct seki_cloud_db *,
    const struct seki_cloud_app *, const struct seki_cloud_param *,
    struct seki_buf *, struct seki_cloud_fault *, struct seki_err *);

/* Tokens. */
#define SEKI_CLOUD_VIEW 1u
#define SEKI_CLOUD_ADD 2u
#define SEKI_CLOUD_EDIT 4u
#define SEKI_CLOUD_DELETE 8u
#define SEKI_CLOUD_ADMIN 16u
struct seki_cloud_auth;
struct seki_cloud_auth *seki_cloud_auth_open(
    const char *path, struct seki_err *);
void seki_cloud_auth_free(struct seki_cloud_auth *);
/* The tokens of one request: header is the value of X-Cybozu-API-Token.  All
 * must be known and of different apps. */
int seki_cloud_auth_known(const struct seki_cloud_auth *, const char *header,
    struct seki_cloud_fault *);
/* One of them must be the app's, with one of the permissions. */
int seki_cloud_auth_app(const struct seki_cloud_auth *, const char *header,
    uint64_t app, unsigned any_of, struct seki_cloud_fault *);

/*
 * Generated apps.  What is written goes to one buffer; an error is sticky, so
 * that the writers need no branches.
 */
struct seki_cloud_gen {
	struct seki_buf *b;
	struct seki_err *err;
	int bad;
	int flaws;
	const struct seki_cloud_kind *kind;
	const struct seki_cloud_column *column; /* being written */
	uint64_t rng;
	uint64_t app, id, revision;
	seki_time created, updated;
	uint64_t row;  /* of a table, from 0 */
	int bare;      /* only what the service fills in by itself */
	uint64_t u[8]; /* what a kind's fields hand to each other */
};
struct seki_cloud_column {
	const char *code, *label, *type;
	int line;	 /* of the form: 0 nowhere, from 100 in the group */
	const char *arg; /* by type: "a|b" of choices, "FORMAT=expression" of
			  * calc, the protocol of links, a lookup's JSON */
	void (*value)(struct seki_cloud_gen *); /* NULL: not in records */
	const struct seki_cloud_column *inner;	/* ended by code NULL */
};
struct seki_cloud_kind {
	const char *name, *title, *code, *description, *title_field;
	const struct seki_cloud_column *column; /* ended by code NULL */
	void (*begin)(struct seki_cloud_gen *); /* before a record's fields */
};
extern const struct seki_cloud_kind seki_cloud_soudan, seki_cloud_kifu;

/* As it is; formatted; as a JSON string; formatted as one. */
void seki_cloud_gen_raw(struct seki_cloud_gen *, const char *);
void seki_cloud_gen_fmt(struct seki_cloud_gen *, const char *, ...)
    __attribute__((format(printf, 2, 3)));
void seki_cloud_gen_str(struct seki_cloud_gen *, const char *);
void seki_cloud_gen_strf(struct seki_cloud_gen *, const char *, ...)
    __attribute__((format(printf, 2, 3)));
/* An instant to the minute; its day, UTC. */
void seki_cloud_gen_time(struct seki_cloud_gen *, seki_time);
void seki_cloud_gen_date(struct seki_cloud_gen *, seki_time);
/* n rows of the table being written; first: the first row's id. */
void seki_cloud_gen_rows(struct seki_cloud_gen *, uint64_t n, uint64_t first);
/* 0..n-1. */
uint64_t seki_cloud_gen_below(struct seki_cloud_gen *, uint64_t n);
const char *seki_cloud_gen_pick(
    struct seki_cloud_gen *, const char *const *list, size_t);
/* A record's text, appended; it depends on nothing but these. */
int seki_cloud_gen_record(const struct seki_cloud_kind *, uint64_t seed,
    uint64_t id, int flaws, struct seki_buf *, struct seki_err *);
/* A whole app, inside a transaction. */
int seki_cloud_gen_app(struct seki_cloud_db *, uint64_t app, const char *spec,
    uint64_t seed, int flaws, struct seki_err *);

/* The documents of a generated app (cloud_form.c). */
void seki_cloud_form_fields(struct seki_cloud_gen *);
void seki_cloud_form_layout(struct seki_cloud_gen *);
void seki_cloud_form_about(struct seki_cloud_gen *);
void seki_cloud_form_settings(struct seki_cloud_gen *);

/*
 * Values that both kinds use, made up throughout (cloud_words.c).  A person is
 * a number.  With flaws, one in a few dozen breaks its rule.
 */
void seki_cloud_words_name(struct seki_cloud_gen *, uint64_t person);
void seki_cloud_words_kana(struct seki_cloud_gen *, uint64_t person);
void seki_cloud_words_tel(struct seki_cloud_gen *);
void seki_cloud_words_postal(struct seki_cloud_gen *);
void seki_cloud_words_address(struct seki_cloud_gen *);
void seki_cloud_words_amount(struct seki_cloud_gen *);
void seki_cloud_words_wareki(struct seki_cloud_gen *);

/* Values by a column's type (cloud_text.c). */
/* In a bare record, and now and then elsewhere, write the empty value and
 * return 1. */
int seki_cloud_text_empty(struct seki_cloud_gen *, const char *as);
void seki_cloud_text_files(struct seki_cloud_gen *);
void seki_cloud_text_section(struct seki_cloud_gen *);
void seki_cloud_text_group(struct seki_cloud_gen *);
/* A list of up to n users; one user. */
void seki_cloud_text_users(struct seki_cloud_gen *, uint64_t n);
void seki_cloud_text_user(struct seki_cloud_gen *);
/* Some of the column's options in their order; exactly one. */
void seki_cloud_text_choices(struct seki_cloud_gen *);
void seki_cloud_text_choice(struct seki_cloud_gen *);
/* Text that trips programs: formulas, spaces, rare characters. */
void seki_cloud_text_awkward(struct seki_cloud_gen *);
/* So many plain sentences joined by sep. */
void seki_cloud_text_prose(
    struct seki_cloud_gen *, uint64_t n, const char *sep);

/* Loading: the id, unless one is given in *app; then the app, inside a
 * transaction. */
#define SEKI_CLOUD_MADE 160
int seki_cloud_load_made(
    const char *dir, char made[SEKI_CLOUD_MADE], struct seki_err *);
int seki_cloud_load_id(const char *dir, uint64_t *app, struct seki_err *);
int seki_cloud_load_app(
    struct seki_cloud_db *, uint64_t app, const char *dir, struct seki_err *);

/* The server. */
struct seki_cloud {
	struct seki_cloud_data *data;
	struct seki_cloud_auth *auth;
	struct seki_cloud_app **app;
	size_t napp;
	uint64_t generated;
	unsigned delay;
	struct MHD_Daemon *daemon[2];
	_Atomic unsigned running; /* requests being answered */
	pthread_mutex_t lock;	  /* of stop */
	pthread_cond_t stopping;
	int stop;
};
const struct seki_cloud_app *seki_cloud_find(
    const struct seki_cloud *, uint64_t);
/* Sleep, unless the server ends. */
void seki_cloud_wait(struct seki_cloud *, unsigned milliseconds);

/* One request, as far as the API is concerned (cloud_api.c). */
struct seki_cloud_request {
	const char *method, *path; /* path: without what follows the ? */
	const char *args;	   /* what follows the ?, or "" */
	const char *override;	   /* headers; NULL when absent */
	const char *type;
	const char *password;
	const char *tokens; /* several joined by commas */
	const char *body;
	size_t nbody;
};
/* The JSON body appended and 0; or -1 with the fault set or (its code still
 * OK) err.  fault->code OK and 1: there is no such address. */
int seki_cloud_api(struct seki_cloud *, const struct seki_cloud_request *,
    struct seki_buf *, struct seki_cloud_fault *, struct seki_err *);

/* Serve connections that come in on a listening socket, taken (cloud_http.c);
 * stopping closes it and waits for answers under way. */
struct MHD_Daemon *seki_cloud_http_start(
    struct seki_cloud *, int fd, struct seki_err *);
void seki_cloud_http_stop(struct MHD_Daemon *);
/* A socket listening at "ADDRESS:PORT"; "localhost:PORT" gives two where there
 * is IPv6.  fd[1] is -1 when there is one (cloud_socket.c). */
int seki_cloud_socket_open(const char *address, int fd[2],
    char url[SEKI_CLOUD_URL], struct seki_err *);

#endif
