#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "push_int.h"

#define ANSWER_MAX (4 * SEKI_MIB)

#define AGAIN                                                                  \
	N_("Run the same command again in some minutes: what is done already " \
	   "is not done twice.")

#define GONE                                                                   \
	N_("An attachment that a record was to take is not in the service "    \
	   "any "                                                              \
	   "more. Run the same command again: attachments are compared and "   \
	   "uploaded anew.")

/* What a code says about a request of several records; any other is for
 * seki_api_check (record API 7.3). */
static const struct {
	const char *code;
	enum seki_push_said said;
} codes[] = {
	{ "CB_VA01", SEKI_PUSH_NO },
	{ "GAIA_LO03", SEKI_PUSH_NO },
	{ "GAIA_LO04", SEKI_PUSH_NO },
	{ "GAIA_SI01", SEKI_PUSH_NO },
	{ "GAIA_IL08", SEKI_PUSH_NO },
	{ "GAIA_IL26", SEKI_PUSH_NO },
	{ "GAIA_IL28", SEKI_PUSH_NO },
	{ "GAIA_IL42", SEKI_PUSH_NO },
	{ "GAIA_RE01", SEKI_PUSH_STALE },
	{ "GAIA_RE20", SEKI_PUSH_STALE },
	{ "GAIA_CO02", SEKI_PUSH_STALE },
	{ "GAIA_UN03", SEKI_PUSH_STALE },
	{ "GAIA_DA02", SEKI_PUSH_UNKNOWN },
	{ "GAIA_LT01", SEKI_PUSH_UNKNOWN },
	{ "GAIA_RE18", SEKI_PUSH_UNKNOWN },
};

/* A bulk request's refusal stands in the place of the request that failed.
 * With status 200 that counts only when no other request says anything. */
static json_t *
refusal(json_t *doc, long status, size_t *request)
{
	json_t *one, *found = NULL;
	size_t i, others = 0;

	json_array_foreach(json_object_get(doc, "results"), i, one)
	{
		if (found == NULL &&
		    json_is_string(json_object_get(one, "code"))) {
			*request = i;
			found = one;
		} else if (!json_is_object(one) || json_object_size(one) > 0) {
			others++;
		}
	}
	return status == 200 && others > 0 ? NULL : found;
}

/* CB_VA01 without a word on any record is about the request itself. */
static int
about_records(json_t *errors)
{
	const char *key;
	json_t *value;

	json_object_foreach(errors, key, value)
	{
		if (strncmp(key, "record", 6) == 0 &&
		    (key[6] == '.' || key[6] == '[' ||
			strncmp(key, "records[", 8) == 0))
			return 1;
	}
	return 0;
}

static void
classify(struct seki_push_answer *a, json_t *one)
{
	const char *code = json_string_value(json_object_get(one, "code"));
	size_t i;

	if (code == NULL)
		return;
	(void)snprintf(a->code, sizeof(a->code), "%s", code);
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i].code, code) == 0)
			a->said = codes[i].said;
	a->errors = json_incref(json_object_get(one, "errors"));
	if (strcmp(code, "CB_VA01") == 0 && !about_records(a->errors))
		a->said = SEKI_PUSH_STOP;
}

static int
hides(struct seki_push_run *r, struct seki_push_answer *a, const json_t *text)
{
	return json_is_string(text) &&
	       seki_push_hide(a, &r->pairs, json_string_value(text),
		   json_string_length(text));
}

/* Does it say a value of what it was sent? */
static int
tells(struct seki_push_run *r, struct seki_push_answer *a, const json_t *doc)
{
	json_t *member, *line;
	const char *key;
	size_t i;

	if (hides(r, a, json_object_get(doc, "message")))
		return 1;
	json_object_foreach(json_object_get(doc, "errors"), key, member)
	{
		json_array_foreach(json_object_get(member, "messages"), i, line)
		{
			if (hides(r, a, line))
				return 1;
		}
	}
	return 0;
}

