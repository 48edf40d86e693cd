#include "approval.h"
#include "approved.h"

void
cmd_approval(const char *path, const struct seki_manifest *m,
    const struct seki_verdict *v)
{
	if (!v->recorded) {
		if (v->alone)
			cmd_note(
			    _("%s: one-person operation (no approval)"), path);
		return;
	}
	if (v->alone)
		cmd_note(_("%s: one-person operation (no approver's "
			   "signature)"),
		    path);
	cmd_note(_("%s: recorded approval (no electronic signature): number "
		   "%s, by %s"),
	    path, m->approval_number, seki_approval_name(m));
	cmd_json_with("approval", m->approval_kind);
	cmd_json_with("approval_number", m->approval_number);
	cmd_json_with("approval_code", m->approval_code);
	cmd_json_with("approver", seki_approval_name(m));
}
