#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "push_int.h"

/* Some 200,000 streams. */
#define FINISHED_MAX (16 * SEKI_MIB)

struct seki_push_journal {
	char *path, *list, *domain, *app;
	int lock;
	char root[SEKI_HEX];
	uint64_t records, done, to, refused;
	/* The list's text: "DOMAIN APP", then "ROOT REFUSED" for each stream
	 * that was added to the end before the one of the journal. */
	struct seki_buf finished;
	/* What the journal holds until it is replaced, "" for none. */
	char before[SEKI_HEX];
	uint64_t before_refused;
};

static int
replace(const char *path, const struct seki_buf *b, struct seki_err *err)
{
	struct seki_out *out = seki_out_file(path, 0600, SEKI_OUT_REPLACE, err);
	int r = -1;

	if (out != NULL) {
		r = seki_out_write(out, b->p, b->n, err);
		if (r == 0)
			r = seki_out_commit(out, err);
		else
			seki_out_abort(out);
	}
	if (r == -1)
		seki_err_object(err, path);
	return r;
}

static int
foreign(struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("Each app has a folder of its own: name another with "
	      "--state."));
	return seki_fail(err, SEKI_CONFIG, "%s",
	    _("the folder belongs to another service or app"));
}

static int
is_root(const char *s)
{
	return strspn(s, "0123456789abcdef") == SEKI_HEX - 1;
}

/* "ROOT REFUSED"; 1 when it is the root, 0, -1. */
static int
line(const char *s, size_t n, const char *root, uint64_t *refused)
{
	const char *number = s + SEKI_HEX;
	size_t digits = n > SEKI_HEX ? n - SEKI_HEX : 0;

	if (digits == 0 || digits > 15 || !is_root(s) ||
	    s[SEKI_HEX - 1] != ' ' || strspn(number, "0123456789") != digits ||
	    (number[0] == '0' && digits > 1))
		return -1;
	if (memcmp(s, root, SEKI_HEX - 1) != 0)
		return 0;
	*refused = strtoull(number, NULL, 10);
	return 1;
}

static int
broken(size_t nth, struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("Take the file from a backup. Without it, streams that were "
	      "added before would be added again."));
	return seki_fail(
	    err, SEKI_CONFIG, _("line %zu: not as seki-push writes it"), nth);
}

/* Is the root among those finished?  Every line is looked at. */
static int
among(const struct seki_push_journal *j, const char *root, uint64_t *refused,
    struct seki_err *err)
{
	const char *s = j->finished.p, *end, *last = s + j->finished.n;
	size_t nth = 1;
	int found = 0, got;

	if (j->finished.n == 0)
		return 0;
	for (; s < last; s = end + 1, nth++) {
		if ((end = memchr(s, '\n', (size_t)(last - s))) == NULL)
			return broken(nth, err);
		if (nth == 1)
			continue;
		got = line(s, (size_t)(end - s), root, refused);
		if (got == -1 || (got == 1 && found))
			return broken(nth, err);
		found |= got;
	}
	return found;
}

/* The list, when there is one; it must be of this app. */
static int
recall(struct seki_push_journal *j, struct seki_err *err)
{
	struct seki_buf head = SEKI_BUF_INIT;
	struct stat st;
	int r = -1;

	if (lstat(j->list, &st) == -1 && errno == ENOENT)
		return 0;
	if (seki_in_private(j->list, FINISHED_MAX, &j->finished, err) == 0 &&
	    seki_buf_fmt(&head, err, "%s %s\n", j->domain, j->app) == 0) {
		if (j->finished.n == 0 ||
		    memchr(j->finished.p, '\n', j->finished.n) == NULL)
			r = broken(1, err);
		else if (j->finished.n < head.n ||
			 memcmp(j->finished.p, head.p, head.n) != 0)
			r = foreign(err);
		else
			r = among(j, j->root, &j->refused, err);
	}
	seki_buf_free(&head);
	if (r == -1)
		seki_err_object(err, j->list);
	return r;
}

/* What the journal holds goes to the list before it is replaced. */
static int
retire(struct seki_push_journal *j, struct seki_err *err)
{
	uint64_t refused;
	int got;

	if (j->before[0] == '\0' ||
	    (got = among(j, j->before, &refused, err)) == 1)
		return 0;
	if (got == -1 ||
	    (j->finished.n == 0 && seki_buf_fmt(&j->finished, err, "%s %s\n",
				       j->domain, j->app) == -1) ||
	    seki_buf_fmt(&j->finished, err, "%s %" PRIu64 "\n", j->before,
		j->before_refused) == -1)
		return -1;
	if (j->finished.n > FINISHED_MAX) {
		seki_err_object(err, j->list);
		seki_err_hint(err, "%s",
		    _("Name a new folder with --state; it will not know the "
		      "streams that were added before."));
		return seki_fail(err, SEKI_LIMIT, "%s",
		    _("the folder remembers as many streams as it can"));
	}
	return replace(j->list, &j->finished, err);
}

static int
save(struct seki_push_journal *j, uint64_t to, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	int r = -1;

	if (retire(j, err) == -1)
		return -1;
	j->before[0] = '\0';
	j->to = to;
	if (seki_buf_str(&b, "{\"domain\":", err) == 0 &&
	    seki_json_quote(&b, j->domain, strlen(j->domain), err) == 0 &&
	    seki_buf_fmt(&b, err,
		",\"app\":\"%s\",\"root\":\"%s\",\"records\":%" PRIu64
		",\"done\":%" PRIu64 ",\"adding\":%" PRIu64
		",\"refused\":%" PRIu64 "}\n",
		j->app, j->root, j->records, j->done, to, j->refused) == 0)
		r = replace(j->path, &b, err);
	seki_buf_free(&b);
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
	if (strcmp(domain, j->domain) != 0 || strcmp(app, j->app) != 0)
		return foreign(err);
	if (!is_root(root) || root[SEKI_HEX - 1] != '\0' || j->done > records ||
	    j->to > records)
		return seki_fail(err, SEKI_CONFIG, "%s",
		    _("journal: not as seki-push writes it"));
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
	if (!*same && j->to == 0) {
		memcpy(j->before, root, SEKI_HEX);
		j->before_refused = j->refused;
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

	if ((*already = recall(j, err)) != 0)
		return *already == 1 ? 0 : -1;
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
	} else if (asprintf(&j->list, "%s/finished", dir) == -1) {
		j->list = NULL;
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
	seki_buf_free(&j->finished);
	free(j->path);
	free(j->list);
	free(j->domain);
	free(j->app);
	free(j);
}
