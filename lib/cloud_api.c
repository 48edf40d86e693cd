#include <stdlib.h>

#include "cloud_int.h"

#define ANY                                                                    \
	(SEKI_CLOUD_VIEW | SEKI_CLOUD_ADD | SEKI_CLOUD_EDIT |                  \
	    SEKI_CLOUD_DELETE | SEKI_CLOUD_ADMIN)
#define SEEN (SEKI_CLOUD_VIEW | SEKI_CLOUD_ADD)

static const struct seki_cloud_route routes[] = {
	{ "GET", "records", SEKI_CLOUD_VIEW, NULL, 0, seki_cloud_records },
	{ "GET", "record", SEKI_CLOUD_VIEW, NULL, 0, seki_cloud_records_one },
	{ "POST", "record", SEKI_CLOUD_ADD, NULL, 2, seki_cloud_write_add },
	{ "POST", "records", SEKI_CLOUD_ADD, NULL, 2,
	    seki_cloud_write_add_all },
	{ "PUT", "record", SEKI_CLOUD_EDIT, NULL, 2, seki_cloud_write_put },
	{ "PUT", "records", SEKI_CLOUD_EDIT, NULL, 2,
	    seki_cloud_write_put_all },
	{ "DELETE", "records", SEKI_CLOUD_DELETE, NULL, 2,
	    seki_cloud_write_delete },
	{ "PUT", "record/status", SEKI_CLOUD_EDIT, NULL, 2,
	    seki_cloud_status_put },
	{ "PUT", "records/status", SEKI_CLOUD_EDIT, NULL, 2,
	    seki_cloud_status_put_all },
	{ "PUT", "record/assignees", SEKI_CLOUD_EDIT, NULL, 2,
	    seki_cloud_status_assign },
	{ "POST", "bulkRequest", 0, NULL, 1, seki_cloud_bulk },
	{ "POST", "records/cursor", SEKI_CLOUD_VIEW, NULL, 0,
	    seki_cloud_cursor_add },
	{ "GET", "records/cursor", 0, NULL, 0, seki_cloud_cursor_get },
	{ "DELETE", "records/cursor", 0, NULL, 0, seki_cloud_cursor_delete },
	{ "GET", "record/comments", SEKI_CLOUD_VIEW, NULL, 0,
	    seki_cloud_comment_list },
	{ "POST", "record/comment", SEKI_CLOUD_VIEW, NULL, 1,
	    seki_cloud_comment_add },
	{ "DELETE", "record/comment", SEKI_CLOUD_VIEW, NULL, 1,
	    seki_cloud_comment_delete },
	{ "GET", "records/acl/evaluate", SEKI_CLOUD_VIEW, NULL, 0,
	    seki_cloud_apps_rights },
	{ "GET", "file", 0, NULL, 0, seki_cloud_download },
	{ "POST", "file", 0, NULL, 1, seki_cloud_uploaded },
	{ "GET", "app", ANY, "id", 0, seki_cloud_apps_document },
	{ "GET", "apps", 0, NULL, 0, seki_cloud_apps_list },
	{ "GET", "apps/statistics", 0, NULL, 0, seki_cloud_apps_statistics },
	{ "GET", "app/form/fields", SEEN, NULL, 0, seki_cloud_apps_document },
	{ "GET", "app/form/layout", SEEN, NULL, 0, seki_cloud_apps_document },
	{ "GET", "app/settings", ANY, NULL, 0, seki_cloud_apps_document },
	{ "GET", "app/status", ANY, NULL, 0, seki_cloud_apps_document },
	{ "GET", "app/views", ANY, NULL, 0, seki_cloud_apps_document },
	/* Settings as they are edited: the same, as nobody edits them here. */
	{ "GET", "preview/app/form/fields", SEKI_CLOUD_ADMIN, NULL, 0,
	    seki_cloud_apps_document },
	{ "GET", "preview/app/form/layout", SEKI_CLOUD_ADMIN, NULL, 0,
	    seki_cloud_apps_document },
	{ "GET", "preview/app/settings", SEKI_CLOUD_ADMIN, NULL, 0,
	    seki_cloud_apps_document },
	{ "GET", "preview/app/status", SEKI_CLOUD_ADMIN, NULL, 0,
	    seki_cloud_apps_document },
	{ "GET", "preview/app/views", SEKI_CLOUD_ADMIN, NULL, 0,
	    seki_cloud_apps_document },
};

