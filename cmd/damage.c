#include <string.h>

#include "damage.h"

static void
json(const char *path, const struct seki_damage_item *i, const char *say)
{
	static const char *const kinds[] = {
		[SEKI_DAMAGE_CHANGED] = "changed",
		[SEKI_DAMAGE_MISSING] = "missing",
		[SEKI_DAMAGE_ADDED] = "added",
		[SEKI_DAMAGE_DOUBLED] = "doubled",
	};
	char row[16];

	(void)snprintf(row, sizeof(row), "%u", (unsigned)i->ordinal);
	cmd_json(SEKI_CONTENT, path, say, "damage", kinds[i->kind], "list",
	    i->list, "record", i->key, "#row", row, "field",
	    i->code == NULL ? "" : i->code, "label",
	    i->label == NULL ? "" : i->label, "sheet", i->sheet, "cell",
	    i->cell, "#suspect", i->suspect ? "true" : "false", NULL);
}

static void
name(const struct seki_damage *d, const char *path)
{
	const struct seki_damage_item *item;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i;

	for (i = 0; (item = seki_damage_item(d, i)) != NULL; i++) {
		seki_buf_reset(&b);
		if (seki_damage_say(item, &b, &err) == -1)
			break;
		if (cmd.json)
			json(path, item, b.p);
		else if (i < CMD_DAMAGE_NAMED)
			cmd_note("%s: %s", path, b.p);
	}
	if (!cmd.json && i + seki_damage_rest(d) > CMD_DAMAGE_NAMED)
		cmd_note(_("%s: %llu more; --report FILE.xlsx lists them"),
		    path,
		    (unsigned long long)(i + seki_damage_rest(d) -
					 CMD_DAMAGE_NAMED));
	seki_buf_free(&b);
}

/* Takes out; r: what became of writing into it. */
static int
finish(struct seki_out *out, int r, struct seki_err *err)
{
	if (out == NULL)
		return -1;
	if (r == 0)
		return seki_out_commit(out, err);
	seki_out_abort(out);
	return -1;
}

int
cmd_damage(const struct cmd_damage *to, const struct seki_damage *d,
    const struct seki_manifest *m, const char *path, struct seki_err *err)
{
	struct seki_out *out;
	int r = 0;

	if (seki_damage_item(d, 0) == NULL)
		return 0;
	name(d, path);
	if (to->report != NULL) {
		out = seki_out_file(to->report, 0600, SEKI_OUT_NEW, err);
		r = finish(out,
		    out == NULL ? -1 : seki_damage_report(d, m, path, out, err),
		    err);
	}
	if (r == 0 && to->list != NULL) {
		out = seki_out_file(to->list, 0600, SEKI_OUT_NEW, err);
		r = finish(out,
		    out == NULL
			? -1
			: seki_damage_list(d, m->stream, m->seq, out, err),
		    err);
		if (r == 0 && seki_damage_rest(d) > 0)
			cmd_note(_("%s: %llu more did not fit into the list"),
			    to->list, (unsigned long long)seki_damage_rest(d));
	}
	return r;
}

void
cmd_damage_notes(const char *path, const struct seki_verdict *v)
{
	if (v->repaired > 0)
		cmd_note(_("%s: %llu values were broken on the way and given "
			   "back by the sheet 補修"),
		    path, (unsigned long long)v->repaired);
	if (v->hidden > 0)
		cmd_note(_("%s: %llu rows, columns or sheets are hidden; they "
			   "were read all the same"),
		    path, (unsigned long long)v->hidden);
	if (v->extra > 0)
		cmd_note(_("%s: %llu files lie beside it that were not sent; "
			   "they were left alone"),
		    path, (unsigned long long)v->extra);
	if (v->remade > 0)
		cmd_note(_("%s: %llu attachments came back changed and are "
			   "taken as they are: %s"),
		    path, (unsigned long long)v->remade, v->names);
}
