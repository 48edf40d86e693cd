#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "pull_int.h"

/* The service's message is cut to this many bytes. */
#define MESSAGE_MAX ((size_t)400)
/* An error answer is small; anything larger is not looked into. */
#define REFUSAL_MAX ((size_t)262144)

#define DEPLOY                                                                 \
	N_("Open the app's settings, API token: check that this token stands " \
	   "there, then press アプリを更新. A token works only after that.")
#define SIGN_IN                                                                \
	N_("Check --user and the password file, without a line too many: "     \
	   "both "                                                             \
	   "must open the service in a browser.")
#define VIEW                                                                       \
	N_("Open the app's settings, API token: tick レコード閲覧 for this " \
	   "token, then press アプリを更新.")
#define CONDITION                                                              \
	N_("Correct --query. It takes a condition only: no order by, limit "   \
	   "or offset.")
#define LATER                                                                  \
	N_("Run the same command again in some minutes. Nothing was taken.")

/* By code before HTTP status: statuses have changed over the years (record
 * API 7.3). */
static const struct {
	const char *code;
	enum seki_reason reason;
	const char *hint;
} codes[] = {
	{ "GAIA_IA02", SEKI_CREDENTIALS, DEPLOY },
	{ "GAIA_DA03", SEKI_CREDENTIALS,
	    N_("Leave one token for each app in the token file.") },
	{ "CB_AU01", SEKI_CREDENTIALS, DEPLOY },
	{ "CB_WA01", SEKI_CREDENTIALS, SIGN_IN },
	{ "CB_TW02", SEKI_CREDENTIALS, DEPLOY },
	{ "GAIA_NO01", SEKI_PERMISSION, VIEW },
	{ "CB_NO02", SEKI_PERMISSION, VIEW },
	{ "GAIA_NO02", SEKI_BUSY,
	    N_("The app is under maintenance. Ask its administrator, then "
	       "run the same command again.") },
	{ "GAIA_AP01", SEKI_REMOTE,
	    N_("Check --app: it is the number in the app's address "
	       "(/k/NUMBER/).") },
	{ "GAIA_IL23", SEKI_REMOTE,
	    N_("The app is in a guest space: name it with --guest-space N, the "
	       "number after /k/guest/ in the app's address.") },
	{ "CB_VA01", SEKI_REMOTE, CONDITION },
	{ "GAIA_IQ03", SEKI_REMOTE, CONDITION },
	{ "GAIA_IQ07", SEKI_REMOTE, CONDITION },
	{ "GAIA_IQ10", SEKI_REMOTE, CONDITION },
	{ "GAIA_IQ11", SEKI_REMOTE, CONDITION },
	{ "GAIA_IQ23", SEKI_REMOTE, CONDITION },
	{ "GAIA_IQ25", SEKI_REMOTE, CONDITION },
	{ "GAIA_IR02", SEKI_REMOTE, CONDITION },
	{ "GAIA_IL08", SEKI_REMOTE, CONDITION },
	{ "GAIA_IL26", SEKI_REMOTE, CONDITION },
	{ "GAIA_IL28", SEKI_REMOTE, CONDITION },
	{ "GAIA_IL42", SEKI_REMOTE, CONDITION },
	{ "GAIA_TO04", SEKI_BUSY, LATER },
	{ "GAIA_TM12", SEKI_BUSY, LATER },
	{ "GAIA_DA02", SEKI_BUSY, LATER },
	{ "GAIA_LT01", SEKI_BUSY, LATER },
	{ "GAIA_RE18", SEKI_BUSY, LATER },
};

/* Without a code that is known. */
static enum seki_reason
by_status(long status, int json)
{
	if (status == 401 || status == 403)
		return SEKI_CREDENTIALS;
	if (status == 429 || status >= 500)
		return SEKI_BUSY;
	return json ? SEKI_REMOTE : SEKI_PROTOCOL;
}

static void
hint_for(enum seki_reason reason, struct seki_err *err)
{
	if (reason == SEKI_CREDENTIALS)
		seki_err_hint(err, "%s", _(DEPLOY));
	else if (reason == SEKI_BUSY)
		seki_err_hint(err, "%s", _(LATER));
	else if (reason == SEKI_PROTOCOL)
		seki_err_hint(err, "%s",
		    _("Check --base-url, and whether a proxy or sign-in page "
		      "stands before the service."));
}

