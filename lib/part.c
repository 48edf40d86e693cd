#include <string.h>

#include "part.h"

int
seki_part_name(const char *name, uint64_t n, uint64_t of, struct seki_buf *to,
    struct seki_err *err)
{
	const char *slash = strrchr(name, '/'), *dot = strrchr(name, '.');
	const int digits = of > 9 ? 2 : 1;
	size_t stem;

	if (dot == NULL || (slash != NULL && dot < slash))
		dot = name + strlen(name);
	stem = (size_t)(dot - name);
	return seki_buf_fmt(to, err, "%.*s-%0*lluof%llu%s", (int)stem, name,
	    digits, (unsigned long long)n, (unsigned long long)of, dot);
}
