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
#define SEKI_CLOUD_CODES(X)                                                                                    \
	X(CB_VA01, 400, "入力内容が正しくありません。",                                                        \
	    "Missing or invalid input.")                                                                       \
	X(CB_IJ01, 400, "不正なJSON文字列です。",                                                              \
	    "The body is not valid JSON.")                                                                     \
	X(CB_IL02, 400, "不正なリクエストです。", "Illegal request.")                                          \
	X(CB_AU01, 401, "ログインしてください。", "Please log in.")                                            \
	X(CB_WA01, 401, "ユーザーのパスワード認証に失敗しました。",                                            \
	    "Password authentication failed.")                                                                 \
	X(CB_NO02, 403, "権限がありません。", "No privilege to proceed.")                                      \
	X(GAIA_NO01, 403,                                                                                      \
	    "このAPIトークンでは、指定したAPIを実行できません。",                                              \
	    "This token may not call this API.")                                                               \
	X(GAIA_NT01, 403, "現在の作業者ではありません。",                                                      \
	    "Only the current assignee may do this.")                                                          \
	X(GAIA_IA02, 400,                                                                                      \
	    "指定したAPIトークンは、アプリで生成されたトークンと異なります。",                                 \
	    "The token is not one of this app.")                                                               \
	X(GAIA_DA03, 400, "同じアプリのAPIトークンを重複して指定できません。",                                 \
	    "Two tokens of one app were given.")                                                               \
	X(GAIA_IL23, 400,                                                                                      \
	    "ゲストスペース内のアプリは「/k/guest/（スペースのID）/v1/"                   \
	    "...」で操作します。",                                                                             \
	    "An app of a guest space is called by /k/guest/SPACE/v1/.")                                        \
	X(GAIA_AP01, 404,                                                                                      \
	    "指定したアプリ（id: "                                                                     \
	    "%s）が見つかりません。削除されている可能性があります。",                                          \
	    "There is no app (id: %s).")                                                                       \
	X(GAIA_RE01, 404, "指定したレコード（id: %s）が見つかりません。",                                      \
	    "There is no record (id: %s).")                                                                    \
	X(GAIA_RE02, 400,                                                                                      \
	    "指定したコメントが存在しません。削除された可能性があります。",                                    \
	    "The specified comment does not exist.")                                                           \
	X(GAIA_RE20, 404, "指定したキー（%s）のレコードが見つかりません。",                                    \
	    "There is no record with the key %s.")                                                             \
	X(GAIA_RE18, 520, "レコードがほかの処理に使われています。",                                            \
	    "The record is in use.")                                                                           \
	X(GAIA_BL01, 404, "指定したファイル（id: %s）が見つかりません。",                                      \
	    "The specified file (id: %s) not found.")                                                          \
	X(GAIA_CN01, 404,                                                                                      \
	    "指定したカーソルは存在しないか、既に有効期限が切れています。",                                    \
	    "The cursor does not exist or has expired.")                                                       \
	X(GAIA_CO02, 409,                                                                                      \
	    "指定したrevisionは最新ではありません。ほかのユーザーがレコードを"     \
	    "更新した可能性があります。",                                                                      \
	    "The revision is not the latest.")                                                                 \
	X(GAIA_DA02, 400,                                                                                      \
	    "データベースのロックに失敗したため、変更を保存できませんでした"    \
	    "。",                                                                                              \
	    "The database lock failed.")                                                                       \
	X(GAIA_SI01, 520, "テーブルの行（id: %s）が重複しています。",                                          \
	    "A row of a table (id: %s) was given twice.")                                                      \
	X(GAIA_LO03, 400,                                                                                      \
	    "ルックアップの参照先のキー %s は値の重複を禁止していません。",                                    \
	    "The source key of the lookup %s is not unique.")                                                  \
	X(GAIA_LO04, 400,                                                                                      \
	    "ルックアップ %s は参照先にないか、閲覧権限がありません。",                                        \
	    "The lookup %s is not in the source, or may not be seen.")                                         \
	X(GAIA_ST02, 400, "プロセス管理が有効になっていません。",                                              \
	    "Process management is off.")                                                                      \
	X(GAIA_IL03, 400,                                                                                      \
	    "アクション %s "                                                                              \
	    "は実行できません。ステータスが変更された可能性があります。",                                      \
	    "The action %s cannot be done in this state.")                                                     \
	X(GAIA_IL08, 400, "クエリの指定が不正です。",                                                          \
	    "A function of the query has the wrong number of arguments.")                                      \
	X(GAIA_IL26, 400, "指定したユーザー（code: %s）が見つかりません。",                                    \
	    "There is no user (code: %s).")                                                                    \
	X(GAIA_IL28, 400, "指定した組織（code: %s）が見つかりません。",                                        \
	    "There is no organization (code: %s).")                                                            \
	X(GAIA_IL42, 400, "クエリのユーザー（code: %s）が見つかりません。",                                    \
	    "There is no user (code: %s) as the query says.")                                                  \
	X(GAIA_QU01, 400, "limit には 500 以下の値を指定してください。",                                       \
	    "limit is 500 at the most.")                                                                       \
	X(GAIA_QU02, 400, "offset には 10,000 以下の値を指定してください。",                                   \
	    "offset is 10,000 at the most.")                                                                   \
	X(GAIA_IQ03, 400,                                                                                      \
	    "%sフィールドのフィールドタイプにはこの演算子を使用できません。",                                  \
	    "The operator cannot be used with the type of %s.")                                                \
	X(GAIA_IQ07, 400, "テーブル内の %s に = と != は使用できません。",                                     \
	    "= and != cannot be used with %s, which is in a table.")                                           \
	X(GAIA_IQ10, 400, "選択肢 %s はありません。",                                                          \
	    "There is no option %s.")                                                                          \
	X(GAIA_IQ11, 400, "指定されたフィールド（%s）が見つかりません。",                                      \
	    "There is no field %s.")                                                                           \
	X(GAIA_IQ23, 400, "指定した日にち（%s）は無効です。",                                                  \
	    "The day %s is not valid.")                                                                        \
	X(GAIA_IQ25, 400,                                                                                      \
	    "第2引数には、DAYS、WEEKS、MONTHS、YEARSのいずれかを指定します。",                                 \
	    "The unit is DAYS, WEEKS, MONTHS or YEARS.")                                                       \
	X(GAIA_IR02, 400, "%s は関連レコード一覧ではありません。",                                             \
	    "%s is not a related records list.")                                                               \
	X(GAIA_TM12, 429,                                                                                      \
	    "作成できるカーソルの上限に達しているため、カーソルを作成できませ" \
	    "ん。",                                                                                            \
	    "The limit of cursors is reached.")                                                                \
	X(GAIA_TO04, 429, "APIの同時リクエスト数が上限を超えています。",                                       \
	    "Too many requests at the same time.")

