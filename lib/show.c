#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "approval.h"
#include "relay.h"
#include "steps.h"

static void
say(struct seki_show_to *to, const char *key, const char *label,
    const char *text, const char *exact)
{
	if (!to->failed &&
	    to->how->say(to->how->ctx, key, label, text, exact, to->err) == -1)
		to->failed = 1;
}

void
seki_show_text(struct seki_show_to *to, const char *key, const char *label,
    const char *text)
{
	if (text != NULL && text[0] != '\0')
		say(to, key, label, text, text);
}

/* Words of a manifest that people read in theirs. */
static const char *
in_words(const char *word)
{
	static const char *const words[] = { N_("full"), N_("delta"),
		N_("media"), N_("relay"), N_("none"), N_("all"), N_("clear"),
		N_("suspect"), N_("found"), N_("true"), N_("false"),
		N_("bundle") };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], word) == 0)
			return _(words[i]);
	return word;
}

static void
word(struct seki_show_to *to, const char *key, const char *label,
    const char *text)
{
	if (text != NULL && text[0] != '\0')
		say(to, key, label, in_words(text), text);
}

void
seki_show_count(
    struct seki_show_to *to, const char *key, const char *label, uint64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	say(to, key, label, text, text);
}

void
seki_show_hex(struct seki_show_to *to, const char *key, const char *label,
    const unsigned char *sha256)
{
	char text[SEKI_HEX];

	seki_text_hex(sha256, SEKI_SHA256, text);
	say(to, key, label, text, text);
}

void
seki_show_time(
    struct seki_show_to *to, const char *key, const char *label, seki_time t)
{
	char jst[SEKI_TIME], utc[SEKI_TIME];

	if (t == 0)
		return;
	seki_time_jst(t, jst);
	seki_time_format(t, utc);
	say(to, key, label, jst, utc);
}

static void
source(struct seki_show_to *to, const struct seki_source *s)
{
	seki_show_text(to, "system", _("service"), s->system);
	seki_show_text(to, "domain", _("domain"), s->domain);
	seki_show_text(to, "app", _("app"), s->app);
}

void
seki_show_manifest(struct seki_show_to *to, const struct seki_manifest *m)
{
	seki_show_text(to, "stream", _("stream"), m->stream);
	seki_show_text(to, "title", _("title"), m->title);
	seki_show_text(to, "purpose", _("purpose"), m->purpose);
	seki_show_text(to, "class", _("class"), m->class);
	seki_show_text(to, "period", _("period"), m->period);
	word(to, "kind", _("kind"), m->kind);
	seki_show_count(to, "#epoch", _("epoch"), m->epoch);
	seki_show_count(to, "#seq", _("number"), m->seq);
	if (m->parts > 1) {
		seki_show_count(to, "#part", _("part"), m->part);
		seki_show_count(to, "#parts", _("of parts"), m->parts);
		seki_show_text(to, "set", _("manifest of the whole"), m->set);
	}
	seki_show_text(to, "org", _("organisation"), m->org);
	seki_show_text(to, "prepared_by", _("prepared by"), m->prepared_by);
	seki_show_text(to, "audience", _("for"), m->audience);
	word(to, "carrier", _("carrier"), m->carrier);
	word(to, "#encrypted", _("encrypted"),
	    m->nrecipient > 0 ? "true" : "false");
	source(to, &m->source);
	seki_show_time(to, "created", _("created"), m->created);
	seki_show_time(to, "not_before", _("valid from"), m->not_before);
	seki_show_time(to, "expires", _("valid until"), m->expires);
	seki_show_time(to, "next_by", _("next one due"), m->next_by);
	seki_show_count(to, "#records", _("records"), m->records);
	seki_show_count(to, "#held", _("held"), m->held);
	seki_show_count(to, "#deleted", _("deleted"), m->deletes);
	word(to, "attachments", _("attachments"), m->attachments);
	seki_show_hex(to, "root",
	    m->nrecipient > 0 ? _("content root, blinded") : _("content root"),
	    m->root);
	seki_show_hex(to, "schema", _("form"), m->schema);
	seki_show_text(to, "rules", _("rules table"), m->rules);
	word(to, "scan", _("scan"), m->scan);
	seki_show_text(to, "scan_by", _("let pass by"), m->scan_by);
	seki_show_text(to, "scan_reason", _("because"), m->scan_reason);
	seki_show_text(to, "prev", _("manifest before"), m->prev);
	seki_show_count(to, "#trust", _("trust file"), m->trust);
	if (seki_approval_recorded(m))
		say(to, "approval_kind", _("approval"),
		    _("recorded approval (no electronic signature)"),
		    m->approval_kind);
	else
		seki_show_text(
		    to, "approval_kind", _("approval"), m->approval_kind);
	seki_show_text(
	    to, "approval_number", _("approval number"), m->approval_number);
	seki_show_text(to, "approver", _("approved by"), seki_approval_name(m));
	seki_show_text(to, "approval_code", _("check code"), m->approval_code);
	if (m->test)
		word(to, "#test", _("test bundle"), "true");
}