/* "NAME.json" of "/k/v1/NAME.json"; a guest space's path has the same names. */
static const char *
name(const char *path, uint64_t *space, size_t *len)
{
	size_t n;

	*space = 0;
	if (strncmp(path, "/k/guest/", 9) == 0) {
		n = strspn(path + 9, "0123456789");
		if (n == 0 || n > 9 || strncmp(path + 9 + n, "/v1/", 4) != 0)
			return NULL;
		*space = strtoull(path + 9, NULL, 10);
		path += 9 + n + 4;
	} else if (strncmp(path, "/k/v1/", 6) == 0)
		path += 6;
	else
		return NULL;
	n = strlen(path);
	if (n < 6 || strcmp(path + n - 5, ".json") != 0)
		return NULL;
	*len = n - 5;
	return path;
}

const struct seki_cloud_route *
seki_cloud_route(
    const char *method, const char *path, uint64_t *space, int *known)
{
	const char *s;
	size_t n;

	*known = 0;
	if ((s = name(path, space, &n)) == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (strlen(routes[i].name) != n ||
		    memcmp(routes[i].name, s, n) != 0)
			continue;
		*known = 1;
		if (strcmp(routes[i].method, method) == 0)
			return &routes[i];
	}
	return NULL;
}

static int
authenticate(struct seki_cloud_call *k)
{
	const struct seki_cloud_request *q = k->req;

	/* A password goes before tokens. */
	if (q->password != NULL) {
		k->user = seki_cloud_users_find(k->c->users, q->password);
		return k->user != NULL ? 0
				       : seki_cloud_refuse(k->fault,
					     SEKI_CLOUD_CB_WA01, NULL, 0);
	}
	if (q->tokens == NULL)
		return seki_cloud_refuse(k->fault, SEKI_CLOUD_CB_AU01, NULL, 0);
	return seki_cloud_auth_known(k->c->auth, q->tokens, k->fault);
}

int
seki_cloud_may(struct seki_cloud_call *k, uint64_t app, unsigned any_of)
{
	if (k->user != NULL)
		return 0;
	return seki_cloud_auth_app(
	    k->c->auth, k->req->tokens, app, any_of, k->fault);
}

const char *
seki_cloud_caller_code(const struct seki_cloud_call *k)
{
	return k->user != NULL ? k->user->code : "Administrator";
}

int
seki_cloud_caller(const struct seki_cloud_call *k, struct seki_buf *b)
{
	const char *code = seki_cloud_caller_code(k);
	const char *who = k->user != NULL ? k->user->name : code;

	if (seki_buf_str(b, "{\"code\":", k->err) == -1 ||
	    seki_json_quote(b, code, strlen(code), k->err) == -1 ||
	    seki_buf_str(b, ",\"name\":", k->err) == -1 ||
	    seki_json_quote(b, who, strlen(who), k->err) == -1)
		return -1;
	return seki_buf_byte(b, '}', k->err);
}

