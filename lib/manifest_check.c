#include <stdlib.h>
#include <string.h>

#include "manifest_int.h"
#include "part.h"
#include "reclist.h"

static int
wrong(struct seki_err *err, const struct seki_manifest_member *f,
    const char *what)
{
	return seki_fail(err, SEKI_MANIFEST, "%s: \"%s\": %s",
	    seki_manifest_objects[f->object].what, f->key, what);
}

static int
check_member(const struct seki_manifest *m,
    const struct seki_manifest_member *f, struct seki_err *err)
{
	uint64_t n;

	if (f->kind == SEKI_M_TEXT &&
	    !seki_form_ok(f->form, *SEKI_M_READ(m, f, char *)))
		return wrong(err, f, seki_form_what(f->form));
	if (f->kind == SEKI_M_PREV &&
	    !seki_form_ok(SEKI_F_HEX_OR_NONE, m->prev))
		return wrong(err, f, seki_form_what(SEKI_F_HEX_OR_NONE));
	if (f->kind != SEKI_M_UINT)
		return 0;
	n = *SEKI_M_READ(m, f, uint64_t);
	if (n < f->min)
		return wrong(err, f, _("less than 1"));
	if (n > SEKI_M_UINT_MAX)
		return wrong(err, f, _("larger than a manifest can hold"));
	return 0;
}

/* What one file may be called by its role.  A relay rewrites the workbook, so
 * that only what its sheet 署名 holds and attachments, which stand in one
 * folder with it, are bound by their bytes there. */
static int
name_ok(const struct seki_manifest *m, const struct seki_entry *e)
{
	int media = strcmp(m->carrier, "media") == 0;
	int clear = m->nrecipient == 0;

	if (strcmp(e->role, "records") == 0)
		return media &&
		       strcmp(e->name, clear ? "data/records.jsonl"
					     : "data/records.cms") == 0;
	if (strcmp(e->role, "view") == 0)
		return media &&
		       strcmp(e->name, clear ? "view/records.xlsx"
					     : "view/records.cms") == 0;
	if (strcmp(e->role, "frame") == 0)
		return !media && strcmp(e->name, "data/frame.jsonl") == 0;
	if (strcmp(e->role, "list") == 0)
		return !media && seki_reclist_name_ok(e->name);
	if (media)
		return clear ? strncmp(e->name, "att/", 4) == 0
			     : strcmp(e->name, SEKI_SEALED_FILES) == 0;
	return strchr(e->name, '/') == NULL &&
	       strcmp(e->name, "manifest.json") != 0;
}

static int
check_file(const struct seki_manifest *m, const struct seki_entry *e,
    struct seki_err *err)
{
	if (!seki_form_ok(SEKI_F_ROLE, e->role))
		return seki_fail(err, SEKI_MANIFEST,
		    _("manifest.json: files: \"role\": %s"),
		    seki_form_what(SEKI_F_ROLE));
	if (!seki_form_ok(SEKI_F_ENTRY, e->name))
		return seki_fail(err, SEKI_MANIFEST,
		    _("manifest.json: files: \"name\": %s"),
		    seki_form_what(SEKI_F_ENTRY));
	if (e->size > SEKI_BUNDLE_MAX)
		return seki_fail(err, SEKI_LIMIT,
		    _("manifest.json: a file is larger than a bundle may be"));
	if (!name_ok(m, e))
		return seki_fail(err, SEKI_MANIFEST,
		    _("manifest.json: files: %s may not be in the role %s "
		      "here"),
		    e->name, e->role);
	return 0;
}

/* Without these nothing can be proven. */
static int
check_needed(const struct seki_manifest *m, struct seki_err *err)
{
	size_t i, records = 0, frame = 0, list = 0;

	for (i = 0; i < m->nfile; i++) {
		records += strcmp(m->file[i].role, "records") == 0;
		frame += strcmp(m->file[i].role, "frame") == 0;
		list += strcmp(m->file[i].name, "data/list.bin") == 0;
	}
	if (strcmp(m->carrier, "media") == 0)
		return records > 0 ? 0
				   : seki_fail(err, SEKI_MANIFEST,
					 _("manifest.json: \"files\": no file "
					   "of records"));
	return frame > 0 && list > 0
		   ? 0
		   : seki_fail(err, SEKI_MANIFEST,
			 _("manifest.json: \"files\": no frame, or no list of "
			   "the records"));
}