/* As seki_api_check, but for values. */
static void
check(struct seki_push_run *r, struct seki_reply *reply, const json_t *doc,
    struct seki_push_answer *a, struct seki_err *err)
{
	struct seki_err e = SEKI_ERR_INIT;

	(void)seki_api_check(r->http, _("writing"), reply, &e);
	if (tells(r, a, doc)) {
		(void)seki_fail(err, e.reason, "%s: %s", _("writing"), a->code);
		seki_push_said_so(r, "", e.text);
	} else {
		(void)seki_fail(err, e.reason, "%s", e.text);
	}
	if (e.hint[0] != '\0')
		seki_err_hint(err, "%s", e.hint);
}

/* The failure in err, from what the service said. */
static void
failure(struct seki_push_run *r, struct seki_reply *reply, const json_t *doc,
    struct seki_push_answer *a, struct seki_err *err)
{
	if (strcmp(a->code, "GAIA_NO01") == 0 ||
	    strcmp(a->code, "CB_NO02") == 0 ||
	    strcmp(a->code, "GAIA_FU01") == 0)
		seki_err_hint(err, "%s", _(SEKI_PUSH_RIGHTS));
	if (strcmp(a->code, "GAIA_BL01") == 0)
		seki_err_hint(err, "%s", _(GONE));
	if (reply->status == 200)
		seki_err_hint(err, "%s", _(SEKI_PUSH_ODD));
	if (a->said == SEKI_PUSH_UNKNOWN || reply->status == 429)
		seki_err_hint(err, "%s", _(AGAIN));
	if (strcmp(a->code, "GAIA_FU01") == 0) {
		(void)seki_fail(
		    err, SEKI_PERMISSION, "%s: %s", _("writing"), a->code);
		seki_err_object(err, seki_http_domain(r->http));
		return;
	}
	if (reply->status == 200)
		(void)seki_fail(err, SEKI_PROTOCOL, _("%s: the answer is odd"),
		    _("writing"));
	else
		check(r, reply, doc, a, err);
	seki_err_object(err, seki_http_domain(r->http));
}

/* The refusal of one request becomes the answer, as if it had been asked
 * alone. */
static json_t *
unwrap(struct seki_reply *reply, json_t *doc, struct seki_push_answer *a)
{
	struct seki_err ignored = SEKI_ERR_INIT;
	json_t *one = json_incref(refusal(doc, reply->status, &a->request));
	char *text;

	if (one == NULL)
		return doc;
	json_decref(doc);
	text = json_dumps(one, JSON_COMPACT);
	seki_buf_reset(&reply->body);
	if (text != NULL)
		(void)seki_buf_str(&reply->body, text, &ignored);
	free(text);
	if (reply->status == 200) {
		reply->status = a->status = 400;
		a->said = SEKI_PUSH_STOP;
	}
	return one;
}

static void
understand(struct seki_push_run *r, struct seki_reply *reply,
    const struct seki_push_part *part, size_t requests,
    struct seki_push_answer *a, struct seki_err *err)
{
	struct seki_err ignored = SEKI_ERR_INIT;
	json_t *doc = NULL;

	a->status = reply->status;
	/* Whatever is no answer of the service's own may have come after the
	 * work was done. */
	a->said = reply->status == 200 || reply->status >= 500
		      ? SEKI_PUSH_UNKNOWN
		      : SEKI_PUSH_STOP;
	if (reply->json && reply->body.n > 0 && reply->body.n <= ANSWER_MAX)
		doc = seki_doc_parse(
		    reply->body.p, reply->body.n, SEKI_PROTOCOL, "", &ignored);
	if (doc != NULL && requests > 0)
		doc = unwrap(reply, doc, a);
	if (doc != NULL && reply->status == 200) {
		if (seki_push_complete(doc, part, requests))
			a->said = SEKI_PUSH_YES;
	} else if (doc != NULL) {
		classify(a, doc);
	}
	if (a->said == SEKI_PUSH_UNKNOWN || a->said == SEKI_PUSH_STOP)
		failure(r, reply, doc, a, err);
	json_decref(doc);
}

