#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "seki_int.h"

static const struct {
	const char *word;
	int status;
	const char *sentence;
} table[] = {
#define X(name, word, status, sentence) { word, status, sentence },
	SEKI_REASONS(X)
#undef X
};

const char *
seki_err_word(enum seki_reason reason)
{
	return table[reason].word;
}

int
seki_err_status(enum seki_reason reason)
{
	return table[reason].status;
}

const char *
seki_err_sentence(enum seki_reason reason)
{
	return _(table[reason].sentence);
}

/* Worst first (DESIGN 9): cron must never retry an altered bundle. */
int
seki_err_worse(int a, int b)
{
	static const int order[] = { 70, 1, 65, 64, 77, 78, 71, 69, 74, 75, 0 };
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a > b ? a : b;
}

/* Cut at a character's border, so that a long value cannot break the text. */
static void
clip(char *s, size_t size)
{
	size_t n = strlen(s), i = n;

	if (n + 1 < size)
		return;
	while (i > 0 && ((unsigned char)s[i - 1] & 0xC0) == 0x80)
		i--;
	if (i > 0 && (unsigned char)s[i - 1] >= 0xC0)
		s[i - 1] = '\0';
}

int
seki_fail(struct seki_err *err, enum seki_reason reason, const char *fmt, ...)
{
	va_list ap;

	if (err->reason != SEKI_OK)
		return -1;
	err->reason = reason;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	clip(err->text, sizeof(err->text));
	return -1;
}

int
seki_err_nomem(struct seki_err *err)
{
	return seki_fail(err, SEKI_NOMEM, "%s", _("out of memory"));
}

void
seki_err_hint(struct seki_err *err, const char *fmt, ...)
{
	va_list ap;

	if (err->hint[0] != '\0')
		return;
	va_start(ap, fmt);
	(void)vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
	clip(err->hint, sizeof(err->hint));
}

static void
once(char *dst, size_t size, const char *src, size_t n)
{
	if (dst[0] != '\0' || src == NULL)
		return;
	if (n >= size)
		n = size - 1;
	memcpy(dst, src, n);
	dst[n] = '\0';
	clip(dst, size);
}

void
seki_err_object(struct seki_err *err, const char *object)
{
	if (object != NULL)
		once(err->object, sizeof(err->object), object, strlen(object));
}

void
seki_err_record(struct seki_err *err, const char *key, size_t n)
{
	once(err->record, sizeof(err->record), key, n);
}

void
seki_err_field(struct seki_err *err, const char *code)
{
	if (code != NULL)
		once(err->field, sizeof(err->field), code, strlen(code));
}

void
seki_err_line(struct seki_err *err, unsigned long long line)
{
	if (err->line == 0)
		err->line = line;
}

void
seki_err_clear(struct seki_err *err)
{
	memset(err, 0, sizeof(*err));
}
