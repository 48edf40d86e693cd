#include <string.h>

#include "found.h"

static uint64_t named, rest;

static void
json(const char *object, const struct seki_scan_finding *at, const char *place)
{
	struct seki_buf key = SEKI_BUF_INIT, why = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	char nth[24], row[24], file[24];
	const struct seki_field *f = at->nth > 0 ? at->field : NULL;

	(void)snprintf(nth, sizeof(nth), "%llu", (unsigned long long)at->nth);
	(void)snprintf(row, sizeof(row), "%zu", at->row);
	(void)snprintf(file, sizeof(file), "%zu", at->file);
	if (at->key != NULL)
		(void)seki_buf_add(&key, at->key, at->nkey, &err);
	(void)seki_scan_why_words(at->why, &why, &err);
	cmd_json(at->level >= SEKI_SCAN_SUSPECT ? SEKI_FORBIDDEN : SEKI_OK,
	    object, place, "level", seki_scan_level_word(at->level), "what",
	    seki_scan_what_word(at->what), "why", why.p, "record", key.p,
	    "#nth", nth, "table",
	    f != NULL && at->table != NULL ? at->table->code : "", "field",
	    f != NULL ? f->code : "", "label", f != NULL ? f->label : "",
	    "#row", row, "#attachment", file, "type", at->found, NULL);
	seki_buf_free(&key);
	seki_buf_free(&why);
}

/* What stops is always named, as far as the number of lines allows. */
void
cmd_found(void *ctx, const struct seki_scan_finding *at)
{
	struct seki_buf place = SEKI_BUF_INIT, why = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;

	if (!cmd.json && at->level < SEKI_SCAN_SUSPECT && !cmd.verbose)
		return; /* the counts tell of them */
	if (!cmd.json && ++named > CMD_FOUND_NAMED) {
		rest++;
		return;
	}
	if (seki_scan_place(at, &place, &err) == 0 &&
	    seki_scan_why_text(at->why, &why, &err) == 0) {
		if (cmd.json)
			json(ctx, at, place.p);
		else if (at->found[0] != '\0' || why.n > 0)
			cmd_note("%s: %s: %s (%s)", place.p,
			    seki_scan_level_sentence(at->level),
			    seki_scan_what_sentence(at->what),
			    at->found[0] != '\0' ? at->found : why.p);
		else
			cmd_note("%s: %s: %s", place.p,
			    seki_scan_level_sentence(at->level),
			    seki_scan_what_sentence(at->what));
	}
	seki_buf_free(&place);
	seki_buf_free(&why);
}

void
cmd_found_unknown(void *ctx, const char *name)
{
	(void)ctx;
	if (cmd.json)
		return;
	cmd_note(_("the form has no field %s, which is forbidden: is it spelt "
		   "right?"),
	    name);
}

/* The part from s, of n bytes: "odd: suspect 26, low 1". */
static void
met_part(const char *s, size_t n, struct seki_buf *to)
{
	struct seki_err err = SEKI_ERR_INIT;
	const char *word, *end = s + n;
	size_t i, k;

	for (i = 0; i < SEKI_SCAN_WHAT_COUNT; i++) {
		word = seki_scan_what_word((enum seki_scan_what)i);
		k = strlen(word);
		if (n > k && strncmp(s, word, k) == 0 && s[k] == ':')
			break;
	}
	if (i == SEKI_SCAN_WHAT_COUNT) {
		(void)seki_buf_add(to, s, n, &err);
		return;
	}
	(void)seki_buf_str(
	    to, seki_scan_what_sentence((enum seki_scan_what)i), &err);
	for (s += k + 1; s < end; s += strcspn(s, ",;") + 1) {
		s += strspn(s, " ");
		for (i = 0; i < SEKI_SCAN_LEVEL_COUNT; i++) {
			word = seki_scan_level_word((enum seki_scan_level)i);
			k = strlen(word);
			if (strncmp(s, word, k) == 0 && s[k] == ' ')
				(void)seki_buf_fmt(to, &err, ": %s %.*s",
				    seki_scan_level_sentence(
					(enum seki_scan_level)i),
				    (int)strspn(s + k + 1, "0123456789"),
				    s + k + 1);
		}
	}
}

void
cmd_found_met(const char *path, const char *met)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	size_t n;

	for (; met[0] != '\0'; met += n + strspn(met + n, "; ")) {
		n = strcspn(met, ";");
		if (b.n > 0)
			(void)seki_buf_str(&b, "; ", &err);
		met_part(met, n, &b);
	}
	if (b.n > 0)
		cmd_note(_("%s: the scan: %s"), path, b.p);
	seki_buf_free(&b);
}

void
cmd_found_rest(void)
{
	if (rest > 0 && !cmd.json)
		cmd_note(_("%llu more are not named here: seki-scan --report "
			   "FILE.xlsx lists all"),
		    (unsigned long long)rest);
}
