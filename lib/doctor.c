#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "http_int.h"

/* From the wire up: what failed says that all before it is in order. */
static const char *const layer_word[] = {
	[SEKI_LAYER_DNS] = "dns",
	[SEKI_LAYER_PROXY] = "proxy",
	[SEKI_LAYER_CONNECT] = "connection",
	[SEKI_LAYER_TLS] = "tls",
	[SEKI_LAYER_ANSWER] = "service",
	[SEKI_LAYER_SIGN_IN] = "sign-in",
	[SEKI_LAYER_GUEST] = "guest-space",
	[SEKI_LAYER_APP] = "app",
	[SEKI_LAYER_FORM] = "form",
	[SEKI_LAYER_RECORDS] = "records",
	[SEKI_LAYER_CLOCK] = "clock",
};

/* Which layer a refusal is about, by its code (record API 7.3). */
static const struct {
	const char *code;
	enum seki_layer layer;
} codes[] = {
	{ "CB_AU01", SEKI_LAYER_SIGN_IN },
	{ "CB_WA01", SEKI_LAYER_SIGN_IN },
	{ "CB_TW02", SEKI_LAYER_SIGN_IN },
	{ "GAIA_IA02", SEKI_LAYER_SIGN_IN },
	{ "GAIA_DA03", SEKI_LAYER_SIGN_IN },
	{ "GAIA_IL23", SEKI_LAYER_GUEST },
	{ "CB_NO02", SEKI_LAYER_GUEST },
	{ "GAIA_AP01", SEKI_LAYER_APP },
	{ "GAIA_NO02", SEKI_LAYER_APP },
};

struct exam {
	struct seki_http *http;
	const char *app;
	seki_doctor_say *say;
	void *ctx;
	enum seki_layer done; /* the last one said */
};

/* What there is to say of a layer that holds. */
static const char *
remark(const struct seki_http_site *site, enum seki_layer l)
{
	int proxy = site->proxy != NULL && !site->url.local;

	if (l == SEKI_LAYER_DNS && proxy)
		return _("the proxy looks the service up");
	if (l == SEKI_LAYER_PROXY && !proxy)
		return _("none is used");
	if (l == SEKI_LAYER_TLS && site->url.plain)
		return _("plain http, to this host itself");
	if (l == SEKI_LAYER_GUEST && site->guest == NULL)
		return _("none is named, and none is needed");
	return "";
}

static void
good(struct exam *e, enum seki_layer upto)
{
	struct seki_err fine = SEKI_ERR_INIT;
	enum seki_layer l;

	for (l = e->done + 1; l <= upto; l++) {
		(void)snprintf(fine.text, sizeof(fine.text), "%s",
		    remark(e->http->site, l));
		e->say(e->ctx, layer_word[l], &fine);
	}
	e->done = upto > e->done ? upto : e->done;
}

static void
bad(struct exam *e, enum seki_layer l, const struct seki_err *err)
{
	if (l > SEKI_LAYER_DNS)
		good(e, l - 1);
	e->say(e->ctx, layer_word[l], err);
	e->done = l;
}

static enum seki_layer
refused_by(
    const struct exam *e, const struct seki_reply *reply, enum seki_layer l)
{
	struct seki_err err = SEKI_ERR_INIT;
	const char *code = NULL;
	json_t *doc = NULL;
	size_t i;

	if (reply->json && reply->body.n > 0 && reply->body.n < SEKI_CONF_MAX)
		doc = seki_doc_parse(
		    reply->body.p, reply->body.n, SEKI_PROTOCOL, "", &err);
	code = json_string_value(json_object_get(doc, "code"));
	if (code == NULL)
		l = reply->status == 401 || reply->status == 403
			? SEKI_LAYER_SIGN_IN
			: SEKI_LAYER_ANSWER;
	for (i = 0; code != NULL && i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i].code, code) == 0)
			l = codes[i].layer;
	/* Without a guest space it is the app's own matter. */
	if (l == SEKI_LAYER_GUEST && code != NULL && code[0] == 'C' &&
	    e->http->site->guest == NULL)
		l = SEKI_LAYER_APP;
	json_decref(doc);
	return l > e->done ? l : e->done + 1;
}

/* One question, which is about layer l when everything below holds. */
static int
ask(struct exam *e, enum seki_layer l, const char *what, const char *path,
    const char *query, struct seki_reply *reply)
{
	struct seki_err err = SEKI_ERR_INIT;

	if (seki_http_ask(e->http, path, query, reply, &err) == -1) {
		bad(e, e->http->layer > e->done ? e->http->layer : l, &err);
		return -1;
	}
	if (seki_api_check(e->http, what, reply, &err) == -1) {
		bad(e, refused_by(e, reply, l), &err);
		return -1;
	}
	good(e, l);
	return 0;
}

static void
clock_of(struct exam *e)
{
	struct seki_err err = SEKI_ERR_INIT;
	seki_time there = seki_http_date(e->http);
	long long off = (long long)(seki_time_now() - there);

	if (there == 0) {
		(void)snprintf(err.text, sizeof(err.text), "%s",
		    _("the service does not tell its time"));
	} else if (off > SEKI_CLOCK_AHEAD || off < -SEKI_CLOCK_AHEAD) {
		(void)seki_fail(&err, SEKI_CLOCK,
		    off > 0 ? _("this host is %lld s ahead of the service")
			    : _("this host is %lld s behind the service"),
		    off > 0 ? off : -off);
		seki_err_hint(
		    &err, "%s", _("Set this host's clock: timedatectl."));
	}
	e->say(e->ctx, layer_word[SEKI_LAYER_CLOCK], &err);
}

int
seki_doctor_run(struct seki_http *http, const char *app, seki_doctor_say *say,
    void *ctx, struct seki_err *err)
{
	struct exam e = { http, app, say, ctx, SEKI_LAYER_NONE };
	struct seki_reply reply = SEKI_REPLY_INIT;
	struct seki_buf about = SEKI_BUF_INIT, form = SEKI_BUF_INIT,
			one = SEKI_BUF_INIT;
	int r = -1;

	if (!seki_page_id_ok(app, strlen(app)))
		return seki_fail(
		    err, SEKI_CONFIG, "%s", _("--app is not an app's number"));
	if (seki_buf_fmt(&about, err, "/k/v1/app.json?id=%s", app) == 0 &&
	    seki_buf_fmt(
		&form, err, "/k/v1/app/form/fields.json?app=%s", app) == 0 &&
	    seki_buf_fmt(
		&one, err, "{\"app\":\"%s\",\"query\":\"limit 1\"}", app) == 0)
		r = 0;
	if (r == 0 &&
	    ask(&e, SEKI_LAYER_APP, _("app"), about.p, NULL, &reply) == 0 &&
	    ask(&e, SEKI_LAYER_FORM, _("form"), form.p, NULL, &reply) == 0)
		(void)ask(&e, SEKI_LAYER_RECORDS, _("a record"),
		    "/k/v1/records.json", one.p, &reply);
	if (r == 0 && e.done > SEKI_LAYER_TLS)
		clock_of(&e);
	seki_reply_free(&reply);
	seki_buf_free(&about);
	seki_buf_free(&form);
	seki_buf_free(&one);
	return r;
}
