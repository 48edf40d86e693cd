#include <string.h>

#include "cmd.h"
#include "key.h"

/* People read Japan time, programs UTC. */
static const char *
utc(seki_time t, char text[SEKI_TIME])
{
	seki_time_format(t, text);
	return text;
}

/* The last minute of a time that ends somewhere: 31 May 23:59, not 1 June. */
static const char *
until(seki_time end, char text[SEKI_TIME])
{
	seki_time_jst(end - 1, text);
	return text;
}

void
key_made(const struct seki_enrol *e)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_trust *t = seki_trust_open(e->trust, e->now, &err);
	char digits[SEKI_DIGITS], end[SEKI_TIME];

	if (t == NULL || seki_enrol_digits(t, digits, &err) == -1) {
		(void)cmd_fail(e->trust, &err);
		seki_trust_free(t);
		return;
	}
	seki_trust_free(t);
	(void)until(e->expires, end);
	cmd_say(_("Made for the organisation %s, good until %s (Japan "
		  "time):"),
	    e->org, end);
	cmd_say("%s", "");
	cmd_say(_("%s\n    The key of the host %s. It stays here; seki-pack "
		  "signs with it."),
	    e->file[0], e->host);
	cmd_say(_("%s\n    The key of the person %s, who approves bundles "
		  "and signs the next trust\n    file. Move it to a stick of "
		  "that person's own."),
	    e->file[1], e->person);
	cmd_say(_("%s\n    The sealed key (kinko-kagi), for the day the other "
		  "one is lost. Copy it to a\n    stick, seal the stick in an "
		  "envelope, lock it away, and delete the file here."),
	    e->file[2]);
	cmd_say(_("%s\n    The trust folder. Copy it to the other host, and "
		  "accept it there:\n    seki-key accept --trust DIR SOURCE"),
	    e->trust);
	cmd_say("%s", "");
	cmd_say(_("Digits: %s"), digits);
	cmd_say(_("Two persons compare these digits when the folder is "
		  "accepted: one reads them\naloud from here, the other from "
		  "the screen there."));
	cmd_json(SEKI_OK, e->trust, seki_err_sentence(SEKI_OK), "digits",
	    digits, "host_key", e->file[0], "person_key", e->file[1],
	    "safe_key", e->file[2], "expires", utc(e->expires, end), NULL);
}

void
key_digits(const struct seki_trust *t, const char *dir)
{
	struct seki_err err = SEKI_ERR_INIT;
	char digits[SEKI_DIGITS];

	if (seki_enrol_digits(t, digits, &err) == -1) {
		(void)cmd_fail(dir, &err);
		return;
	}
	cmd_say("%s", digits);
	cmd_json(
	    SEKI_OK, dir, seki_err_sentence(SEKI_OK), "digits", digits, NULL);
}

static void
member(const struct seki_trust_member *m)
{
	struct seki_buf name = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	const char *what = m->host ? _("host") : _("person");

	if (m->safe)
		what = _("sealed key");
	if (seki_text_show(&name, m->name, strlen(m->name), &err) == 0)
		cmd_say("  %-16s %s%s%s%s", m->id, what,
		    m->root ? _(", may sign trust files") : "",
		    name.n > 0 ? "  " : "", name.n > 0 ? name.p : "");
	seki_buf_free(&name);
	cmd_json(SEKI_OK, m->id, what, "type", m->host ? "host" : "person",
	    "name", m->name, "#safe", m->safe ? "true" : "false", "#root",
	    m->root ? "true" : "false", NULL);
}

static void
roles(unsigned bits, char *text, size_t size)
{
	const char *word;
	size_t i, n = 0;

	text[0] = '\0';
	for (i = 0; (word = seki_trust_role(i)) != NULL; i++)
		if ((bits & 1U << i) != 0 && n < size)
			n += (size_t)snprintf(
			    text + n, size - n, "%s%s", n > 0 ? "," : "", word);
}

static void
streams(const struct seki_trust_key *k, char *text, size_t size)
{
	size_t i, n = 0;

	text[0] = '\0';
	for (i = 0; i < k->nstream && n < size; i++)
		n += (size_t)snprintf(
		    text + n, size - n, "%s%s", i > 0 ? "," : "", k->stream[i]);
}

static void
key(const struct seki_trust *t, const struct seki_trust_key *k)
{
	char role[96], stream[256], from[SEKI_TIME], end[SEKI_TIME];
	const char *state = "";
	seki_time when;

	roles(k->roles, role, sizeof(role));
	streams(k, stream, sizeof(stream));
	seki_time_jst(k->not_before, from);
	(void)until(k->not_after, end);
	if (seki_trust_revoked(t, k->id, &when))
		state = when == 0 ? _("  DENIED on this host") : _("  REVOKED");
	cmd_say("  %.16s  %-12s %-14s %s .. %s  %s%s", k->id, k->owner, role,
	    from, end, stream, state);
	cmd_json(SEKI_OK, k->id, k->owner, "type", "key", "owner", k->owner,
	    "roles", role, "streams", stream, "not_before",
	    utc(k->not_before, from), "not_after", utc(k->not_after, end),
	    "#revoked", state[0] != '\0' ? "true" : "false", NULL);
}