static int
show(struct seki_buf *b, const char *before, const json_t *text,
    struct seki_err *err)
{
	const char *s = json_string_value(text);
	size_t n = json_string_length(text);

	if (s == NULL || b->n > MESSAGE_MAX)
		return 0;
	if (n > MESSAGE_MAX)
		for (n = MESSAGE_MAX; n > 0 && (s[n] & 0xC0) == 0x80; n--)
			;
	if (seki_buf_str(b, before, err) == -1)
		return -1;
	return seki_text_show(b, s, n, err);
}

/* CODE: MESSAGE; what the service says about each parameter; its own mark. */
static int
story(struct seki_buf *b, json_t *doc, struct seki_err *err)
{
	json_t *member, *line, *list = json_object_get(doc, "errors");
	const char *key;
	size_t i;

	if (show(b, "", json_object_get(doc, "code"), err) == -1 ||
	    show(b, ": ", json_object_get(doc, "message"), err) == -1)
		return -1;
	json_object_foreach(list, key, member)
	{
		json_array_foreach(json_object_get(member, "messages"), i, line)
		{
			if (show(b, " / ", line, err) == -1)
				return -1;
		}
	}
	if (show(b, " (id ", json_object_get(doc, "id"), err) == -1)
		return -1;
	return json_is_string(json_object_get(doc, "id"))
		   ? seki_buf_byte(b, ')', err)
		   : 0;
}

/* The service's error object, whatever the status. */
static json_t *
refusal(const struct seki_reply *reply)
{
	struct seki_err e = SEKI_ERR_INIT;
	json_t *doc;

	/* Pages are large, and an app has a code of its own. */
	if (reply->status == 200 &&
	    (reply->body.n > 4096 || reply->body.p == NULL ||
		strstr(reply->body.p, "\"message\"") == NULL))
		return NULL;
	if (!reply->json || reply->body.n == 0 || reply->body.n > REFUSAL_MAX)
		return NULL;
	doc =
	    seki_doc_parse(reply->body.p, reply->body.n, SEKI_PROTOCOL, "", &e);
	if (doc != NULL && (!json_is_string(json_object_get(doc, "code")) ||
			       json_object_get(doc, "records") != NULL)) {
		json_decref(doc);
		doc = NULL;
	}
	return doc;
}

static int
refused(const char *what, const struct seki_reply *reply, json_t *doc,
    struct seki_err *err)
{
	const char *code = json_string_value(json_object_get(doc, "code"));
	enum seki_reason reason = by_status(reply->status, 1);
	struct seki_buf b = SEKI_BUF_INIT;
	const char *hint = NULL;
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i].code, code) == 0) {
			reason = codes[i].reason;
			hint = codes[i].hint;
		}
	if (reply->status == 200)
		reason = SEKI_PROTOCOL;
	if (story(&b, doc, err) == 0) {
		(void)seki_fail(err, reason, "%s: %s", what, b.p);
		if (hint != NULL)
			seki_err_hint(err, "%s", _(hint));
		hint_for(reason, err);
	}
	seki_buf_free(&b);
	return -1;
}

/* No JSON: the status and, of a page for browsers, how it begins. */
static int
foreign(const char *what, const struct seki_reply *reply, struct seki_err *err)
{
	enum seki_reason reason =
	    reply->status == 200 ? SEKI_PROTOCOL : by_status(reply->status, 0);
	struct seki_buf b = SEKI_BUF_INIT;
	size_t n = reply->body.n < 60 ? reply->body.n : 60;

	if (n > 0 && reply->body.p[0] == '<')
		(void)seki_text_show(&b, reply->body.p, n, err);
	if (b.n > 0)
		(void)seki_fail(err, reason,
		    _("%s: expected JSON, got status %ld and a page that "
		      "begins: %s"),
		    what, reply->status, b.p);
	else if (reply->body.n == 0)
		(void)seki_fail(err, reason,
		    _("%s: expected JSON, got status %ld and nothing"), what,
		    reply->status);
	else
		(void)seki_fail(err, reason,
		    _("%s: expected JSON, got status %ld and something else"),
		    what, reply->status);
	hint_for(reason, err);
	seki_buf_free(&b);
	return -1;
}

/* Every answer is an object: 1 when this begins as one, 2 when it ends too. */
static int
object(const struct seki_buf *b)
{
	size_t i = 0, n = b->n;

