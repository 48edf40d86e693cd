#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trust_int.h"

/* Bundles and trust files differ in the reason, not in what a broken signature
 * is: here it is always the trust file that does not hold. */
static int
recast(struct seki_err *err, const struct seki_err *why, const char *name)
{
	enum seki_reason reason = why->reason;

	if (reason == SEKI_SIGNATURE || reason == SEKI_CMS)
		reason = SEKI_TRUST;
	return seki_fail(err, reason, "%s: %s", name, why->text);
}

const struct seki_trust_key *
seki_trust_file_signer(
    const struct seki_trust_file *t, const struct seki_cms *cms)
{
	size_t i;

	for (i = 0; i < t->nkey; i++)
		if (seki_cms_names(cms, t->key[i].cert.p, t->key[i].cert.n))
			return &t->key[i];
	return NULL;
}

/* The bit of the algorithm's word in the list of trust_file_key.c. */
static unsigned
algorithm_bit(const char *word)
{
	static const char *const ours[] = { "ecdsa-p256", "ecdsa-p384",
		"rsa-pss" };
	unsigned i;

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (word != NULL && strcmp(word, ours[i]) == 0)
			return 1U << i;
	return 0;
}

int
seki_trust_file_holds(const struct seki_trust_key *k, struct seki_cms *cms,
    const void *data, size_t n, struct seki_err *err)
{
	seki_time when = seki_cms_when(cms);

	if (seki_cms_check(cms, data, n, k->cert.p, k->cert.n, err) == -1)
		return -1;
	if ((k->algorithms & algorithm_bit(seki_cms_algorithm(cms))) == 0)
		return seki_fail(err, SEKI_SIGNATURE,
		    _("signed by %s with an algorithm the trust file does not "
		      "allow for that key"),
		    k->owner);
	if (when < k->not_before || when >= k->not_after)
		return seki_fail(err, SEKI_SIGNATURE,
		    _("signed by %s outside the dates of that key"), k->owner);
	return 0;
}

/* Whom one signature counts for in one version's root; NULL for nobody. */
static const char *
root_signer(const struct seki_trust_file *rules,
    const struct seki_trust_file *t, struct seki_cms *cms, int *known,
    struct seki_err *err)
{
	const struct seki_trust_key *k = seki_trust_file_signer(rules, cms);

	if (k == NULL)
		return NULL;
	*known = 1;
	if (seki_trust_file_holds(k, cms, t->bytes.p, t->bytes.n, err) == -1)
		return NULL;
	if ((k->roles & SEKI_R_ROOT) == 0 ||
	    !seki_trust_file_member(rules, k->owner)->root ||
	    seki_trust_file_revoked(rules, k->id) != NULL)
		return NULL;
	return k->owner;
}

/* Persons, not keys. */
static void
count_in(const char **owner, size_t *n, const char *who)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (strcmp(owner[i], who) == 0)
			return;
	owner[(*n)++] = who;
}

/* Every signature beside t must hold by t or by the version before it. */
static int
root_count(const struct seki_trust_file *const rules[2],
    const struct seki_trust_file *t, const struct seki_trust_sigs *all,
    size_t count[2], struct seki_err *err)
{
	const char *owner[2][SEKI_SIGNATURES_MAX], *who;
	struct seki_err why = SEKI_ERR_INIT;
	struct seki_cms *cms;
	size_t i, r;
	int known;

	count[0] = count[1] = 0;
	for (i = 0; i < all->n; i++) {
		cms = seki_cms_open(all->sig[i].der.p, all->sig[i].der.n, &why);
		if (cms != NULL && seki_cms_purpose(cms) != SEKI_P_TRUST)
			(void)seki_fail(&why, SEKI_TRUST, _("signed as %s"),
			    seki_purpose_word(seki_cms_purpose(cms)));
		known = 0;
		for (r = 0; r < 2 && why.reason == SEKI_OK; r++)
			if (rules[r] != NULL &&
			    (who = root_signer(
				 rules[r], t, cms, &known, &why)) != NULL)
				count_in(owner[r], &count[r], who);
		seki_cms_free(cms);
		if (why.reason == SEKI_OK && !known)
			(void)seki_fail(&why, SEKI_TRUST, "%s",
			    _("the signer is not in the trust file"));
		if (why.reason != SEKI_OK)
			return recast(err, &why, all->sig[i].name);
	}
	return 0;
}