/* "1234567890abcdef (lgwan-1), ..." */
static void
recipients(const struct seki_trust *t, const struct seki_policy *p, char *text,
    size_t size)
{
	size_t i, n = 0;

	text[0] = '\0';
	for (i = 0; i < p->nrecipient && n < size; i++)
		n += (size_t)snprintf(text + n, size - n, "%s%.16s (%s)",
		    i > 0 ? ", " : "", p->recipient[i],
		    seki_trust_owner(t, p->recipient[i]));
}

static void
policy(const struct seki_trust *t, const char *stream)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_policy p;
	char n[6][24], to[1500];
	size_t i;

	if (seki_trust_policy(t, stream, &p, &err) == -1) {
		(void)cmd_fail(stream, &err);
		return;
	}
	const uint64_t number[] = { p.prepare, p.approve, p.release, p.epoch,
		p.start, p.max_jump };
	for (i = 0; i < 6; i++)
		(void)snprintf(
		    n[i], sizeof(n[i]), "%llu", (unsigned long long)number[i]);
	cmd_say(_("  %-16s signatures: prepare %s, approve %s, release %s; "
		  "for %s; %s%s%s; %s"),
	    stream, n[0], n[1], n[2], p.audience, p.media ? "media" : "",
	    p.media && p.relay ? ", " : "", p.relay ? "relay" : "",
	    p.clear && p.nrecipient == 0 ? _("unencrypted allowed")
	    : p.clear && p.relay ? _("encrypted on media, not through a relay")
				 : _("encrypted only"));
	recipients(t, &p, to, sizeof(to));
	if (to[0] != '\0')
		cmd_say(_("  %-16s encrypted to: %s"), "", to);
	cmd_json(SEKI_OK, stream, _("stream"), "type", "stream", "#prepare",
	    n[0], "#approve", n[1], "#release", n[2], "#epoch", n[3], "#start",
	    n[4], "#max_jump", n[5], "audience", p.audience, "#media",
	    p.media ? "true" : "false", "#relay", p.relay ? "true" : "false",
	    "#clear", p.clear ? "true" : "false", NULL);
}

static void
heading(const struct seki_trust *t, const char *dir)
{
	struct seki_err err = SEKI_ERR_INIT;
	char version[24], from[SEKI_TIME], end[SEKI_TIME];
	char digits[SEKI_DIGITS] = "";

	(void)seki_enrol_digits(t, digits, &err);
	(void)snprintf(version, sizeof(version), "%llu",
	    (unsigned long long)seki_trust_version(t));
	seki_time_jst(seki_trust_created(t), from);
	(void)until(seki_trust_expires(t), end);
	cmd_say(_("Organisation %s, trust file version %s"), seki_trust_org(t),
	    version);
	cmd_say(_("Good from %s until %s (Japan time)"), from, end);
	cmd_say(_("Digits: %s"), digits);
	if (seki_trust_expires(t) <= seki_time_now())
		cmd_note(_("the trust file has expired"));
	if (seki_trust_persons(t) <= 1)
		cmd_say(_("One person only: bundles go without approval by a "
			  "second one."));
	cmd_json(SEKI_OK, dir, seki_err_sentence(SEKI_OK), "type", "trust",
	    "org", seki_trust_org(t), "#version", version, "created",
	    utc(seki_trust_created(t), from), "expires",
	    utc(seki_trust_expires(t), end), "digits", digits, NULL);
}

void
key_show(const struct seki_trust *t, const char *dir)
{
	const struct seki_trust_member *m;
	const struct seki_trust_key *k;
	const char *stream;
	size_t i;

	heading(t, dir);
	cmd_say(_("\nPersons and hosts (root signatures needed: %zu)"),
	    seki_trust_threshold(t));
	for (i = 0; (m = seki_trust_member(t, i)) != NULL; i++)
		member(m);
	cmd_say(_("\nKeys (first 16 digits, owner, roles, dates, streams)"));
	for (i = 0; (k = seki_trust_key(t, i)) != NULL; i++)
		key(t, k);
	cmd_say(_("\nStreams (* is every stream not named)"));
	for (i = 0; (stream = seki_trust_stream(t, i)) != NULL; i++)
		policy(t, stream);
	cmd_warn_trust(t);
}