	while (i < n && strchr(" \t\r\n", b->p[i]) != NULL)
		i++;
	while (n > i && strchr(" \t\r\n", b->p[n - 1]) != NULL)
		n--;
	if (i == n || b->p[i] != '{')
		return 0;
	return b->p[n - 1] == '}' ? 2 : 1;
}

static int
cut(const char *what, struct seki_err *err)
{
	(void)seki_fail(err, SEKI_NETWORK, _("%s is incomplete"), what);
	seki_err_hint(
	    err, "%s", _("Nothing was taken. Run the same command again."));
	return -1;
}

static int
check(const struct seki_http *h, const char *what, struct seki_reply *reply,
    struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	json_t *doc;
	int whole;

	if (reply->status == 200 && reply->warning[0] != '\0') {
		(void)seki_text_show(
		    &b, reply->warning, strlen(reply->warning), err);
		(void)seki_fail(err, SEKI_REMOTE,
		    _("%s: the service did not search to the end: %s"), what,
		    b.n > 0 ? b.p : "");
		seki_buf_free(&b);
		seki_err_hint(
		    err, "%s", _("Use a condition without like in --query."));
		return -1;
	}
	/* A server may say back what it was told. */
	if (reply->status != 200 && reply->body.n > 0)
		seki_http_redact(h, reply->body.p, reply->body.n);
	doc = refusal(reply);
	if (doc == NULL && reply->status == 200 && reply->json &&
	    (whole = object(&reply->body)) > 0)
		return whole == 2 ? 0 : cut(what, err);
	if (doc != NULL) {
		(void)refused(what, reply, doc, err);
		json_decref(doc);
		return -1;
	}
	return foreign(what, reply, err);
}

int
seki_api_check(const struct seki_http *h, const char *what,
    struct seki_reply *reply, struct seki_err *err)
{
	int r = check(h, what, reply, err);

	if (r == -1)
		seki_err_object(err, seki_http_domain(h));
	return r;
}

int
seki_api_call(struct seki_http *h, const char *what, const char *path,
    const char *query, struct seki_reply *reply, struct seki_err *err)
{
	struct seki_err e = SEKI_ERR_INIT;

	if (seki_http_ask(h, path, query, reply, &e) == 0)
		return seki_api_check(h, what, reply, err);
	(void)seki_fail(err, e.reason, "%s: %s", what, e.text);
	seki_err_object(err, e.object);
	if (e.hint[0] != '\0')
		seki_err_hint(err, "%s", e.hint);
	return -1;
}

static int
listed(const struct seki_ask *ask, uint64_t a, uint64_t b, struct seki_buf *q,
    struct seki_err *err)
{
	size_t i, n = 0;

	for (i = 0; i < ask->nretry && ask->retry[i] <= b; i++) {
		if (ask->retry[i] <= a)
			continue;
		if (seki_buf_fmt(q, err, "%s\"%" PRIu64 "\"",
			n++ == 0 ? " or $id in (" : ", ", ask->retry[i]) == -1)
			return -1;
	}
	return n == 0 ? 0 : seki_buf_byte(q, ')', err);
}

/* The conditions; with a < b as part of a longer one. */
static int
condition(const struct seki_ask *ask, uint64_t a, uint64_t b,
    struct seki_buf *q, struct seki_err *err)
{
	int both = ask->query[0] != '\0' && (a < b || ask->since != NULL);

	if (seki_buf_fmt(q, err, "%s%s%s", both ? "(" : "", ask->query,
		both ? ")" : "") == -1)
		return -1;
	if (ask->since != NULL &&
	    (seki_buf_fmt(
		 q, err, "%s(%s", q->n > 0 ? " and " : "", ask->since) == -1 ||
		listed(ask, a, b, q, err) == -1 ||
		seki_buf_byte(q, ')', err) == -1))
		return -1;
	return q->n == 0 ? 0 : seki_buf_str(q, a < b ? " and " : " ", err);
}

/* {"app":…,"query":conditions and more,"fields":…,"totalCount":true}: a page
 * that lacks a record is known by its own count, whatever was added or deleted
 * elsewhere meanwhile. */
