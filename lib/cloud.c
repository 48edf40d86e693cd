#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "cloud_int.h"

static struct seki_cloud_app *
mine(const struct seki_cloud *c, uint64_t id)
{
	for (size_t i = 0; i < c->napp; i++)
		if (c->app[i]->id == id)
			return c->app[i];
	return NULL;
}

struct seki_cloud_app *
seki_cloud_find(const struct seki_cloud *c, uint64_t id)
{
	return mine(c, id);
}

uint64_t
seki_cloud_apps(const struct seki_cloud *c)
{
	return c->napp;
}

/* A document of the app, parsed; NULL when there is none. */
static int
document(struct seki_cloud_db *db, uint64_t id, const char *name, json_t **out,
    struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	int r;

	*out = NULL;
	if ((r = seki_cloud_db_doc(db, id, name, &b, err)) == 1) {
		*out = seki_doc_parse(b.p, b.n, SEKI_RECORD, name, err);
		r = *out == NULL ? -1 : 0;
	}
	seki_buf_free(&b);
	return r;
}

static int
settings(
    struct seki_cloud_db *db, struct seki_cloud_app *a, struct seki_err *err)
{
	json_t *about = NULL, *all = NULL, *status = NULL;
	int r = 0;

	if (document(db, a->id, "app", &about, err) == -1 ||
	    document(db, a->id, "app/settings", &all, err) == -1 ||
	    document(db, a->id, "app/status", &status, err) == -1)
		r = -1;
	seki_cloud_app_settings(a, about, all, status);
	return r;
}

/* Take an app that the data file holds into the list. */
static int
enlist(struct seki_cloud *c, struct seki_cloud_db *db, uint64_t id,
    struct seki_err *err)
{
	struct seki_buf form = SEKI_BUF_INIT;
	struct seki_cloud_app **list, *a;
	int r;

	if ((a = calloc(1, sizeof(*a))) == NULL)
		return seki_err_nomem(err);
	a->id = id;
	r = seki_cloud_db_doc(db, id, "app/form/fields", &form, err);
	if (r == 0)
		r = seki_fail(err, SEKI_CONFIG,
		    _("app %ju of the data file has no form"), (uintmax_t)id);
	if (r == 1)
		r = seki_cloud_app_parse(a, form.p, form.n, err);
	seki_buf_free(&form);
	if (r == 0)
		r = settings(db, a, err);
	if (r == 0) {
		list = reallocarray(c->app, c->napp + 1, sizeof(*list));
		if (list != NULL) {
			c->app = list;
			c->app[c->napp++] = a;
			return 0;
		}
		r = seki_err_nomem(err);
	}
	seki_cloud_app_free(a);
	return r;
}

struct all {
	struct seki_cloud *c;
	struct seki_cloud_db *db;
};

static int
each(void *ctx, uint64_t id, struct seki_err *err)
{
	struct all *all = ctx;

	return enlist(all->c, all->db, id, err);
}

struct seki_cloud *
seki_cloud_open(const char *data, const char *tmpdir, struct seki_err *err)
{
	pthread_condattr_t attr;
	struct seki_cloud *c;
	struct all all;
	int r;

	if ((c = calloc(1, sizeof(*c))) == NULL) {
		seki_err_nomem(err);
		return NULL;
	}
	c->cursor_life = 600;
	c->concurrent = 100;
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_mutex_init(&c->cursors, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&c->stopping, &attr);
	(void)pthread_condattr_destroy(&attr);
	if ((c->data = seki_cloud_data_open(data, tmpdir, err)) == NULL ||
	    (all.db = seki_cloud_data_get(c->data, err)) == NULL) {
		seki_cloud_free(c);
		return NULL;
	}
	all.c = c;
	r = seki_cloud_db_apps(all.db, each, &all, err);
	seki_cloud_data_put(c->data, all.db);
	if (r == 0)
		return c;
	seki_cloud_free(c);
	return NULL;
}

/* Fill in an app within one transaction: all of it, or nothing. */
static int
fill(struct seki_cloud *c,
    int (*fn)(struct seki_cloud_db *, void *, uint64_t *, struct seki_err *),
    void *ctx, struct seki_err *err)
{
	struct seki_cloud_db *db;
	uint64_t app = 0;
	int r;

	if ((db = seki_cloud_data_get(c->data, err)) == NULL)
		return -1;
	if ((r = seki_cloud_db_begin(db, err)) == 0) {
		if ((r = fn(db, ctx, &app, err)) == 0)
			r = seki_cloud_db_commit(db, err);
		if (r == -1)
			seki_cloud_db_rollback(db);
	}
	if (r == 0 && mine(c, app) == NULL)
		r = enlist(c, db, app, err);
	if (r == 0)
		mine(c, app)->claimed = 1;
	seki_cloud_data_put(c->data, db);
	return r;
}