enum seki_cloud_code {
	SEKI_CLOUD_OK,
#define X(name, status, ja, en) SEKI_CLOUD_##name,
	SEKI_CLOUD_CODES(X)
#undef X
};

/* What is wrong with one parameter or field (the errors member of CB_VA01); %s
 * is the bound or the value. */
#define SEKI_CLOUD_WHYS(X)                                                     \
	X(REQUIRED, "必須です。", "Required.")                                 \
	X(INTEGER, "整数で指定してください。", "Enter an integer.")            \
	X(SYNTAX, "クエリ記法が間違っています。",                              \
	    "The query breaks the query language.")                            \
	X(BOOLEAN, "true か false で指定してください。",                       \
	    "Enter true or false.")                                            \
	X(TOO_MANY, "一度に%s件までです。", "At most %s at a time.")           \
	X(ENUM, "Enum値のいずれかでなければなりません。",                      \
	    "must be one of the enum value")                                   \
	X(TOGETHER, "同時に指定できません。", "Cannot be given together.")     \
	X(SHAPE, "値の形が正しくありません。", "The value has a wrong form.")  \
	X(NUMBER, "数字でなければなりません。", "Only numbers are allowed.")   \
	X(DIGITS, "整数部は%s桁までです。",                                    \
	    "At most %s digits before the decimal point.")                     \
	X(MOST, "%s以下である必要があります。",                                \
	    "The value must be %s or less.")                                   \
	X(LEAST, "%s以上である必要があります。",                               \
	    "The value must be %s or more.")                                   \
	X(LONG, "%s文字より短くなければなりません。",                          \
	    "Enter less than %s characters.")                                  \
	X(SHORT, "%s文字より長くなければなりません。",                         \
	    "Enter more than %s characters.")                                  \
	X(CHOICE, "\"%s\"は選択肢にありません。",                              \
	    "The value, \"%s\", is not in options.")                           \
	X(UNIQUE, "値がほかのレコードと重複しています。",                      \
	    "This value already exists in another record.")                    \
	X(NOT_UNIQUE, "値の重複を禁止したフィールドではありません。",          \
	    "The field does not prohibit duplicate values.")                   \
	X(FIXED, "更新できません。", "Cannot be changed.")                     \
	X(FUTURE, "未来の日時は指定できません。", "Cannot be in the future.")