static int
records(struct seki_http *h, const struct seki_ask *ask, struct seki_buf *q,
    const char *fields, const char *what, struct seki_reply *reply,
    struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	int r = -1;

	if (seki_buf_str(&b, "{\"app\":", err) == -1 ||
	    seki_json_quote(&b, ask->app, strlen(ask->app), err) == -1 ||
	    seki_buf_str(&b, ",\"query\":", err) == -1 ||
	    seki_json_quote(&b, q->p, q->n, err) == -1)
		goto out;
	if (fields != NULL && (seki_buf_str(&b, ",\"fields\":", err) == -1 ||
				  seki_buf_str(&b, fields, err) == -1))
		goto out;
	if (seki_buf_str(&b, ",\"totalCount\":true}", err) == 0)
		r = seki_api_call(
		    h, what, "/k/v1/records.json", b.p, reply, err);
out:
	seki_buf_free(&b);
	return r;
}

int
seki_api_page(struct seki_http *h, const struct seki_ask *ask, uint64_t a,
    uint64_t b, uint64_t number, struct seki_reply *reply, struct seki_err *err)
{
	struct seki_buf q = SEKI_BUF_INIT;
	char what[64];
	int r = -1;

	(void)snprintf(what, sizeof(what), _("page %" PRIu64), number);
	if (condition(ask, a, b, &q, err) == 0 &&
	    seki_buf_fmt(&q, err,
		"$id > %" PRIu64 " and $id <= %" PRIu64
		" order by $id asc limit %d",
		a, b, SEKI_PAGE) == 0)
		r = records(h, ask, &q, ask->fields, what, reply, err);
	seki_buf_free(&q);
	return r;
}

static int
count(
    const json_t *doc, uint64_t *total, const char *what, struct seki_err *err)
{
	json_t *n = json_object_get(doc, "totalCount");
	const char *s = json_string_value(n);

	if (json_is_integer(n) && json_integer_value(n) >= 0)
		*total = (uint64_t)json_integer_value(n);
	else if (s != NULL && s[0] != '\0' && strlen(s) < 19 &&
		 strspn(s, "0123456789") == strlen(s))
		*total = strtoull(s, NULL, 10);
	else
		return seki_fail(err, SEKI_PROTOCOL,
		    _("%s: the answer has no totalCount"), what);
	return 0;
}

/* The first record's id, or 0 without one. */
static int
first_id(
    const json_t *doc, uint64_t *id, const char *what, struct seki_err *err)
{
	json_t *list = json_object_get(doc, "records"), *v;
	const char *s;

	*id = 0;
	if (json_is_array(list) && json_array_size(list) == 0)
		return 0;
	v = json_object_get(
	    json_object_get(json_array_get(list, 0), "$id"), "value");
	if ((s = json_string_value(v)) == NULL ||
	    !seki_page_id_ok(s, strlen(s)))
		return seki_fail(err, SEKI_PROTOCOL,
		    _("%s: the answer has no record number"), what);
	*id = strtoull(s, NULL, 10);
	return 0;
}

static int
summary(struct seki_http *h, const struct seki_ask *ask, const char *more,
    const char *what, uint64_t *id, uint64_t *total, struct seki_err *err)
{
	struct seki_reply reply = SEKI_REPLY_INIT;
	struct seki_buf q = SEKI_BUF_INIT;
	json_t *doc = NULL;
	int r = -1;

	if (condition(ask, 0, 0, &q, err) == 0 &&
	    seki_buf_str(&q, more, err) == 0 &&
	    records(h, ask, &q, "[\"$id\"]", what, &reply, err) == 0)
		doc = seki_doc_parse(
		    reply.body.p, reply.body.n, SEKI_PROTOCOL, what, err);
	if (doc != NULL && count(doc, total, what, err) == 0)
		r = id == NULL ? 0 : first_id(doc, id, what, err);
	json_decref(doc);
	seki_buf_free(&q);
	seki_reply_free(&reply);
	if (r == -1)
		seki_err_object(err, seki_http_domain(h));
	return r;
}

int
seki_api_newest(struct seki_http *h, const struct seki_ask *ask, uint64_t *id,
    uint64_t *total, struct seki_err *err)
{
	return summary(h, ask, "order by $id desc limit 1",
	    _("the newest record"), id, total, err);
}

int
seki_api_total(struct seki_http *h, const struct seki_ask *ask, uint64_t *total,
    struct seki_err *err)
{
	return summary(
	    h, ask, "limit 1", _("the closing count"), NULL, total, err);
}