/* 1: the data file holds the app, made the same way; 0: it does not. */
static int
held(struct seki_cloud *c, struct seki_cloud_db *db, uint64_t app,
    const char *made, struct seki_err *err)
{
	struct seki_cloud_app *a = mine(c, app);
	struct seki_buf was = SEKI_BUF_INIT;
	int r;

	if (a == NULL)
		return 0;
	if (a->claimed) {
		seki_err_hint(err, "--app ID");
		return seki_fail(err, SEKI_USAGE, _("two apps are to be %ju"),
		    (uintmax_t)app);
	}
	if ((r = seki_cloud_db_doc(db, app, "made", &was, err)) == 0 ||
	    (r == 1 && strcmp(was.p, made) != 0)) {
		seki_err_hint(err,
		    _("start with another --data file, or without the options "
		      "that make apps"));
		r = seki_fail(err, SEKI_CONFIG,
		    _("the data file holds an app %ju made in another way"),
		    (uintmax_t)app);
	}
	seki_buf_free(&was);
	return r;
}

struct generate {
	struct seki_cloud *c;
	const char *spec;
	uint64_t seed;
	int flaws;
};

static int
generate(
    struct seki_cloud_db *db, void *ctx, uint64_t *app, struct seki_err *err)
{
	struct generate *g = ctx;
	char made[SEKI_CLOUD_MADE];
	int r;

	*app = g->c->generated + 1;
	(void)snprintf(made, sizeof(made), "generate %.60s seed %ju flaws %d",
	    g->spec, (uintmax_t)g->seed, g->flaws);
	if ((r = held(g->c, db, *app, made, err)) == 0 &&
	    (r = seki_cloud_gen_app(
		 db, *app, g->spec, g->seed, g->flaws, err)) == 0)
		r = seki_cloud_db_doc_set(
		    db, *app, "made", made, strlen(made), err);
	return r == -1 ? -1 : 0;
}

int
seki_cloud_generate(struct seki_cloud *c, const char *spec, uint64_t seed,
    int flaws, struct seki_err *err)
{
	struct generate g = { c, spec, seed, flaws };

	if (fill(c, generate, &g, err) == -1)
		return -1;
	c->generated++;
	return 0;
}

struct load {
	struct seki_cloud *c;
	const char *dir;
	uint64_t app;
};

static int
load(struct seki_cloud_db *db, void *ctx, uint64_t *app, struct seki_err *err)
{
	struct load *l = ctx;
	char made[SEKI_CLOUD_MADE];
	int r;

	*app = l->app;
	if (seki_cloud_load_id(l->dir, app, err) == -1 ||
	    seki_cloud_load_made(l->dir, made, err) == -1) {
		seki_err_object(err, l->dir);
		return -1;
	}
	if ((r = held(l->c, db, *app, made, err)) == 0 &&
	    (r = seki_cloud_load_app(db, *app, l->dir, err)) == 0)
		r = seki_cloud_db_doc_set(
		    db, *app, "made", made, strlen(made), err);
	return r == -1 ? -1 : 0;
}

int
seki_cloud_load(
    struct seki_cloud *c, const char *dir, uint64_t app, struct seki_err *err)
{
	struct load l = { c, dir, app };

	return fill(c, load, &l, err);
}

int
seki_cloud_hide(struct seki_cloud *c, const char *spec, struct seki_err *err)
{
	const struct seki_cloud_field *f = NULL;
	struct seki_cloud_app *a;
	char *end, **list;

	a = mine(c, strtoull(spec, &end, 10));
	if (a != NULL && *end == ':')
		f = seki_cloud_app_find(a, end + 1, strlen(end + 1));
	if (*spec < '1' || *spec > '9' || f == NULL || f->inner) {
		seki_err_object(err, spec);
		return seki_fail(err, SEKI_USAGE,
		    _("not APP:FIELD with a field of an app that is here"));
	}
	if ((list = reallocarray(a->hide, a->nhide + 1, sizeof(*list))) == NULL)
		return seki_err_nomem(err);
	a->hide = list;
	if ((list[a->nhide] = strdup(end + 1)) == NULL)
		return seki_err_nomem(err);
	a->nhide++;
	return 0;
}

int
seki_cloud_tokens(struct seki_cloud *c, const char *path, struct seki_err *err)
{
	seki_cloud_auth_free(c->auth);
	c->auth = seki_cloud_auth_open(path, err);
	return c->auth == NULL ? -1 : 0;
}