enum seki_cloud_why {
#define X(name, ja, en) SEKI_CLOUD_##name,
	SEKI_CLOUD_WHYS(X)
#undef X
};

/* As many are reported with one answer. */
#define SEKI_CLOUD_PROBLEMS 32
struct seki_cloud_fault {
	enum seki_cloud_code code;
	char arg[200];
	size_t n;
	struct seki_cloud_problem {
		enum seki_cloud_why why;
		char key[320], arg[100];
	} problem[SEKI_CLOUD_PROBLEMS];
};

/* -1 always, so that "return seki_cloud_refuse(...)" reads well.  The first
 * one stays. */
int seki_cloud_refuse(
    struct seki_cloud_fault *, enum seki_cloud_code, const char *arg, size_t n);
/* Another problem of a CB_VA01; arg may be NULL. */
int seki_cloud_invalid(struct seki_cloud_fault *, const char *key,
    enum seki_cloud_why, const char *arg, size_t n);
unsigned seki_cloud_error_status(enum seki_cloud_code);
const char *seki_cloud_error_word(enum seki_cloud_code);
/* The JSON body, appended; english: else Japanese. */
int seki_cloud_error_body(const struct seki_cloud_fault *, int english,
    struct seki_buf *, struct seki_err *);

/* A JSON value in an arena: a request, a stored record. */
struct seki_cloud_tree {
	enum seki_json_tok kind; /* as the token that begins it */
	const char *key, *p;	 /* p: of STRING and NUMBER; ended by NUL */
	size_t nkey, n;
	const char *raw; /* its text; NULL when it was not parsed */
	size_t nraw;
	struct seki_cloud_tree *child, *next;
	size_t count;
};
/* 0; 1 when it is not JSON, or gives a name twice; -1.  Points into text. */
int seki_cloud_tree_parse(struct seki_cloud_tree **, const char *text, size_t,
    struct seki_arena *, struct seki_err *);
/* A member; NULL when there is none, or it is no object (or NULL). */
const struct seki_cloud_tree *seki_cloud_tree_get(
    const struct seki_cloud_tree *, const char *name);
int seki_cloud_tree_is(const struct seki_cloud_tree *, const char *text);
/* Appended to an object or a list. */
void seki_cloud_tree_add(
    struct seki_cloud_tree *parent, struct seki_cloud_tree *child);

/* An app's form, as far as queries and writing need it. */
struct json_t;
struct seki_cloud_field {
	char *code;
	enum seki_type type; /* SEKI_T_NONE: nothing that is in a record */
	enum seki_calc calc;
	int inner;     /* in a table */
	size_t table;  /* inner: its table's index */
	char **option; /* of choices; NULL-ended */
	int off;       /* a feature that is switched off */
	int required, unique;
	int computed;		       /* text by an expression */
	const char *expression;	       /* of CALC and such a text, or NULL */
	int copied;		       /* a lookup fills it in */
	int now;		       /* the default is the time of adding */
	long shortest, longest;	       /* characters; -1: any */
	const char *least, *most;      /* NULL: any */
	const struct json_t *standard; /* default value */
	const struct json_t *lookup;   /* its settings */
};
struct seki_cloud_app {
	uint64_t id;
	struct seki_cloud_field *field;
	size_t nfield;
	char **hide;
	size_t nhide;
	int claimed;	/* an option of this run made it, or found it made */
	uint64_t space; /* the guest space it is in, or 0 */
	struct json_t *form, *about, *status;
	const char *code; /* before record numbers; or "" */
	long digits, places;
	const char *rounding;
	_Atomic unsigned long asked; /* requests of the day */
};
int seki_cloud_app_parse(
    struct seki_cloud_app *, const char *json, size_t, struct seki_err *);
/* From its other documents, each NULL when there is none; taken. */
void seki_cloud_app_settings(struct seki_cloud_app *, struct json_t *about,
    struct json_t *settings, struct json_t *status);
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

/* While it serves: one writer at a time.  What write began, written ends,
 * always: -1 when the commit fails, and nothing is written then. */
int seki_cloud_data_write(
    struct seki_cloud_data *, struct seki_cloud_db *, struct seki_err *);
int seki_cloud_data_written(struct seki_cloud_data *, struct seki_cloud_db *,
    int commit, struct seki_err *);

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

/* A literal statement, prepared once for each connection.  kinds: i uint64_t,
 * s string, t text and size_t, b bytes and size_t; borrowed until the statement
 * has ended.  The first row's answer: 1, 0, -1; a statement that is not stepped
 * to its end is reset by the caller. */
