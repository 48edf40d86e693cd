#include "cmd.h"

void
cmd_warn_trust(const struct seki_trust *t)
{
	seki_time now = seki_time_now();
	char text[256];
	size_t i;

	for (i = 0; seki_trust_warn(t, now, i, text, sizeof(text)); i++)
		cmd_note("%s", text);
}
