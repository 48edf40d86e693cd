#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "seki_int.h"

/*
 * Requests by app and day.  The service's day begins at 09:00 in Japan, which
 * is midnight UTC (record API 7.1).
 */

/* Days kept of one app. */
#define DAYS ((size_t)31)
/* Tries, 50 ms apart, for the lock of a file that is held for a moment. */
#define TRIES 40

static int
lock(const char *path, struct seki_err *err)
{
	static const struct timespec step = { 0, 50000000 };
	struct seki_buf name = SEKI_BUF_INIT;
	struct seki_err e = SEKI_ERR_INIT;
	int fd = -1, i;

	if (seki_buf_fmt(&name, err, "%s.lock", path) == -1)
		return -1;
	for (i = 0; i < TRIES && fd == -1; i++) {
		seki_err_clear(&e);
		if ((fd = seki_dir_lock(name.p, &e)) == -1 &&
		    e.reason != SEKI_LOCKED)
			break;
		if (fd == -1)
			(void)nanosleep(&step, NULL);
	}
	seki_buf_free(&name);
	if (fd == -1 && err->reason == SEKI_OK)
		*err = e;
	return fd;
}

/* A new document when there is no file yet. */
static json_t *
load(const char *path, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	json_t *doc = NULL;
	struct stat st;

	if (lstat(path, &st) == -1 && errno == ENOENT)
		doc = json_object();
	else if (seki_in_private(path, SEKI_CONF_MAX, &b, err) == 0)
		doc = seki_doc_parse(
		    b.p, b.n, SEKI_CONFIG, _("the count of requests"), err);
	seki_buf_free(&b);
	if (doc != NULL && json_is_object(doc))
		return doc;
	if (err->reason == SEKI_OK)
		(void)seki_fail(err, SEKI_CONFIG, "%s",
		    _("not a count of requests by app and day"));
	seki_err_hint(
	    err, _("Name another file, or move %s away to begin anew."), path);
	json_decref(doc);
	return NULL;
}

static uint64_t
add(json_t *doc, const char *app, const char *day, uint64_t n)
{
	json_t *days = json_object_get(doc, app), *old;
	const char *key, *least;

	if (!json_is_object(days)) {
		(void)json_object_set_new(doc, app, json_object());
		days = json_object_get(doc, app);
	}
	old = json_object_get(days, day);
	if (json_integer_value(old) > 0 &&
	    json_integer_value(old) < (json_int_t)INT32_MAX)
		n += (uint64_t)json_integer_value(old);
	(void)json_object_set_new(days, day, json_integer((json_int_t)n));
	while (json_object_size(days) > DAYS) {
		least = NULL;
		json_object_foreach(days, key, old)
		{
			if (least == NULL || strcmp(key, least) < 0)
				least = key;
		}
		(void)json_object_del(days, least);
	}
	return n;
}

static int
save(const char *path, const json_t *doc, struct seki_err *err)
{
	char *text = json_dumps(doc, JSON_INDENT(1) | JSON_SORT_KEYS);
	struct seki_out *out;
	int r = -1;

	if (text == NULL)
		return seki_err_nomem(err);
	if ((out = seki_out_file(path, 0600, SEKI_OUT_REPLACE, err)) != NULL) {
		if (seki_out_str(out, text, err) == 0 &&
		    seki_out_str(out, "\n", err) == 0)
			r = seki_out_commit(out, err);
		else
			seki_out_abort(out);
	}
	free(text);
	return r;
}

int
seki_budget_add(const char *path, const char *domain, const char *app,
    seki_time now, uint64_t calls, uint64_t *total, struct seki_err *err)
{
	struct seki_buf name = SEKI_BUF_INIT;
	char day[SEKI_TIME];
	json_t *doc = NULL;
	int fd, r = -1;

	seki_time_format(now, day);
	day[10] = '\0';
	if ((fd = lock(path, err)) == -1)
		goto out;
	if (seki_buf_fmt(&name, err, "%s/k/%s/", domain, app) == -1 ||
	    (doc = load(path, err)) == NULL)
		goto out;
	*total = add(doc, name.p, day, calls);
	r = calls == 0 ? 0 : save(path, doc, err);
out:
	json_decref(doc);
	seki_buf_free(&name);
	if (fd != -1)
		(void)close(fd);
	if (r == -1)
		seki_err_object(err, path);
	return r;
}