struct sqlite3_stmt;
int seki_cloud_sql(struct seki_cloud_db *, struct sqlite3_stmt **,
    struct seki_err *, const char *text, const char *kinds, ...);
int seki_cloud_sql_next(
    struct seki_cloud_db *, struct sqlite3_stmt *, struct seki_err *);
/* To its end: how many rows it changed, or -1. */
int seki_cloud_run(struct seki_cloud_db *, struct seki_err *, const char *text,
    const char *kinds, ...);
/* The next number of a sequence, which begins with the one given. */
int seki_cloud_db_number(struct seki_cloud_db *, const char *name,
    uint64_t at_least, uint64_t *, struct seki_err *);
/* Its last number; 0: none yet. */
int seki_cloud_db_number_get(
    struct seki_cloud_db *, const char *name, uint64_t *, struct seki_err *);
int seki_cloud_db_set(struct seki_cloud_db *, uint64_t app, uint64_t id,
    const char *json, size_t, struct seki_err *);
/* 1, 0 when there is none, -1. */
int seki_cloud_db_remove(
    struct seki_cloud_db *, uint64_t app, uint64_t id, struct seki_err *);
/* The greatest id there is, or 0. */
int seki_cloud_db_last(
    struct seki_cloud_db *, uint64_t app, uint64_t *, struct seki_err *);

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
	SEKI_CLOUD_NOT_EMPTY,
	SEKI_CLOUD_IGNORED /* by the parser: not in the query that comes out */
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
	/* Conditions that one row of a table must satisfy together: the first
	 * has the others behind it, which are passed over by themselves. */
	struct seki_cloud_node *same;
	int joined;
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
	int paged; /* limit or offset were given */
	uint64_t limit, offset;
};
struct seki_cloud_call;
/* 0; or -1 with the fault set, or (fault->code still OK) err.  Always to be
 * freed. */
int seki_cloud_query_parse(
    struct seki_cloud_query *, const char *, size_t, struct seki_cloud_call *);
void seki_cloud_query_free(struct seki_cloud_query *);

/* A function of a query (cloud_func.c): from..to, days as they are in Japan.
 * Tokens have no time zone of their own. */
struct seki_cloud_func {
	char name[32], arg[2][32];
	size_t narg;
};
int seki_cloud_func(struct seki_cloud_call *, const struct seki_cloud_func *,
    seki_time *from, seki_time *to);

/* What a field's type allows (cloud_type.c). */
int seki_cloud_type_dated(const struct seki_cloud_field *, int *instant);
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

/* One request, as far as the API is concerned. */
struct seki_cloud_request {
	const char *method, *path; /* path: without what follows the ? */
	const char *args;	   /* what follows the ?, or "" */
	const char *override;	   /* headers; NULL when absent */
	const char *type;
	const char *password;
	const char *tokens; /* several joined by commas */
	const char *body;
	size_t nbody;
	struct seki_cloud_upload *upload; /* NULL: none */
	struct seki_cloud_reply *reply;	  /* NULL: JSON is all */
};
/* What an answer is beside its JSON. */
struct seki_cloud_reply {
	struct seki_cloud_download *file; /* instead of JSON; to be freed */
	int warning;			  /* the search was cut off */
	size_t bulk, at; /* bulkRequest: how many, which failed */
};

/* A request's parameters: the members of its body, then what stands in the
 * address, "fields[0]=a" as a list. */
int seki_cloud_param_parse(const struct seki_cloud_request *,
    struct seki_cloud_tree **, struct seki_arena *, struct seki_cloud_fault *,
    struct seki_err *);
/* A number as digits, in quotes or not, up to max: 0 or -1. */
int seki_cloud_param_number(
    const struct seki_cloud_tree *, uint64_t max, uint64_t *);
/* Parameters by name; one that is not there, or null: 0, NULL. */
int seki_cloud_param_id(const struct seki_cloud_tree *args, const char *name,
    uint64_t *, struct seki_cloud_fault *);
int seki_cloud_param_bool(const struct seki_cloud_tree *args, const char *name,
    int *, struct seki_cloud_fault *);
int seki_cloud_param_list(const struct seki_cloud_tree *args, const char *name,
    const struct seki_cloud_tree **, size_t max, struct seki_cloud_fault *);
/* What to read. */
struct seki_cloud_param {
	int total;
	const char *query;
	size_t nquery;
	const struct seki_cloud_tree *fields; /* NULL: all */
};
int seki_cloud_param_read(struct seki_cloud_param *,
    const struct seki_cloud_tree *args, struct seki_cloud_fault *);

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

