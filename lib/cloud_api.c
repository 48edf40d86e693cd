#include <stdlib.h>

#include "cloud_int.h"

#define ANY                                                                    \
	(SEKI_CLOUD_VIEW | SEKI_CLOUD_ADD | SEKI_CLOUD_EDIT |                  \
	    SEKI_CLOUD_DELETE | SEKI_CLOUD_ADMIN)

struct call {
	struct seki_cloud *c;
	const struct seki_cloud_app *app;
	const struct route *route;
	const struct seki_cloud_request *req;
	struct seki_cloud_param param;
	struct seki_cloud_db *db;
	struct seki_buf *b;
	struct seki_cloud_fault *fault;
	struct seki_err *err;
};

struct route {
	const char *name;
	unsigned may; /* one of these permissions is needed */
	int by_id;    /* the app is the parameter id */
	int (*fn)(struct call *);
};

static int
records(struct call *k)
{
	return seki_cloud_records(
	    k->db, k->app, &k->param, k->b, k->fault, k->err);
}

static int
record(struct call *k)
{
	if (k->param.id == 0)
		return seki_cloud_invalid(k->fault, "id", SEKI_CLOUD_REQUIRED);
	return seki_cloud_records_one(
	    k->db, k->app, &k->param, k->b, k->fault, k->err);
}

static int
document(struct call *k)
{
	int r =
	    seki_cloud_db_doc(k->db, k->app->id, k->route->name, k->b, k->err);

	/* An app that was loaded without this document. */
	if (r == 0)
		return seki_cloud_refuse(k->fault, SEKI_CLOUD_CB_NO02, NULL, 0);
	return r == 1 ? 0 : -1;
}

static int
forbidden(struct call *k)
{
	return seki_cloud_refuse(k->fault, SEKI_CLOUD_GAIA_NO01, NULL, 0);
}

static const struct route routes[] = {
	{ "records", SEKI_CLOUD_VIEW, 0, records },
	{ "record", SEKI_CLOUD_VIEW, 0, record },
	{ "app", ANY, 1, document },
	{ "app/form/fields", SEKI_CLOUD_VIEW | SEKI_CLOUD_ADD, 0, document },
	{ "app/form/layout", SEKI_CLOUD_VIEW | SEKI_CLOUD_ADD, 0, document },
	{ "app/settings", ANY, 0, document },
	{ "app/status", ANY, 0, document },
	{ "app/views", ANY, 0, document },
	/* What no token may do (record API 1.4). */
	{ "apps", 0, 0, forbidden },
};

/* "/k/v1/NAME.json"; a guest space's path has the same names. */
static const struct route *
find(const char *path, int *guest)
{
	const char *dot;
	size_t n;

	*guest = 0;
	if (strncmp(path, "/k/guest/", 9) == 0) {
		n = strspn(path + 9, "0123456789");
		if (n == 0 || strncmp(path + 9 + n, "/v1/", 4) != 0)
			return NULL;
		path += 9 + n + 4;
		*guest = 1;
	} else if (strncmp(path, "/k/v1/", 6) == 0)
		path += 6;
	else
		return NULL;
	if ((dot = strrchr(path, '.')) == NULL || strcmp(dot, ".json") != 0)
		return NULL;
	n = (size_t)(dot - path);
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (strlen(routes[i].name) == n &&
		    memcmp(routes[i].name, path, n) == 0)
			return &routes[i];
	return NULL;
}

static int
authenticate(struct call *k)
{
	/* A password goes before tokens, and there are no users here. */
	if (k->req->password != NULL)
		return seki_cloud_refuse(k->fault, SEKI_CLOUD_CB_WA01, NULL, 0);
	if (k->req->tokens == NULL)
		return seki_cloud_refuse(k->fault, SEKI_CLOUD_CB_AU01, NULL, 0);
	return seki_cloud_auth_known(k->c->auth, k->req->tokens, k->fault);
}

/* Reading is GET, or POST that says it stands for GET. */
static int
method(struct call *k)
{
	const struct seki_cloud_request *q = k->req;
	int json = q->type != NULL &&
		   strncasecmp(q->type, "application/json", 16) == 0 &&
		   (q->type[16] == '\0' || q->type[16] == ';');

	if (strcmp(q->method, "POST") == 0) {
		if (q->override == NULL)
			return forbidden(k);
		if (strcmp(q->override, "GET") != 0)
			return strcmp(q->override, "PUT") == 0 ||
				       strcmp(q->override, "DELETE") == 0
				   ? forbidden(k)
				   : seki_cloud_refuse(
					 k->fault, SEKI_CLOUD_CB_IL02, NULL, 0);
		if (q->nbody == 0)
			return seki_cloud_refuse(
			    k->fault, SEKI_CLOUD_CB_IJ01, NULL, 0);
	} else if (strcmp(q->method, "GET") != 0)
		return forbidden(k);
	if (q->nbody > 0 ? !json : q->type != NULL)
		return seki_cloud_refuse(k->fault, SEKI_CLOUD_CB_IL02, NULL, 0);
	return 0;
}

static int
parameters(struct call *k)
{
	const struct seki_cloud_request *q = k->req;
	char id[24];
	uint64_t app;

	if (seki_cloud_param_query(&k->param, q->args, k->fault, k->err) == -1)
		return -1;
	if (q->nbody > 0 && seki_cloud_param_body(&k->param, q->body, q->nbody,
				k->fault, k->err) == -1)
		return -1;
	app = k->route->by_id ? k->param.id : k->param.app;
	if (app == 0)
		return seki_cloud_invalid(k->fault,
		    k->route->by_id ? "id" : "app", SEKI_CLOUD_REQUIRED);
	(void)snprintf(id, sizeof(id), "%ju", (uintmax_t)app);
	if ((k->app = seki_cloud_find(k->c, app)) == NULL)
		return seki_cloud_refuse(
		    k->fault, SEKI_CLOUD_GAIA_AP01, id, strlen(id));
	return seki_cloud_auth_app(
	    k->c->auth, q->tokens, app, k->route->may, k->fault);
}

int
seki_cloud_api(struct seki_cloud *c, const struct seki_cloud_request *req,
    struct seki_buf *b, struct seki_cloud_fault *fault, struct seki_err *err)
{
	struct call k = {
		.c = c, .req = req, .b = b, .fault = fault, .err = err
	};
	int guest, r = -1;

	if ((k.route = find(req->path, &guest)) == NULL)
		return 1;
	if (authenticate(&k) == -1 || method(&k) == -1)
		return -1;
	/* No app here lies in a guest space. */
	if (guest)
		return seki_cloud_refuse(fault, SEKI_CLOUD_CB_NO02, NULL, 0);
	if (k.route->may == 0)
		return k.route->fn(&k);
	if (parameters(&k) == 0 &&
	    (k.db = seki_cloud_data_get(c->data, err)) != NULL)
		r = k.route->fn(&k);
	seki_cloud_data_put(c->data, k.db);
	seki_cloud_param_free(&k.param);
	return r;
}
