#include "service.h"

int
cmd_service_spend(
    const struct seki_http *http, const char *path, struct seki_err *err)
{
	uint64_t calls = seki_http_calls(http), total;

	if (path == NULL)
		return 0;
	if (seki_budget_add(path, seki_http_domain(http), cmd_service.app,
		seki_time_now(), calls, &total, err) == -1)
		return -1;
	if (total >= SEKI_HTTP_DAY_WARN)
		cmd_note(_("app %s: %llu of the day's %llu requests are used; "
			   "the next day begins at 09:00"),
		    cmd_service.app, (unsigned long long)total,
		    (unsigned long long)SEKI_HTTP_DAY);
	return 0;
}