/* Users, who sign in with a password and may do everything; and the pair that
 * Basic authentication before the service asks for. */
struct seki_cloud_users;
struct seki_cloud_users *seki_cloud_users_open(
    const char *path, struct seki_err *);
void seki_cloud_users_free(struct seki_cloud_users *);
struct seki_cloud_user {
	char *code, *name, *password;
	char *organization; /* the primary one's code, or "" */
};
/* The n-th, or NULL. */
const struct seki_cloud_user *seki_cloud_users_nth(
    const struct seki_cloud_users *, size_t);
/* Whose base64 "LOGIN:PASSWORD" it is, or NULL. */
const struct seki_cloud_user *seki_cloud_users_find(
    const struct seki_cloud_users *, const char *base64);

/*
 * A request on its way (cloud_api.c): 0 with the answer's JSON appended to b;
 * or -1 with the fault set or (its code still OK) err.
 */
struct seki_cloud;
struct seki_cloud_call {
	struct seki_cloud *c;
	const struct seki_cloud_request *req;
	const struct seki_cloud_route *route;
	const struct seki_cloud_user *user; /* NULL: tokens */
	const struct seki_cloud_tree *args;
	const struct seki_cloud_app *app;
	uint64_t space; /* of a guest space's address, or 0 */
	int related;	/* a condition of a related records list is read */
	seki_time now;
	struct seki_cloud_db *db;
	struct seki_arena *arena;
	struct seki_buf *b;
	struct seki_cloud_fault *fault;
	struct seki_err *err;
};

/*
 * LIST.FIELD of a condition (cloud_related.c): open says what it is about;
 * find makes of the node, a condition on r->field, one on a field of the app
 * itself.  all: every related record must meet it.  Close after either.
 */
struct seki_cloud_related {
	struct seki_cloud_call k; /* as if asked of the other app */
	const struct seki_cloud_field *here, *there; /* by these */
	const struct seki_cloud_field *field;
	struct seki_cloud_query filter;
};
int seki_cloud_related_open(struct seki_cloud_related *,
    struct seki_cloud_call *, const char *code, size_t);
int seki_cloud_related_find(struct seki_cloud_related *,
    struct seki_cloud_node *, int all, struct seki_arena *);
void seki_cloud_related_close(struct seki_cloud_related *);
struct seki_cloud_route {
	const char *method, *name;
	unsigned may;	 /* one of these permissions is needed; 0: no app */
	const char *app; /* the parameter that names it; NULL: "app" */
	int write;	 /* 1: within one transaction; 2: in bulkRequest too */
	int (*fn)(struct seki_cloud_call *);
};
/* The route of "/k/v1/NAME.json" or "/k/guest/N/v1/NAME.json"; NULL when there
 * is none, *known then tells whether the name has others. */
const struct seki_cloud_route *seki_cloud_route(
    const char *method, const char *path, uint64_t *space, int *known);
/* Run a call whose route and args are set: app, permission, the work. */
int seki_cloud_route_run(struct seki_cloud_call *);
/* May the caller do one of these with the app? */
int seki_cloud_may(struct seki_cloud_call *, uint64_t app, unsigned any_of);
/* {"code":...,"name":...} of the caller, appended. */
int seki_cloud_caller(const struct seki_cloud_call *, struct seki_buf *);
const char *seki_cloud_caller_code(const struct seki_cloud_call *);

/* Reading records (cloud_records.c). */
int seki_cloud_records(struct seki_cloud_call *);
int seki_cloud_records_one(struct seki_cloud_call *);
/* All ids that match, in order; the caller frees them. */
int seki_cloud_records_find(struct seki_cloud_call *, struct seki_cloud_query *,
    uint64_t **id, size_t *n);
/* Members of a list of records, appended; those that are gone are left out. */
int seki_cloud_records_list(struct seki_cloud_call *,
    const struct seki_cloud_param *, const uint64_t *id, size_t n);
/* -1: GAIA_RE01. */
int seki_cloud_records_missing(struct seki_cloud_call *, uint64_t id);

/* Documents of apps (cloud_apps.c). */
int seki_cloud_apps_document(struct seki_cloud_call *);
int seki_cloud_apps_list(struct seki_cloud_call *);
int seki_cloud_apps_statistics(struct seki_cloud_call *);
int seki_cloud_apps_rights(struct seki_cloud_call *);

/* Many requests as one (cloud_bulk.c). */
int seki_cloud_bulk(struct seki_cloud_call *);

/* Comments (cloud_comment.c). */
int seki_cloud_comment_list(struct seki_cloud_call *);
int seki_cloud_comment_add(struct seki_cloud_call *);
int seki_cloud_comment_delete(struct seki_cloud_call *);

