#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "push_int.h"

struct seki_push_journal {
	char *path, *domain, *app;
	int lock;
	char root[SEKI_HEX];
	uint64_t records, done, to, refused;
};

static int
save(struct seki_push_journal *j, uint64_t to, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_out *out = NULL;
	int r = -1;

	j->to = to;
	if (seki_buf_str(&b, "{\"domain\":", err) == 0 &&
	    seki_json_quote(&b, j->domain, strlen(j->domain), err) == 0 &&
	    seki_buf_fmt(&b, err,
		",\"app\":\"%s\",\"root\":\"%s\",\"records\":%" PRIu64
		",\"done\":%" PRIu64 ",\"adding\":%" PRIu64
		",\"refused\":%" PRIu64 "}\n",
		j->app, j->root, j->records, j->done, to, j->refused) == 0)
		out = seki_out_file(j->path, 0600, SEKI_OUT_REPLACE, err);
	if (out != NULL) {
		r = seki_out_write(out, b.p, b.n, err);
		if (r == 0)
			r = seki_out_commit(out, err);
		else
			seki_out_abort(out);
	}
	seki_buf_free(&b);
	if (r == -1)
		seki_err_object(err, j->path);
	return r;
}

/* What the last run left is of this app, and of which stream and how far. */
static int
left(struct seki_push_journal *j, const json_t *doc, int *same,
    struct seki_err *err)
{
	const char *what = _("journal"), *domain, *app, *root;
	uint64_t records;

	domain = seki_doc_str(doc, "domain", SEKI_CONFIG, what, err);
	app = seki_doc_str(doc, "app", SEKI_CONFIG, what, err);
	root = seki_doc_str(doc, "root", SEKI_CONFIG, what, err);
	if (domain == NULL || app == NULL || root == NULL ||
	    seki_doc_uint(doc, "records", &records, SEKI_CONFIG, what, err) ==
		-1 ||
	    seki_doc_uint(doc, "done", &j->done, SEKI_CONFIG, what, err) ==
		-1 ||
	    seki_doc_uint(doc, "adding", &j->to, SEKI_CONFIG, what, err) == -1)
		return -1;
	if (strcmp(domain, j->domain) != 0 || strcmp(app, j->app) != 0) {
		seki_err_hint(err, "%s",
		    _("Each app has a folder of its own: name another with "
		      "--state."));
		return seki_fail(err, SEKI_CONFIG, "%s",
		    _("the folder belongs to another service or app"));
	}
	/* Earlier versions did not remember it. */
	if (json_object_get(doc, "refused") != NULL &&
	    seki_doc_uint(
		doc, "refused", &j->refused, SEKI_CONFIG, what, err) == -1)
		return -1;
	*same = strcmp(root, j->root) == 0;
	if (!*same && j->done < records && j->to == 0) {
		seki_err_hint(err, "%s",
		    _("Run the earlier command again with its own stream, or "
		      "move the file away to give that stream up."));
		return seki_fail(err, SEKI_CONFIG,
		    _("another stream was added only up to record %" PRIu64
		      " of %" PRIu64),
		    j->done, records);
	}
	return 0;
}

static int
unsure(const struct seki_push_journal *j, struct seki_err *err)
{
	seki_err_hint(err,
	    _("Look in the app whether they are there. If none is, change "
	      "\"adding\" in that file to 0 and run again; if all are, change "
	      "\"done\" to %" PRIu64 " too. With --key this cannot happen."),
	    j->to);
	return seki_fail(err, SEKI_HELD,
	    _("a run was interrupted while it added records %" PRIu64
	      " to %" PRIu64 " of its stream; nobody knows whether they "
	      "arrived"),
	    j->done + 1, j->to);
}

static int
take_up(struct seki_push_journal *j, int *already, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct stat st;
	json_t *doc = NULL;
	int same = 0, r = -1;

	if (lstat(j->path, &st) == -1 && errno == ENOENT)
		return 0;
	if (seki_in_slurp(j->path, SEKI_MANIFEST_MAX, &b, err) == 0)
		doc = seki_doc_parse(b.p, b.n, SEKI_CONFIG, _("journal"), err);
	if (doc != NULL && left(j, doc, &same, err) == 0)
		r = j->to != 0 ? unsure(j, err) : 0;
	if (!same)
		j->done = j->refused = 0;
	*already = r == 0 && same && j->done >= j->records;
	json_decref(doc);
	seki_buf_free(&b);
	if (r == -1)
		seki_err_object(err, j->path);
	return r;
}

static int
lock(struct seki_push_journal *j, const char *dir, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;

	if (seki_dir_private(dir, 1, err) == 0 &&
	    seki_buf_fmt(&b, err, "%s/lock", dir) == 0)
		j->lock = seki_dir_lock(b.p, err);
	seki_buf_free(&b);
	return j->lock == -1 ? -1 : 0;
}

struct seki_push_journal *
seki_push_journal_open(const char *dir, const char *domain, const char *app,
    const struct seki_proof *proof, int *already, struct seki_err *err)
{
	struct seki_push_journal *j = calloc(1, sizeof(*j));

	if (j == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	j->lock = -1;
	j->records = proof->records;
	seki_text_hex(proof->root, SEKI_SHA256, j->root);
	if (asprintf(&j->path, "%s/push.json", dir) == -1) {
		j->path = NULL;
		(void)seki_err_nomem(err);
	} else if ((j->domain = strdup(domain)) == NULL ||
		   (j->app = strdup(app)) == NULL) {
		(void)seki_err_nomem(err);
	} else if (lock(j, dir, err) == 0 && take_up(j, already, err) == 0) {
		return j;
	}
	seki_push_journal_free(j);
	return NULL;
}

uint64_t
seki_push_journal_done(const struct seki_push_journal *j)
{
	return j->done;
}

uint64_t
seki_push_journal_refused(const struct seki_push_journal *j)
{
	return j->refused;
}

int
seki_push_journal_begin(
    struct seki_push_journal *j, uint64_t to, struct seki_err *err)
{
	return save(j, to, err);
}

int
seki_push_journal_end(
    struct seki_push_journal *j, uint64_t refused, struct seki_err *err)
{
	j->done = j->to;
	j->refused = refused;
	return save(j, 0, err);
}

int
seki_push_journal_undo(struct seki_push_journal *j, struct seki_err *err)
{
	return save(j, 0, err);
}

void
seki_push_journal_free(struct seki_push_journal *j)
{
	if (j == NULL)
		return;
	if (j->lock != -1)
		(void)close(j->lock);
	free(j->path);
	free(j->domain);
	free(j->app);
	free(j);
}
