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

void
cmd_found_rest(void)
{
	if (rest > 0 && !cmd.json)
		cmd_note(_("%llu more are not named here: seki-scan --report "
			   "FILE.xlsx lists all"),
		    (unsigned long long)rest);
}