/* Fields of records may name them. */
static int
introduce(struct seki_cloud *c, struct seki_err *err)
{
	const struct seki_cloud_user *u;
	struct seki_cloud_db *db;
	int r;

	if ((db = seki_cloud_data_get(c->data, err)) == NULL)
		return -1;
	r = seki_cloud_person_add(
	    db, "USER", "Administrator", "Administrator", err);
	for (size_t i = 0;
	     r == 0 && (u = seki_cloud_users_nth(c->users, i)) != NULL; i++)
		r = seki_cloud_person_add(db, "USER", u->code, u->name, err);
	if (r == 0)
		r = seki_cloud_file_expire(db, seki_time_now(), err);
	seki_cloud_data_put(c->data, db);
	return r;
}

int
seki_cloud_users(struct seki_cloud *c, const char *path, struct seki_err *err)
{
	seki_cloud_users_free(c->users);
	c->users = seki_cloud_users_open(path, err);
	return c->users == NULL ? -1 : 0;
}

int
seki_cloud_basic(struct seki_cloud *c, const char *path, struct seki_err *err)
{
	seki_cloud_users_free(c->basic);
	c->basic = seki_cloud_users_open(path, err);
	return c->basic == NULL ? -1 : 0;
}

int
seki_cloud_guest(struct seki_cloud *c, const char *spec, struct seki_err *err)
{
	struct seki_cloud_app *a;
	uint64_t space = 0;
	char *end;

	a = mine(c, strtoull(spec, &end, 10));
	if (a != NULL && *end == ':' && end[1] >= '1' && end[1] <= '9')
		space = strtoull(end + 1, &end, 10);
	if (*spec < '1' || *spec > '9' || space == 0 || space > 999999999 ||
	    *end != '\0') {
		seki_err_object(err, spec);
		return seki_fail(err, SEKI_USAGE,
		    _("not APP:SPACE with an app that is here"));
	}
	a->space = space;
	return 0;
}

int
seki_cloud_spoil(struct seki_cloud *c, const char *spec, struct seki_err *err)
{
	return seki_cloud_trouble_add(&c->trouble, spec, err);
}

void
seki_cloud_limits(
    struct seki_cloud *c, unsigned concurrent, unsigned cursor_life)
{
	c->concurrent = concurrent;
	c->cursor_life = cursor_life;
}

void
seki_cloud_delay(struct seki_cloud *c, unsigned milliseconds)
{
	c->delay = milliseconds;
}

void
seki_cloud_wait(struct seki_cloud *c, unsigned milliseconds)
{
	struct timespec t;
	int r = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += milliseconds / 1000;
	t.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	(void)pthread_mutex_lock(&c->lock);
	while (!c->stop && r == 0)
		r = pthread_cond_timedwait(&c->stopping, &c->lock, &t);
	(void)pthread_mutex_unlock(&c->lock);
}

int
seki_cloud_listen(struct seki_cloud *c, const char *address,
    char url[SEKI_CLOUD_URL], struct seki_err *err)
{
	int fd[2];

	if (c->auth == NULL)
		return seki_fail(err, SEKI_BUG, "no tokens");
	if (introduce(c, err) == -1 ||
	    seki_cloud_data_serve(c->data, err) == -1 ||
	    seki_cloud_socket_open(address, fd, url, err) == -1)
		return -1;
	for (int i = 0; i < 2 && fd[i] != -1; i++)
		if ((c->daemon[i] = seki_cloud_http_start(c, fd[i], err)) ==
		    NULL) {
			(void)close(fd[i]);
			if (i == 0 && fd[1] != -1)
				(void)close(fd[1]);
			return -1;
		}
	return 0;
}

void
seki_cloud_free(struct seki_cloud *c)
{
	if (c == NULL)
		return;
	(void)pthread_mutex_lock(&c->lock);
	c->stop = 1;
	(void)pthread_cond_broadcast(&c->stopping);
	(void)pthread_mutex_unlock(&c->lock);
	seki_cloud_http_stop(c->daemon[0]);
	seki_cloud_http_stop(c->daemon[1]);
	for (size_t i = 0; i < c->napp; i++)
		seki_cloud_app_free(c->app[i]);
	free(c->app);
	for (size_t i = 0; i < SEKI_CLOUD_CURSORS; i++)
		seki_cloud_cursor_free(c->cursor[i]);
	seki_cloud_trouble_free(c->trouble);
	seki_cloud_users_free(c->users);
	seki_cloud_users_free(c->basic);
	seki_cloud_auth_free(c->auth);
	seki_cloud_data_free(c->data);
	(void)pthread_mutex_destroy(&c->cursors);
	(void)pthread_cond_destroy(&c->stopping);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}