/* Cursors (cloud_cursor.c): kept by the server, not by the data. */
#define SEKI_CLOUD_CURSORS 10
int seki_cloud_cursor_add(struct seki_cloud_call *);
int seki_cloud_cursor_get(struct seki_cloud_call *);
int seki_cloud_cursor_delete(struct seki_cloud_call *);
struct seki_cloud_cursor;
void seki_cloud_cursor_free(struct seki_cloud_cursor *);

/* Writing records (cloud_write.c). */
/* A record and all that hangs on it. */
int seki_cloud_write_forget(
    struct seki_cloud_db *, uint64_t app, uint64_t id, struct seki_err *);
int seki_cloud_write_add(struct seki_cloud_call *);
int seki_cloud_write_add_all(struct seki_cloud_call *);
int seki_cloud_write_put(struct seki_cloud_call *);
int seki_cloud_write_put_all(struct seki_cloud_call *);
int seki_cloud_write_delete(struct seki_cloud_call *);

/*
 * A record being written (cloud_draft.c): the JSON text of each field's value,
 * by the app's fields; NULL: not in the record.
 */
struct seki_cloud_draft {
	struct seki_cloud_call *k;
	uint64_t id, revision;
	int adding;
	const char *at; /* "record", "records[3]": names of problems */
	const char **text;
	size_t *n;
	unsigned char *given; /* in the request */
	const char *stored;   /* the record as it was, or "" */
	size_t nstored;
};
/* A new record's; an existing one's: 0 as well when there is none, GAIA_RE01.
 */
int seki_cloud_draft_new(struct seki_cloud_draft *, struct seki_cloud_call *);
int seki_cloud_draft_get(
    struct seki_cloud_draft *, struct seki_cloud_call *, uint64_t id);
/* Take a request's values in, check the whole, write it. */
int seki_cloud_draft_put(
    struct seki_cloud_draft *, const struct seki_cloud_tree *record);
int seki_cloud_draft_write(struct seki_cloud_draft *);
/* The same without a check: the service's own changes. */
int seki_cloud_draft_store(struct seki_cloud_draft *);
/* Modifier and time of the change; so many revisions more. */
int seki_cloud_draft_touch(struct seki_cloud_draft *, unsigned revisions);
void seki_cloud_draft_set(struct seki_cloud_draft *,
    const struct seki_cloud_field *, const char *, size_t);
/* As it is stored in a record: null, "" or []. */
const char *seki_cloud_draft_empty(const struct seki_cloud_field *);
int seki_cloud_draft_is_empty(const char *, size_t);
/* Rows of a table as they are to be (cloud_rows.c). */
int seki_cloud_rows(struct seki_cloud_draft *, const struct seki_cloud_field *,
    const struct seki_cloud_tree *value);
/* What is worked out in them. */
int seki_cloud_rows_calc(
    struct seki_cloud_draft *, const struct seki_cloud_field *);
/* One value by its field's type (cloud_value.c): its JSON text appended.  at
 * names the field in problems, which are noted.  1: there are some. */
int seki_cloud_value(struct seki_cloud_draft *, const struct seki_cloud_field *,
    const struct seki_cloud_tree *, const char *at, struct seki_buf *);
int seki_cloud_value_standard(struct seki_cloud_draft *,
    const struct seki_cloud_field *, struct seki_buf *);
/* A number in the form and precision that is kept (cloud_number.c), appended:
 * 0; 1 when it is none, 2 when it has too many digits, -1. */
int seki_cloud_number(const struct seki_cloud_app *, const char *, size_t,
    struct seki_buf *, struct seki_err *);
/* Calculated fields and texts by an expression (cloud_calc.c), at the end; the
 * same for a row's cells, by the app's fields. */
int seki_cloud_calc(struct seki_cloud_draft *);
int seki_cloud_calc_row(struct seki_cloud_draft *,
    const struct seki_cloud_field *table, const char **text, size_t *n);
/* After the values are in: what lookups copy (cloud_lookup.c). */
int seki_cloud_lookup(struct seki_cloud_draft *);
/* The same for a row's cells, by the app's fields. */
int seki_cloud_lookup_row(struct seki_cloud_draft *,
    const struct seki_cloud_field *table, const char **text, size_t *n,
    const unsigned char *given);
/* Is the source of a field's lookup an app that is here? */
int seki_cloud_lookup_here(
    const struct seki_cloud *, const struct seki_cloud_field *);

/*
 * Files (cloud_file.c).  A file of a record being written, by the key of an
 * upload or one that the record has: its JSON appended; GAIA_BL01.
 */