static int
check_lists(const struct seki_manifest *m, struct seki_err *err)
{
	size_t i;

	if (m->nrecipient > SEKI_RECIPIENTS_MAX)
		return seki_fail(err, SEKI_LIMIT,
		    _("manifest.json: more than %zu recipients"),
		    SEKI_RECIPIENTS_MAX);
	for (i = 0; i < m->nfile; i++) {
		if (check_file(m, &m->file[i], err) == -1)
			return -1;
		if (i > 0 && strcmp(m->file[i - 1].name, m->file[i].name) >= 0)
			return seki_fail(err, SEKI_MANIFEST,
			    _("manifest.json: \"files\": not sorted by name, "
			      "or a name twice"));
	}
	if (check_needed(m, err) == -1)
		return -1;
	for (i = 0; i < m->nrecipient; i++)
		if (!seki_form_ok(SEKI_F_HEX, m->recipient[i]) ||
		    (i > 0 &&
			strcmp(m->recipient[i - 1], m->recipient[i]) >= 0))
			return seki_fail(err, SEKI_MANIFEST,
			    _("manifest.json: \"recipients\": not a sorted "
			      "list of key ids"));
	if (m->nrecipient > 0 && strcmp(m->carrier, "relay") == 0)
		return seki_fail(err, SEKI_MANIFEST,
		    _("manifest.json: \"recipients\": a relay carries nothing "
		      "encrypted"));
	if (m->nnote > SEKI_NOTES_MAX)
		return seki_fail(
		    err, SEKI_LIMIT, "%s", _("manifest.json: too many notes"));
	for (i = 0; i < m->nnote; i++)
		if (!seki_form_ok(SEKI_F_STREAM, m->note[2 * i]) ||
		    !seki_form_ok(SEKI_F_NOTE, m->note[2 * i + 1]))
			return seki_fail(err, SEKI_MANIFEST, "%s",
			    _("manifest.json: \"notes\": a name or text that "
			      "is not allowed"));
	return 0;
}

/* What members say about each other. */
static int
check_sense(const struct seki_manifest *m, struct seki_err *err)
{
	static const char *const say[] = {
		N_("\"prev\" is empty for the first bundle of an epoch, and "
		   "for no other"),
		N_("\"not_before\" is not earlier than \"expires\""),
		N_("\"created\" is not earlier than \"expires\""),
		N_("part: \"n\" is larger than \"of\""),
		N_("part: \"set\" is empty for a single part, and for no "
		   "other"),
		N_("part: \"of\" is larger than 99"),
		N_("approval: \"code\" is the whole's alone, and not in a "
		   "part"),
		N_("scan.override: \"by\" and \"reason\" come together"),
		N_("scan.override: there is no \"result\" that it could "
		   "let pass"),
		N_("content: a full bundle deletes nothing"),
	};
	const int bad[] = {
		(m->seq == 1) != (m->prev[0] == '\0'),
		m->not_before >= m->expires,
		m->created >= m->expires,
		m->part > m->parts,
		(m->parts == 1) != (m->set[0] == '\0'),
		m->parts > SEKI_SET_MAX,
		m->parts > 1 && m->approval_code[0] != '\0',
		(m->scan_by[0] == '\0') != (m->scan_reason[0] == '\0'),
		m->scan_by[0] != '\0' && m->scan[0] == '\0',
		strcmp(m->kind, "full") == 0 && m->deletes != 0,
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (bad[i])
			return seki_fail(
			    err, SEKI_MANIFEST, "manifest.json: %s", _(say[i]));
	return 0;
}

int
seki_manifest_check(const struct seki_manifest *m, struct seki_err *err)
{
	const struct seki_manifest_member *f;

	for (f = seki_manifest_members; f->key != NULL; f++)
		if (check_member(m, f, err) == -1)
			return -1;
	if (check_lists(m, err) == -1)
		return -1;
	return check_sense(m, err);
}
