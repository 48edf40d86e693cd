#include <string.h>

#include "seki_int.h"

/* A word as a shell takes it, for commands that people paste. */

static int
plain(const char *s)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_./:=@%+,-";

	if (*s == '\0' || strstr(s, "　") != NULL)
		return 0;
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x80 && strchr(set, *s) == NULL)
			return 0;
	return 1;
}

int
seki_shell_word(struct seki_buf *b, const char *s, struct seki_err *err)
{
	if (plain(s))
		return seki_buf_str(b, s, err);
	if (seki_buf_byte(b, '\'', err) == -1)
		return -1;
	for (; *s != '\0'; s++)
		if (*s == '\'' ? seki_buf_str(b, "'\\''", err) == -1
			       : seki_buf_byte(b, *s, err) == -1)
			return -1;
	return seki_buf_byte(b, '\'', err);
}
