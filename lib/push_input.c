#include <string.h>
#include <unistd.h>

#include "push_int.h"

int
seki_push_arguments(const struct seki_push *push, struct seki_err *err)
{
	int add = push->mode == SEKI_PUSH_MODE_ADD;

	if (!seki_page_id_ok(push->app, strlen(push->app))) {
		(void)seki_fail(
		    err, SEKI_CONFIG, "%s", _("--app is not an app's number"));
		seki_err_hint(err, "%s",
		    _("It is the number in the app's address (/k/NUMBER/)."));
		return -1;
	}
	if (push->mode == SEKI_PUSH_MODE_UPSERT && push->key == NULL)
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--mode upsert needs --key FIELD"));
	if (add && push->key == NULL && push->state == NULL) {
		seki_err_hint(err, "%s",
		    _("With a key a second run adds nothing twice; without one "
		      "only --state DIR remembers what was sent."));
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--mode add needs --key FIELD or --state DIR"));
	}
	if (push->state != NULL && (!add || push->key != NULL))
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--state is for --mode add without --key"));
	return 0;
}

/* The field that tells records apart, or -1. */
static int
key_of(const struct seki_push *push, const struct seki_schema *s)
{
	const char *code = push->key;

	if (code == NULL && push->mode == SEKI_PUSH_MODE_UPDATE)
		code = "$id";
	return code == NULL ? -1 : seki_schema_find(s, code, strlen(code));
}

int
seki_push_prove(const struct seki_push *push, int fd, const char *name,
    struct seki_proof *proof, struct seki_once *once, struct seki_err *err)
{
	struct seki_stream_in *in = seki_stream_again(fd, name, err);
	struct seki_record *rec;
	int key, got = -1;

	if (in == NULL)
		return -1;
	key = key_of(push, seki_stream_schema(in));
	while ((got = seki_stream_next(in, &rec, err)) == 1)
		if (key != -1 && rec->kind == SEKI_RECORD_ROW &&
		    rec->v[key].set &&
		    seki_once_add(once, rec->v[key].p, rec->v[key].n, err) ==
			-1) {
			got = -1;
			break;
		}
	if (got == 0)
		*proof = *seki_stream_proof(in);
	seki_stream_free(in);
	return got;
}

int
seki_push_unique(const struct seki_push *push, int fd, const char *name,
    struct seki_once *once, struct seki_err *err)
{
	int key, twice = seki_once_twice(once, err);
	struct seki_stream_in *in;
	struct seki_record *rec;

	if (twice != 1 || (in = seki_stream_again(fd, name, err)) == NULL)
		return twice == 0 ? 0 : -1;
	key = key_of(push, seki_stream_schema(in));
	while (seki_stream_next(in, &rec, err) == 1)
		if (rec->kind == SEKI_RECORD_ROW && rec->v[key].set &&
		    seki_once_is(once, rec->v[key].p, rec->v[key].n)) {
			seki_err_record(err, rec->v[key].p, rec->v[key].n);
			seki_err_field(
			    err, seki_stream_schema(in)->field[key].code);
			(void)seki_fail(err, SEKI_RECORD, "%s",
			    _("two records of the stream have this key; "
			      "nothing was written"));
		}
	seki_stream_free(in);
	return -1;
}
