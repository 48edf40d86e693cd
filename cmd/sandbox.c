#include <string.h>

#include "cmd.h"
#include "worker.h"

void
cmd_sandbox(int off)
{
	if (!off)
		return;
	cmd_note("%s",
	    _("files are parsed without a sandbox, as accepted: a crafted one "
	      "may get the rights of this program"));
	seki_worker_off();
}
