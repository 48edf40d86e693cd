#include <string.h>

#include "service.h"

/* One line a layer; what is wrong counts for the status. */
static void
finding(void *ctx, const char *layer, const struct seki_err *found)
{
	struct seki_err err = *found;
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err e = SEKI_ERR_INIT;

	(void)ctx;
	cmd_service_blot_err(&err);
	if (err.reason != SEKI_OK) {
		cmd.status =
		    seki_err_worse(cmd.status, seki_err_status(err.reason));
		(void)seki_text_show(&b, err.text, strlen(err.text), &e);
		cmd_say("%-12s %s: %s", layer, seki_err_word(err.reason),
		    b.n > 0 ? b.p : "");
		if (err.hint[0] != '\0')
			cmd_say("%-12s %s %s", "", _("next:"), err.hint);
	} else {
		cmd_say(
		    "%-12s ok%s%s", layer, err.text[0] ? ": " : "", err.text);
	}
	cmd_json(err.reason, layer,
	    err.text[0] ? err.text : seki_err_sentence(err.reason), "hint",
	    err.hint, NULL);
	seki_buf_free(&b);
}

static void
budget(const struct seki_http *http, const char *path)
{
	struct seki_err err = SEKI_ERR_INIT;
	uint64_t total;

	if (path == NULL)
		return;
	if (seki_budget_add(path, seki_http_domain(http), cmd_service.app,
		seki_time_now(), seki_http_calls(http), &total, &err) == 0) {
		(void)snprintf(err.text, sizeof(err.text),
		    _("%llu of the day's %llu requests are used"),
		    (unsigned long long)total,
		    (unsigned long long)SEKI_HTTP_DAY);
		if (total >= SEKI_HTTP_DAY)
			err.reason = SEKI_BUSY;
		if (total >= SEKI_HTTP_DAY)
			seki_err_hint(&err, "%s",
			    _("Wait for 09:00, when the next day begins; "
			      "find out what asks so often."));
	}
	finding(NULL, "budget", &err);
}

int
cmd_service_doctor(
    struct seki_http *http, const char *path, struct seki_err *err)
{
	if (seki_doctor_run(http, cmd_service.app, finding, NULL, err) == -1)
		return -1;
	budget(http, path);
	return 0;
}
