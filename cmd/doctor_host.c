#include <string.h>

#include "cmd.h"
#include "worker.h"

static const struct cmd_tool tool = { "seki doctor", "",
	N_("What does this host offer for parsing without rights?"), NULL, 0,
	0 };

static void
line(const char *layer, const char *text, const struct seki_err *err)
{
	cmd_say("%-12s %s: %s", layer, seki_err_word(err->reason), text);
	if (err->hint[0] != '\0')
		cmd_say("%-12s %s %s", "", _("next:"), err->hint);
	cmd_json(err->reason, layer, text, "hint", err->hint, NULL);
}

static int
nothing(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	(void)ctx;
	(void)a;
	(void)err;
	return 0;
}

int
cmd_doctor_host(int argc, char **argv)
{
	static const struct seki_worker_job job = { .run = nothing };
	struct seki_err fine = SEKI_ERR_INIT, err = SEKI_ERR_INIT;
	struct seki_sandbox_offer offer;
	const char *none = _("this kernel has none");
	char version[64], **operand;

	(void)cmd_init(argc, argv, &tool, &operand);
	seki_sandbox_offers(&offer);
	(void)snprintf(
	    version, sizeof(version), _("version %d"), offer.landlock);
	line("landlock", offer.landlock > 0 ? version : none, &fine);
	line("seccomp", offer.seccomp ? _("there") : none, &fine);
	if (seki_worker_run(&job, &err) == 0)
		line("worker", _("a parser without rights can be run"), &err);
	else
		line("worker", err.text, &err);
	cmd.status = seki_err_status(err.reason);
	return cmd_finish();
}