int seki_cloud_file_attach(
    struct seki_cloud_draft *, const char *key, size_t, struct seki_buf *);
/* The object that has the key, or NULL. */
const struct seki_cloud_tree *seki_cloud_file_find(
    const struct seki_cloud_tree *, const char *key, size_t);
/* The record's files that its text does not name any more are gone. */
int seki_cloud_file_sweep(struct seki_cloud_db *, uint64_t app, uint64_t id,
    const char *json, size_t, struct seki_err *);
int seki_cloud_file_drop(
    struct seki_cloud_db *, const char *key, struct seki_err *);
/* Uploads that nobody took, and pieces of none. */
int seki_cloud_file_expire(
    struct seki_cloud_db *, seki_time now, struct seki_err *);
/* A file as a record names it; data: "" when its content is made up. */
int seki_cloud_file_add(struct seki_cloud_db *, uint64_t app, uint64_t record,
    const struct seki_cloud_tree *, const char *data, struct seki_err *);
int seki_cloud_file_random(char *out, size_t digits, struct seki_err *);

/* Uploads and downloads (cloud_transfer.c).  What comes in is written piece by
 * piece, and is gone with free unless it was kept: its key then. */
#define SEKI_CLOUD_PIECE ((size_t)256 << 10)
struct seki_cloud_upload;
struct seki_cloud_upload *seki_cloud_upload_new(
    struct seki_cloud *, const char *name, const char *type, struct seki_err *);
int seki_cloud_upload_add(
    struct seki_cloud_upload *, const void *, size_t, struct seki_err *);
int seki_cloud_upload_keep(struct seki_cloud_upload *, struct seki_cloud_db *,
    seki_time now, char key[40], struct seki_err *);
void seki_cloud_upload_free(struct seki_cloud_upload *);
struct seki_cloud_download {
	struct seki_cloud *c;
	char data[64]; /* "": made up from key */
	char key[128], type[256];
	uint64_t size;
	uint64_t piece; /* held, from 0; UINT64_MAX: none */
	struct seki_buf bytes;
};
int seki_cloud_download(struct seki_cloud_call *);
int seki_cloud_uploaded(struct seki_cloud_call *);
/* Bytes of at..., at most n: how many, or -1. */
ssize_t seki_cloud_download_read(
    struct seki_cloud_download *, uint64_t at, char *, size_t n);
void seki_cloud_download_free(struct seki_cloud_download *);

/* Values of unique fields, by which records are found (cloud_unique.c). */
/* The record with the value, 0 when there is none; text is JSON. */
int seki_cloud_unique_find(struct seki_cloud_call *,
    const struct seki_cloud_app *, const struct seki_cloud_field *,
    const char *text, size_t n, uint64_t *id);
/* A record's values that are no longer, and that are from now on. */
int seki_cloud_unique_drop(
    struct seki_cloud_call *, const struct seki_cloud_app *, uint64_t id);
int seki_cloud_unique_add(struct seki_cloud_call *,
    const struct seki_cloud_app *, const struct seki_cloud_field *,
    const char *text, size_t n, uint64_t id);
/* Before the first of these: all the app's records are looked through. */
int seki_cloud_unique_ready(
    struct seki_cloud_call *, const struct seki_cloud_app *);

/* Process management (cloud_status.c): the state of a new record. */
const char *seki_cloud_status_first(const struct seki_cloud_app *);
int seki_cloud_status_put(struct seki_cloud_call *);
int seki_cloud_status_put_all(struct seki_cloud_call *);
int seki_cloud_status_assign(struct seki_cloud_call *);

/* Users, organisations and groups by their codes (cloud_person.c). */
int seki_cloud_person_add(struct seki_cloud_db *, const char *kind,
    const char *code, const char *name, struct seki_err *);
/* {"code":...,"name":...} appended: 1; 0 when nobody has the code; -1. */
int seki_cloud_person(struct seki_cloud_db *, enum seki_type, const char *code,
    size_t, struct seki_buf *, struct seki_err *);