void
seki_push_ask(struct seki_push_run *r, const char *method, const char *path,
    const char *body, const struct seki_push_part *part, size_t requests,
    struct seki_push_answer *a, struct seki_err *err)
{
	struct seki_reply reply = SEKI_REPLY_INIT;
	struct seki_err e = SEKI_ERR_INIT;

	memset(a, 0, sizeof(*a));
	a->part = part;
	a->parts = requests > 0 ? requests : 1;
	if (seki_http_send(r->http, method, path, body, &reply, &e) == 0) {
		understand(r, &reply, part, requests, a, err);
	} else {
		a->said = e.reason == SEKI_NETWORK || e.reason == SEKI_PROTOCOL
			      ? SEKI_PUSH_UNKNOWN
			      : SEKI_PUSH_STOP;
		(void)seki_fail(err, e.reason, "%s: %s", _("writing"), e.text);
		seki_err_object(err, e.object);
		seki_err_hint(err, "%s",
		    a->said == SEKI_PUSH_UNKNOWN ? _(AGAIN) : e.hint);
	}
	if (strcmp(method, "POST") == 0 &&
	    (a->said == SEKI_PUSH_YES || a->said == SEKI_PUSH_UNKNOWN))
		r->sent = 1;
	seki_reply_free(&reply);
}

void
seki_push_answer_release(struct seki_push_answer *a)
{
	json_decref(a->errors);
	a->errors = NULL;
}

/* The field that the rest of an errors key is about: "CODE.value",
 * "record.CODE.value", "record[CODE].value", all behind "records[1].". */
static const struct seki_pair *
field_of(const struct seki_pairs *pairs, const char *s)
{
	const struct seki_pair *best = NULL;
	size_t i, n, most = 0;

	if (strncmp(s, "record.", 7) == 0 || strncmp(s, "record[", 7) == 0)
		s += 7;
	for (i = 0; i < pairs->n; i++) {
		n = strlen(pairs->pair[i].code);
		if (n >= most && strncmp(s, pairs->pair[i].code, n) == 0 &&
		    (s[n] == '.' || s[n] == ']' || s[n] == '\0')) {
			most = n;
			best = &pairs->pair[i];
		}
	}
	return best;
}

/* Is the key about record i of n?  Its rest, or NULL. */
static const char *
rest_of(const char *key, size_t i, size_t n)
{
	char prefix[40];
	size_t k;

	k = (size_t)snprintf(prefix, sizeof(prefix), "records[%zu]", i);
	if (strncmp(key, prefix, k) == 0)
		return key + k + (key[k] == '.');
	/* Some keys leave the number out. */
	return n == 1 && strncmp(key, "record", 6) == 0 &&
		       strncmp(key, "records", 7) != 0
		   ? key
		   : NULL;
}

int
seki_push_blamed(struct seki_push_answer *a, const struct seki_pairs *pairs,
    size_t i, size_t n, const char **field, struct seki_buf *why,
    struct seki_buf *hidden)
{
	struct seki_err err = SEKI_ERR_INIT;
	const struct seki_pair *p;
	const char *key, *rest, *text;
	json_t *value, *line;
	struct seki_buf *to;
	size_t k;
	int blamed = 0;

	*field = "";
	json_object_foreach(a->errors, key, value)
	{
		if (blamed || (rest = rest_of(key, i, n)) == NULL)
			continue;
		blamed = 1;
		if ((p = field_of(pairs, rest)) == NULL)
			continue;
		*field = p->code;
		json_array_foreach(json_object_get(value, "messages"), k, line)
		{
			if ((text = json_string_value(line)) == NULL)
				continue;
			to =
			    p->shape >= SEKI_S_CHOICES ||
				    seki_push_hide(a, pairs, text, strlen(text))
				? hidden
				: why;
			if (to->n < SEKI_PUSH_MESSAGE)
				(void)seki_buf_fmt(to, &err, "%s%.*s",
				    to->n ? " / " : "", SEKI_PUSH_MESSAGE,
				    text);
		}
	}
	return blamed;
}
