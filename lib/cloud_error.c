#include <stdatomic.h>
#include <stdio.h>

#include "cloud_int.h"

static const struct {
	const char *word;
	unsigned status;
	const char *text[2]; /* Japanese, English */
} codes[] = { { "", 200, { "", "" } },
#define X(name, status, ja, en) { #name, status, { ja, en } },
	SEKI_CLOUD_CODES(X)
#undef X
};

static const char *const whys[][2] = {
	[SEKI_CLOUD_REQUIRED] = { "必須です。", "Required." },
	[SEKI_CLOUD_INTEGER] = { "整数を指定してください。",
	    "Enter an integer." },
	[SEKI_CLOUD_SYNTAX] = { "クエリの書き方が正しくありません。",
	    "The query breaks the query language." },
	[SEKI_CLOUD_BOOLEAN] = { "true か false を指定してください。",
	    "Enter true or false." },
	[SEKI_CLOUD_TOO_MANY] = { "数が多すぎます。", "Too many items." },
};

int
seki_cloud_refuse(struct seki_cloud_fault *f, enum seki_cloud_code code,
    const char *arg, size_t n)
{
	if (f->code != SEKI_CLOUD_OK)
		return -1;
	f->code = code;
	f->key = NULL;
	if (n >= sizeof(f->arg)) {
		n = sizeof(f->arg) - 1;
		while (n > 0 && ((unsigned char)arg[n] & 0xc0) == 0x80)
			n--;
	}
	if (n > 0)
		memcpy(f->arg, arg, n);
	f->arg[n] = '\0';
	return -1;
}

int
seki_cloud_invalid(
    struct seki_cloud_fault *f, const char *key, enum seki_cloud_why why)
{
	if (f->code != SEKI_CLOUD_OK)
		return -1;
	f->code = SEKI_CLOUD_CB_VA01;
	f->key = key;
	f->why = why;
	return -1;
}

unsigned
seki_cloud_error_status(enum seki_cloud_code code)
{
	return codes[code].status;
}

const char *
seki_cloud_error_word(enum seki_cloud_code code)
{
	return codes[code].word;
}

/* The message with %s replaced, as a JSON string. */
static int
message(const struct seki_cloud_fault *f, int english, struct seki_buf *b,
    struct seki_err *err)
{
	const char *text = codes[f->code].text[english != 0], *at;
	struct seki_buf t = SEKI_BUF_INIT;
	int r = -1;

	if ((at = strstr(text, "%s")) == NULL)
		return seki_json_quote(b, text, strlen(text), err);
	if (seki_buf_add(&t, text, (size_t)(at - text), err) == 0 &&
	    seki_buf_str(&t, f->arg, err) == 0 &&
	    seki_buf_str(&t, at + 2, err) == 0)
		r = seki_json_quote(b, t.p, t.n, err);
	seki_buf_free(&t);
	return r;
}

int
seki_cloud_error_body(const struct seki_cloud_fault *f, int english,
    struct seki_buf *b, struct seki_err *err)
{
	static _Atomic unsigned long counter;
	unsigned long n = atomic_fetch_add(&counter, 1) + 1;

	if (seki_buf_fmt(b, err,
		"{\"code\":\"%s\",\"id\":\"seki%016lx\","
		"\"message\":",
		codes[f->code].word, n) == -1 ||
	    message(f, english, b, err) == -1)
		return -1;
	if (f->key != NULL &&
	    seki_buf_fmt(b, err, ",\"errors\":{\"%s\":{\"messages\":[\"%s\"]}}",
		f->key, whys[f->why][english != 0]) == -1)
		return -1;
	return seki_buf_str(b, "}", err);
}