/* All that a record names. */
int seki_cloud_person_learn(
    struct seki_cloud_db *, const char *json, size_t, struct seki_err *);

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
void seki_cloud_form_status(struct seki_cloud_gen *);
void seki_cloud_form_views(struct seki_cloud_gen *);

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
/* A record that names all people that generated records do. */
void seki_cloud_text_people(struct seki_cloud_gen *);
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
	struct seki_cloud_users *users, *basic; /* NULL: none */
	struct seki_cloud_app **app;
	size_t napp;
	uint64_t generated;
	unsigned delay;
	struct seki_cloud_trouble *trouble; /* --fault */
	struct MHD_Daemon *daemon[2];
	struct seki_cloud_cursor *cursor[SEKI_CLOUD_CURSORS];
	pthread_mutex_t cursors;
	unsigned cursor_life;	  /* seconds */
	unsigned concurrent;	  /* requests at a time */
	int64_t day;		  /* of the counts of requests */
	_Atomic unsigned running; /* requests being answered */
	pthread_mutex_t lock;	  /* of stop */
	pthread_cond_t stopping;
	int stop;
};
struct seki_cloud_app *seki_cloud_find(const struct seki_cloud *, uint64_t);
/* Sleep, unless the server ends. */
void seki_cloud_wait(struct seki_cloud *, unsigned milliseconds);

/* The JSON body appended and 0; or -1 with the fault set or (its code still
 * OK) err.  fault->code OK and 1: there is no such address. */
int seki_cloud_api(struct seki_cloud *, const struct seki_cloud_request *,
    struct seki_buf *, struct seki_cloud_fault *, struct seki_err *);

/*
 * Faults on demand (cloud_trouble.c; seki-cloud(1)).  Each is counted by
 * itself.
 */
enum seki_cloud_fail {
	SEKI_CLOUD_F_NONE, /* ends a list */
	SEKI_CLOUD_F_STATUS,
	SEKI_CLOUD_F_CODE,
	SEKI_CLOUD_F_MAINTENANCE,
	SEKI_CLOUD_F_HTML,
	SEKI_CLOUD_F_DROP,
	SEKI_CLOUD_F_REDIRECT,
	SEKI_CLOUD_F_GONE,
	SEKI_CLOUD_F_DELAY,
	SEKI_CLOUD_F_EDIT,
	SEKI_CLOUD_F_DELETE,
	SEKI_CLOUD_F_INSERT,
	SEKI_CLOUD_F_REPEAT,
	SEKI_CLOUD_F_MISSING,
	SEKI_CLOUD_F_HIDE,
	SEKI_CLOUD_F_EMPTY,
	SEKI_CLOUD_F_EXTRA,
	SEKI_CLOUD_F_DEPLOY,
	SEKI_CLOUD_F_CUT,
	SEKI_CLOUD_F_SHORT,
	SEKI_CLOUD_F_SLOW,
	SEKI_CLOUD_F_GZIP,
	SEKI_CLOUD_F_WARNING
};
struct seki_cloud_failure {
	enum seki_cloud_fail what;
	unsigned long n; /* its number */
	const char *text;
};
#define SEKI_CLOUD_FAILURES 16
struct seki_cloud_trouble;
int seki_cloud_trouble_add(
    struct seki_cloud_trouble **, const char *spec, struct seki_err *);
/* Count a request, and list what is to go wrong with it, ended by NONE. */
void seki_cloud_trouble_count(struct seki_cloud_trouble *, const char *method,
    const char *path, struct seki_cloud_failure[SEKI_CLOUD_FAILURES]);
void seki_cloud_trouble_free(struct seki_cloud_trouble *);
const struct seki_cloud_failure *seki_cloud_trouble_has(
    const struct seki_cloud_failure *, enum seki_cloud_fail);
/* Change the data as another user would, now: EDIT, DELETE, INSERT.  */
int seki_cloud_trouble_data(struct seki_cloud *,
    const struct seki_cloud_request *, const struct seki_cloud_failure *,
    struct seki_err *);
/* Spoil an answer's JSON: REPEAT and those after it. */
int seki_cloud_trouble_body(
    const struct seki_cloud_failure *, struct seki_buf *, struct seki_err *);

/* One HTTP request with its answer (cloud_http.c, cloud_answer.c). */
struct seki_cloud_http {
	struct seki_cloud *c;
	struct MHD_Connection *conn;
	char *uri;
	struct seki_buf body, tokens;
	int begun, large, broken;
	unsigned running;
	struct MHD_PostProcessor *parts;
	struct seki_cloud_upload *upload;
	struct seki_cloud_failure fail[SEKI_CLOUD_FAILURES];
};
/* b is taken.  warning: the search was cut off; word: an error code that
 * stands in a header, or NULL. */
int seki_cloud_answer(struct seki_cloud_http *, unsigned status,
    const char *type, struct seki_buf *b, int warning, const char *word);
/* Taken. */
int seki_cloud_answer_file(
    struct seki_cloud_http *, struct seki_cloud_download *);
/* Not JSON: what the servers before the service say. */
int seki_cloud_answer_page(
    struct seki_cloud_http *, unsigned status, const char *title);

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