int
key_ask(const char *digits, const char *question)
{
	char answer[64];

	(void)fprintf(stderr, _("\n    %s\n\n"), digits);
	(void)fputs(question, stderr);
	(void)fflush(stderr);
	if (fgets(answer, sizeof(answer), stdin) == NULL)
		return 0;
	answer[strcspn(answer, "\r\n")] = '\0';
	return strcmp(answer, "yes") == 0 || strcmp(answer, "はい") == 0;
}

void
key_accepted(const struct seki_trust *t, const char *dir, const char *digits,
    int already)
{
	char version[24], end[SEKI_TIME];

	(void)snprintf(version, sizeof(version), "%llu",
	    (unsigned long long)seki_trust_version(t));
	(void)until(seki_trust_expires(t), end);
	if (already)
		cmd_say(_("%s holds this trust file already; nothing was "
			  "changed."),
		    dir);
	else
		cmd_say(_("Accepted: trust file version %s of the organisation "
			  "%s is in %s, good until\n%s (Japan time)."),
		    version, seki_trust_org(t), dir, end);
	cmd_json(already ? SEKI_ALREADY : SEKI_OK, dir,
	    seki_err_sentence(already ? SEKI_ALREADY : SEKI_OK), "org",
	    seki_trust_org(t), "#version", version, "expires",
	    utc(seki_trust_expires(t), end), "digits", digits, NULL);
	cmd_warn_trust(t);
}

void
key_recipient(const struct seki_key *key, const char *path, const char *pem)
{
	struct seki_buf der = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	char digits[SEKI_DIGITS];

	if (seki_key_cert(key, &der, &err) == -1 ||
	    seki_enrol_digits_of(der.p, der.n, digits, &err) == -1)
		(void)cmd_fail(path, &err);
	else {
		cmd_say(_("%s\n    The key of the host %s, which opens the "
			  "bundles that are encrypted to it. It\n    stays "
			  "here; seki-verify and seki-import take it with "
			  "--key."),
		    path, seki_key_owner(key));
		cmd_say(_("%s\n    Its certificate, which is no secret. Carry "
			  "it to the sending host, where the\n    trust file "
			  "comes to name it:\n    seki-key add --trust DIR "
			  "--root-key FILE --certificate FILE --owner %s\n"
			  "    --role decrypt --stream NAME"),
		    pem, seki_key_owner(key));
		cmd_say("%s", "");
		cmd_say(_("Digits: %s"), digits);
		cmd_say(_("Two persons compare these digits when the "
			  "certificate is added: one reads them\naloud from "
			  "here, the other from the screen there."));
		cmd_json(SEKI_OK, path, seki_err_sentence(SEKI_OK), "key",
		    seki_key_id(key), "owner", seki_key_owner(key),
		    "certificate", pem, "digits", digits, NULL);
	}
	seki_buf_free(&der);
}

static void
said_already(const struct seki_next *n)
{
	cmd_say(_("%s: version %llu says this already; nothing was changed."),
	    n->dir, (unsigned long long)n->version);
}

static void
carry_over(void)
{
	cmd_say(_("Copy the folder to the other host, and accept it "
		  "there:\n    seki-key accept --trust DIR SOURCE"));
}

void
key_added(const struct seki_next *n, int already)
{
	char version[24];

	(void)snprintf(
	    version, sizeof(version), "%llu", (unsigned long long)n->version);
	if (already)
		said_already(n);
	else {
		cmd_say(_("%s: version %s: bundles of stream %s are encrypted "
			  "to the key %.16s of %s."),
		    n->dir, version, n->stream, n->id, n->owner);
		carry_over();
	}
	cmd_json(already ? SEKI_ALREADY : SEKI_OK, n->dir,
	    seki_err_sentence(already ? SEKI_ALREADY : SEKI_OK), "#version",
	    version, "key", n->id, "owner", n->owner, "stream", n->stream,
	    "digits", n->digits, NULL);
}

void
key_carriers(const struct seki_next *n, int already)
{
	const char *how = n->media && n->relay ? "media,relay"
			  : n->media	       ? "media"
					       : "relay";
	char version[24];

	(void)snprintf(
	    version, sizeof(version), "%llu", (unsigned long long)n->version);
	if (already)
		said_already(n);
	else {
		cmd_say(_("%s: version %s: bundles of stream %s may travel by "
			  "%s."),
		    n->dir, version, n->stream, how);
		if (n->relay)
			cmd_say(_("What goes through a relay is not encrypted, "
				  "also when the stream names keys to encrypt "
				  "to."));
		carry_over();
	}
	cmd_json(already ? SEKI_ALREADY : SEKI_OK, n->dir,
	    seki_err_sentence(already ? SEKI_ALREADY : SEKI_OK), "#version",
	    version, "stream", n->stream, "carriers", how, NULL);
}