/* Notes and files: what a manifest has several of. */
static void
manifest_lists(struct seki_show_to *to, const struct seki_manifest *m)
{
	const char *who;
	char text[512];
	size_t i;

	for (i = 0; i < m->nnote; i++) {
		(void)snprintf(text, sizeof(text), "%s: %s", m->note[2 * i],
		    m->note[2 * i + 1]);
		seki_show_text(to, "notes[]", _("note"), text);
	}
	for (i = 0; i < m->nrecipient; i++) {
		who = to->how->trust == NULL
			  ? NULL
			  : seki_trust_owner(to->how->trust, m->recipient[i]);
		(void)snprintf(text, sizeof(text), "%s%s%s", m->recipient[i],
		    who == NULL ? "" : " ", who == NULL ? "" : who);
		say(to, "recipients[]", _("encrypted to"), text, text);
	}
	for (i = 0; i < m->nfile; i++) {
		(void)snprintf(text, sizeof(text), _("%s, %llu bytes"),
		    m->file[i].name, (unsigned long long)m->file[i].size);
		say(to, "files[]", _("file"), text, m->file[i].name);
	}
}

static void
signatures(struct seki_show_to *to, const struct seki_bundle *b)
{
	struct seki_err why = SEKI_ERR_INIT;
	struct seki_cms *cms;
	char text[256], when[SEKI_TIME];
	size_t i;

	for (i = 0; i < b->nsig; i++) {
		cms = seki_cms_open(b->sig[i].der, b->sig[i].n, &why);
		if (cms == NULL) {
			seki_err_clear(&why);
			(void)snprintf(text, sizeof(text),
			    _("%s: not a signature of the allowed form"),
			    b->sig[i].name);
		} else {
			seki_time_jst(seki_cms_when(cms), when);
			(void)snprintf(text, sizeof(text),
			    _("%s: says %s, at %s"), b->sig[i].name,
			    seki_purpose_word(seki_cms_purpose(cms)), when);
		}
		say(to, "signatures[]", _("signature"), text, b->sig[i].name);
		seki_cms_free(cms);
	}
}

static void
fields(struct seki_show_to *to, const struct seki_field *f, size_t n,
    const char *table)
{
	char text[1024], code[512];
	size_t i;

	for (i = 0; i < n; i++) {
		(void)snprintf(code, sizeof(code), "%s%s%s", table,
		    table[0] != '\0' ? "/" : "", f[i].code);
		(void)snprintf(text, sizeof(text), "%s%s%s, %s, %s", table,
		    table[0] != '\0' ? "/" : "", f[i].code, f[i].label,
		    seki_type_word(f[i].type));
		say(to, "fields[]", _("field"), text, code);
		if (f[i].type == SEKI_T_SUBTABLE)
			fields(to, f[i].sub, f[i].nsub, f[i].code);
	}
}

