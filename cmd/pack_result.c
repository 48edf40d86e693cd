#include "pack.h"

void
pack_beside(const struct seki_packed *p)
{
	if (p->text[0] == '\0')
		return;
	cmd_json_with("signature_text", p->text);
	if (!cmd.json)
		cmd_note(_("%s: the signature's text: carry it along with the "
			   "workbook"),
		    p->text);
}

void
pack_result(const struct seki_sent *b, const char *object, const char *message)
{
	char seq[24], records[24], held[24], deletes[24], size[24];
	char parts[24];
	char created[SEKI_TIME], expires[SEKI_TIME];

	(void)snprintf(seq, sizeof(seq), "%llu", (unsigned long long)b->seq);
	(void)snprintf(
	    records, sizeof(records), "%llu", (unsigned long long)b->records);
	(void)snprintf(held, sizeof(held), "%llu", (unsigned long long)b->held);
	(void)snprintf(
	    deletes, sizeof(deletes), "%llu", (unsigned long long)b->deletes);
	(void)snprintf(size, sizeof(size), "%llu", (unsigned long long)b->size);
	(void)snprintf(
	    parts, sizeof(parts), "%llu", (unsigned long long)b->parts);
	seki_time_format(b->created, created);
	seki_time_format(b->expires, expires);
	if (b->approval[0] != '\0') {
		cmd_json_with("approval", b->approval);
		cmd_json_with("approval_number", b->approval_number);
		cmd_json_with("approval_code", b->approval_code);
		cmd_json_with("approver", b->approver);
	}
	cmd_json(SEKI_OK, object, message, "stream", b->stream, "#seq", seq,
	    "status_of_bundle", b->status, "kind", b->kind, "#records", records,
	    "#held", held, "#deletes", deletes, "root", b->root, "manifest",
	    b->manifest, "sha256", b->sha256, "#size", size, "#parts", parts,
	    "created", created, "expires", expires, "audience", b->audience, NULL);
}