/* The method that is meant; NULL when the request has a wrong form. */
static const char *
method(struct seki_cloud_call *k)
{
	static const char *const all[] = { "GET", "PUT", "DELETE" };
	const struct seki_cloud_request *q = k->req;
	int json = q->type != NULL &&
		   strncasecmp(q->type, "application/json", 16) == 0 &&
		   (q->type[16] == '\0' || q->type[16] == ';');
	const char *m = q->method;

	if (strcmp(m, "POST") == 0 && q->override != NULL) {
		m = NULL;
		for (size_t i = 0; i < 3; i++)
			if (strcmp(q->override, all[i]) == 0)
				m = all[i];
	}
	if (m == NULL) {
		(void)seki_cloud_refuse(k->fault, SEKI_CLOUD_CB_IL02, NULL, 0);
		return NULL;
	}
	if (q->upload != NULL)
		return m;
	/* What a POST has to say is in its body. */
	if (strcmp(q->method, "POST") == 0 && q->nbody == 0) {
		(void)seki_cloud_refuse(k->fault, SEKI_CLOUD_CB_IJ01, NULL, 0);
		return NULL;
	}
	if (q->nbody > 0 ? !json : q->type != NULL) {
		(void)seki_cloud_refuse(k->fault, SEKI_CLOUD_CB_IL02, NULL, 0);
		return NULL;
	}
	return m;
}

/* An app of a guest space is called by the space's address, no other is. */
static int
placed(struct seki_cloud_call *k)
{
	if (k->app->space == k->space)
		return 0;
	return seki_cloud_refuse(k->fault,
	    k->space == 0 ? SEKI_CLOUD_GAIA_IL23 : SEKI_CLOUD_CB_NO02, NULL, 0);
}

int
seki_cloud_route_run(struct seki_cloud_call *k)
{
	const char *name = k->route->app != NULL ? k->route->app : "app";
	struct seki_cloud_app *a;
	char text[24];
	uint64_t id;

	if (k->route->may == 0)
		return k->route->fn(k);
	if (seki_cloud_param_id(k->args, name, &id, k->fault) == -1)
		return -1;
	if (id == 0)
		return seki_cloud_invalid(
		    k->fault, name, SEKI_CLOUD_REQUIRED, NULL, 0);
	(void)snprintf(text, sizeof(text), "%ju", (uintmax_t)id);
	if ((a = seki_cloud_find(k->c, id)) == NULL)
		return seki_cloud_refuse(
		    k->fault, SEKI_CLOUD_GAIA_AP01, text, strlen(text));
	k->app = a;
	a->asked++;
	if (placed(k) == -1 || seki_cloud_may(k, id, k->route->may) == -1)
		return -1;
	return k->route->fn(k);
}

static int
run(struct seki_cloud_call *k)
{
	int r;

	if ((k->db = seki_cloud_data_get(k->c->data, k->err)) == NULL)
		return -1;
	if (!k->route->write)
		r = seki_cloud_route_run(k);
	else if ((r = seki_cloud_data_write(k->c->data, k->db, k->err)) == 0) {
		r = seki_cloud_route_run(k);
		if (seki_cloud_data_written(
			k->c->data, k->db, r == 0, k->err) == -1)
			r = -1;
	}
	seki_cloud_data_put(k->c->data, k->db);
	return r;
}

int
seki_cloud_api(struct seki_cloud *c, const struct seki_cloud_request *req,
    struct seki_buf *b, struct seki_cloud_fault *fault, struct seki_err *err)
{
	struct seki_arena arena = SEKI_ARENA_INIT;
	struct seki_cloud_call k = { .c = c,
		.req = req,
		.now = seki_time_now(),
		.arena = &arena,
		.b = b,
		.fault = fault,
		.err = err };
	struct seki_cloud_tree *args;
	const char *m;
	int known, r = -1;

	k.route = seki_cloud_route("GET", req->path, &k.space, &known);
	if (!known)
		return 1;
	if (authenticate(&k) == -1 || (m = method(&k)) == NULL)
		return -1;
	k.route = seki_cloud_route(m, req->path, &k.space, &known);
	if (k.route == NULL)
		return seki_cloud_refuse(fault, SEKI_CLOUD_GAIA_NO01, NULL, 0);
	if (seki_cloud_param_parse(req, &args, &arena, fault, err) == 0) {
		k.args = args;
		r = run(&k);
	}
	seki_arena_free(&arena);
	return r;
}