/* The step from before (NULL: the first one here) to t: signed by the root
 * threshold of both (TUF 5.3). */
static int
follows(const struct seki_trust_file *before, const struct seki_trust_file *t,
    const struct seki_trust_sigs *all, struct seki_err *err)
{
	const struct seki_trust_file *const rules[2] = { t, before };
	size_t count[2], i;

	if (before != NULL && t->version != before->version + 1)
		return seki_fail(err, SEKI_TRUST,
		    _("trust file: %llu.json is missing before %s"),
		    (unsigned long long)before->version + 1, t->name);
	if (before != NULL && strcmp(before->org, t->org) != 0)
		return seki_fail(err, SEKI_TRUST,
		    _("trust file: %s is of another organisation"), t->name);
	if (before != NULL && t->created <= before->created)
		return seki_fail(err, SEKI_TRUST,
		    _("trust file: %s is not later than %s"), t->name,
		    before->name);
	if (root_count(rules, t, all, count, err) == -1)
		return -1;
	for (i = 0; i < 2; i++)
		if (rules[i] != NULL && count[i] < rules[i]->threshold)
			return seki_fail(err, SEKI_TRUST,
			    _("trust file: %s: signed by %zu of the %zu root "
			      "persons that %s demands"),
			    t->name, count[i], rules[i]->threshold,
			    rules[i]->name);
	return 0;
}

/* Takes the signatures. */
static int
keep(struct seki_trust *trust, const struct seki_trust_file *t,
    struct seki_trust_sigs *all, struct seki_err *err)
{
	struct seki_trust_kept *k = NULL;

	if (trust->keep)
		k = reallocarray(trust->kept, trust->nkept + 1, sizeof(*k));
	if (k == NULL) {
		seki_trust_sigs_free(all);
		return trust->keep ? seki_err_nomem(err) : 0;
	}
	trust->kept = k;
	k += trust->nkept++;
	k->version = t->version;
	k->text = (struct seki_buf)SEKI_BUF_INIT;
	k->sigs = *all;
	return seki_buf_add(&k->text, t->bytes.p, t->bytes.n, err);
}

static struct seki_trust_file *
step(struct seki_trust *trust, uint64_t version,
    const struct seki_trust_file *before, struct seki_err *err)
{
	struct seki_buf text = SEKI_BUF_INIT;
	struct seki_trust_sigs all;
	struct seki_trust_file *t;
	char name[32];
	int r;

	(void)snprintf(
	    name, sizeof(name), "%llu.json", (unsigned long long)version);
	if (seki_trust_slurp(trust->dir, name, trust->keep, SEKI_TRUST_MAX,
		&text, err) == -1) {
		seki_buf_free(&text);
		return NULL;
	}
	if ((t = seki_trust_file_parse(&text, version, err)) == NULL)
		return NULL;
	r = seki_trust_sigs_read(trust, version, &all, err);
	if (r == 0) {
		r = follows(before, t, &all, err);
		if (r == 0)
			r = keep(trust, t, &all, err);
		else
			seki_trust_sigs_free(&all);
	}
	if (r == 0)
		return t;
	seki_trust_file_free(t);
	return NULL;
}

static struct seki_trust_file *
chain(struct seki_trust *trust, struct seki_err *err)
{
	struct seki_trust_file *before = NULL, *t = NULL;
	uint64_t *version;
	size_t i, n;

	if (seki_trust_versions(trust->dir, &version, &n, err) == -1)
		return NULL;
	for (i = 0; i < n; i++) {
		t = step(trust, version[i], before, err);
		seki_trust_file_free(before);
		if ((before = t) == NULL)
			break;
	}
	free(version);
	return t;
}

/* One key id a line; # and empty lines are for the administrator. */
static int
deny_line(struct seki_trust *t, const char *line, size_t n, size_t number,
    struct seki_err *err)
{
	char(*deny)[SEKI_HEX], id[SEKI_HEX];