/* Who accepted that the form is what it is. */
static void
accepted(struct seki_show_to *to, const struct seki_schema *s)
{
	struct seki_buf b = SEKI_BUF_INIT;
	json_t *step;
	size_t i;

	json_array_foreach(s->steps, i, step)
	{
		seki_buf_reset(&b);
		if (seki_steps_say(step, &b, to->err) == -1) {
			to->failed = 1;
			break;
		}
		say(to, "accepted[]", _("form accepted"), b.p, b.p);
	}
	seki_buf_free(&b);
}

static int
one(struct seki_show_to *to, struct seki_stream_in *s,
    const struct seki_record *r)
{
	const char *line;
	size_t n;

	line = seki_stream_line(s, &n);
	return to->how->record(
	    to->how->ctx, seki_stream_schema(s), r, line, n, to->err);
}

/* all: to the proof; else only as many records as were asked for. */
static int
records(struct seki_show_to *to, struct seki_stream_in *s, int all)
{
	uint64_t n = 0, count[3] = { 0, 0, 0 };
	const struct seki_proof *proof;
	struct seki_record *r;
	int got = 0;

	while ((all || n < to->how->records) &&
	       (got = seki_stream_next(s, &r, to->err)) == 1) {
		count[r->kind]++;
		if (n++ < to->how->records && one(to, s, r) == -1)
			return -1;
	}
	if (!all)
		return got == -1 ? -1 : 0;
	seki_show_count(to, "#records", _("records"), count[SEKI_RECORD_ROW]);
	seki_show_count(to, "#held", _("held"), count[SEKI_RECORD_HELD]);
	seki_show_count(
	    to, "#deleted", _("deleted"), count[SEKI_RECORD_DELETED]);
	if (got == -1) {
		say(to, "#complete", _("complete"), _("no"), "false");
		return -1;
	}
	proof = seki_stream_proof(s);
	seki_show_text(to, "kind", _("kind"), proof->kind);
	seki_show_hex(to, "root", _("content root"), proof->root);
	say(to, "#complete", _("complete"),
	    _("yes: it ends with its own proof"), "true");
	return 0;
}

static int
stream(struct seki_show_to *to, struct seki_in *in)
{
	struct seki_stream_in *s = seki_stream_open(in, to->err);
	const struct seki_schema *schema;
	int r;

	if (s == NULL)
		return -1;
	schema = seki_stream_schema(s);
	seki_show_text(to, "what", _("what"), "stream");
	seki_show_text(to, "stream", _("stream"), schema->stream);
	seki_show_text(to, "key", _("key field"), schema->key);
	source(to, &schema->source);
	seki_show_hex(to, "schema", _("form"), schema->digest);
	fields(to, schema->field, schema->n, "");
	accepted(to, schema);
	r = records(to, s, 1);
	seki_stream_free(s);
	return r;
}

/* The form and the first records; there are none to see in a sealed one.  Those
 * of a relay's workbook are read out of its sheets when they are asked for. */
static int
inside(struct seki_show_to *to, struct seki_bundle *b)
{
	const char *name = "data/records.jsonl";
	struct seki_stream_in *s;
	struct seki_in *in;
	int r;

	if (b->manifest->nrecipient > 0)
		return 0;
	if (b->relay != NULL && to->how->records == 0)
		name = "data/frame.jsonl";
	else if (b->relay != NULL && seki_relay_build(b, NULL, to->err) == -1)
		return -1;
	if ((in = seki_bundle_entry(b, name, to->err)) == NULL ||
	    (s = seki_stream_open(in, to->err)) == NULL)
		return -1;
	seki_stream_allow_part(s);
	fields(to, seki_stream_schema(s)->field, seki_stream_schema(s)->n, "");
	accepted(to, seki_stream_schema(s));
	r = records(to, s, 0);
	seki_stream_free(s);
	return r;
}

