/*
 * Any query gets records or a refusal that the service has a code for; none ends
 * the server or takes it out of its bounds.
 */
#include <stdlib.h>
#include <unistd.h>

#include "cloud_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static char tokens[] = "/tmp/seki-fuzz-query-XXXXXX";

static struct seki_cloud *
begin(void)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_cloud *c = seki_cloud_open(NULL, "/tmp", &err);
	int fd = mkstemp(tokens);

	if (c == NULL || fd == -1 || write(fd, "any\n", 4) != 4 ||
	    close(fd) == -1 ||
	    seki_cloud_generate(c, "soudan:30", 1, 0, &err) == -1 ||
	    seki_cloud_tokens(c, tokens, &err) == -1)
		abort();
	(void)unlink(tokens);
	return c;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct seki_cloud *cloud;
	struct seki_cloud_fault fault = { .code = SEKI_CLOUD_OK };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf args = SEKI_BUF_INIT, body = SEKI_BUF_INIT;
	size_t i;

	if (cloud == NULL)
		cloud = begin();
	if (size > 4096)
		return 0;
	if (seki_buf_str(&args, "app=1&query=", &err) == -1)
		abort();
	for (i = 0; i < size; i++)
		if (seki_buf_fmt(&args, &err, "%%%02X", data[i]) == -1)
			abort();
	if (seki_cloud_api(cloud,
		&(struct seki_cloud_request){ .method = "GET",
		    .path = "/k/v1/records.json",
		    .args = args.p,
		    .tokens = "any" },
		&body, &fault, &err) == -1 &&
	    fault.code == SEKI_CLOUD_OK)
		abort();
	seki_buf_free(&args);
	seki_buf_free(&body);
	return 0;
}