	while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\r'))
		n--;
	if (n == 0 || *line == '#')
		return 0;
	if (n < sizeof(id)) {
		memcpy(id, line, n);
		id[n] = '\0';
	}
	if (n >= sizeof(id) || !seki_form_ok(SEKI_F_HEX, id))
		return seki_fail(err, SEKI_CONFIG,
		    _("deny: line %zu is no key id of 64 hexadecimal digits"),
		    number);
	deny = reallocarray(t->deny, t->ndeny + 1, sizeof(*deny));
	if (deny == NULL)
		return seki_err_nomem(err);
	t->deny = deny;
	memcpy(deny[t->ndeny++], id, sizeof(id));
	return 0;
}

static int
deny(struct seki_trust *t, struct seki_err *err)
{
	struct seki_buf text = SEKI_BUF_INIT;
	char path[1024], *p, *end;
	struct stat st;
	size_t number = 0;
	int r = 0;

	(void)snprintf(path, sizeof(path), "%s/deny", t->dir);
	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 0 : seki_err_errno(err, "deny");
	if (seki_trust_slurp(
		t->dir, "deny", t->keep, SEKI_TRUST_MAX, &text, err) == -1)
		r = -1;
	for (p = text.p; r == 0 && p != NULL && *p != '\0'; p = end) {
		end = strchrnul(p, '\n');
		r = deny_line(t, p, (size_t)(end - p), ++number, err);
		end += *end == '\n';
	}
	if (r == 0 && text.p != NULL && strlen(text.p) != text.n)
		r = seki_fail(err, SEKI_CONFIG, "%s", _("deny: a NUL byte"));
	seki_buf_free(&text);
	return r;
}

static int
in_date(const struct seki_trust *t, seki_time now, struct seki_err *err)
{
	char text[SEKI_TIME];

	if (now == 0 || now < t->file->expires)
		return 0;
	seki_time_jst(t->file->expires, text);
	seki_err_hint(err, "%s",
	    _("Ask the persons who hold the root keys for the next version "
	      "of the trust file."));
	return seki_fail(err, SEKI_TRUST,
	    _("trust file: %s expired on %s (Japan time)"), t->file->name,
	    text);
}

struct seki_trust *
seki_trust_read(
    const char *dir, seki_time now, int keep_all, struct seki_err *err)
{
	struct seki_trust *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	if (strlen(dir) >= sizeof(t->dir))
		(void)seki_fail(
		    err, SEKI_FILE, "%s", _("the name is too long"));
	else {
		(void)memcpy(t->dir, dir, strlen(dir) + 1);
		t->keep = keep_all;
		t->file = chain(t, err);
	}
	if (t->file != NULL && in_date(t, now, err) == 0 && deny(t, err) == 0)
		return t;
	seki_err_object(err, dir);
	seki_trust_free(t);
	return NULL;
}

/* Whoever can write here can bring an older version back or empty the deny
 * list. */
int
seki_trust_closed(const char *dir, struct seki_err *err)
{
	struct stat st;

	if (stat(dir, &st) == -1)
		(void)seki_err_errno(err, _("trust folder"));
	else if (!S_ISDIR(st.st_mode))
		(void)seki_fail(err, SEKI_FILE, "%s", _("not a folder"));
	else if (st.st_uid != geteuid() && st.st_uid != 0)
		(void)seki_fail(err, SEKI_UNSAFE, "%s",
		    _("the trust folder belongs to another user"));
	else if ((st.st_mode & 022) != 0) {
		seki_err_hint(err, "chmod go-w %s", dir);
		(void)seki_fail(err, SEKI_UNSAFE,
		    _("others may write to the trust folder (mode %04o)"),
		    (unsigned)st.st_mode & 07777);
	} else
		return 0;
	if (err->reason == SEKI_FILE)
		seki_err_hint(err, "%s",
		    _("--trust names the folder with the trust file in it; to "
		      "make one from what the sending side gave: seki-key "
		      "accept --trust DIR SOURCE"));
	seki_err_object(err, dir);
	return -1;
}

struct seki_trust *
seki_trust_open(const char *dir, seki_time now, struct seki_err *err)
{
	if (seki_trust_closed(dir, err) == -1)
		return NULL;
	return seki_trust_read(dir, now, 0, err);
}

void
seki_trust_free(struct seki_trust *t)
{
	if (t == NULL)
		return;
	seki_trust_file_free(t->file);
	while (t->nkept > 0) {
		seki_buf_free(&t->kept[--t->nkept].text);
		seki_trust_sigs_free(&t->kept[t->nkept].sigs);
	}
	free(t->kept);
	free(t->deny);
	free(t);
}