static int
bundle(struct seki_show_to *to, const char *path)
{
	struct seki_bundle *b = seki_bundle_open(path, NULL, to->err);
	int r;

	if (b == NULL)
		return -1;
	word(to, "what", _("what"), "bundle");
	seki_show_manifest(to, b->manifest);
	manifest_lists(to, b->manifest);
	signatures(to, b);
	seki_show_hex(to, "manifest", _("manifest"), b->digest);
	seki_show_hex(to, "sha256", _("whole file"), b->sha256);
	r = inside(to, b);
	seki_bundle_free(b);
	return r;
}

/* A small JSON file: a manifest or one version of a trust file. */
static int
document(struct seki_show_to *to, const char *path)
{
	struct seki_buf text = SEKI_BUF_INIT;
	struct seki_manifest *m = NULL;
	int r = -1;

	if (seki_in_slurp(path, SEKI_TRUST_MAX, &text, to->err) == -1)
		goto out;
	if (text.n > 0 && strstr(text.p, "\"seki-trust/") != NULL) {
		r = seki_show_trust_file(to, &text);
		goto out;
	}
	if ((m = seki_manifest_parse(text.p, text.n, to->err)) == NULL)
		goto out;
	seki_show_text(to, "what", _("what"), "manifest");
	seki_show_manifest(to, m);
	manifest_lists(to, m);
	r = 0;
out:
	seki_manifest_free(m);
	seki_buf_free(&text);
	return r;
}

static int
folder(struct seki_show_to *to, const char *path)
{
	struct seki_trust *t = seki_enrol_open(path, 0, to->err);

	if (t == NULL)
		return -1;
	seki_show_text(to, "what", _("what"), "trust folder");
	seki_show_trust(to, t);
	seki_trust_free(t);
	return 0;
}

/* By its first bytes; -1 when it cannot be opened. */
static int
begins(const char *path, char head[32], struct seki_err *err)
{
	struct seki_in *in = seki_in_file(path, 0, err);
	ssize_t n;

	if (in == NULL)
		return -1;
	n = seki_in_read(in, head, 31, err);
	seki_in_free(in);
	if (n == -1)
		return -1;
	head[n] = '\0';
	return 0;
}

static int
regular(struct seki_show_to *to, const char *path)
{
	struct seki_in *in;
	char head[32];

	if (begins(path, head, to->err) == -1)
		return -1;
	if (strncmp(head, "PK", 2) == 0)
		return bundle(to, path);
	if (strncmp(head, "{\"type\"", 7) != 0 && head[0] == '{')
		return document(to, path);
	if (head[0] != '{') {
		seki_err_hint(to->err, "seki-show --help");
		return seki_fail(to->err, SEKI_RECORD, "%s",
		    _("neither a record stream, nor a bundle, nor a trust "
		      "file"));
	}
	if ((in = seki_in_file(path, 0, to->err)) == NULL)
		return -1;
	return stream(to, in);
}

static int
standard_input(struct seki_show_to *to)
{
	struct seki_in *in;
	int fd = fcntl(0, F_DUPFD_CLOEXEC, 3);

	if (fd == -1)
		return seki_err_errno(to->err, _("standard input"));
	if ((in = seki_in_fd(fd, "-", to->err)) == NULL)
		return -1;
	return stream(to, in);
}

/* A trust folder has none; a folder that a relay's ZIP was unpacked into has. */
static int
has_book(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	size_t n;
	int has = 0;

	while (dir != NULL && !has && (e = readdir(dir)) != NULL) {
		n = strlen(e->d_name);
		has = n > 5 && strcasecmp(e->d_name + n - 5, ".xlsx") == 0;
	}
	if (dir != NULL)
		(void)closedir(dir);
	return has;
}

int
seki_show_path(
    const char *path, const struct seki_show *how, struct seki_err *err)
{
	struct seki_show_to to = { how, err, 0 };
	struct stat st;
	int r;

	if (strcmp(path, "-") == 0)
		r = standard_input(&to);
	else if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
		r = has_book(path) ? bundle(&to, path) : folder(&to, path);
	else
		r = regular(&to, path);
	if (r == -1)
		seki_err_object(err, path);
	return to.failed ? -1 : r;
}
