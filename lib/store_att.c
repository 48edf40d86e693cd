#include <sys/stat.h>

#include "store_int.h"

/* The folder of attachments beside the store. */
int
seki_store_att(
    const struct seki_store *s, struct seki_buf *path, struct seki_err *err)
{
	struct stat st;

	if (seki_buf_fmt(path, err, "%s.att", s->path) == -1)
		return -1;
	/* Like the store itself: what stands elsewhere is not ours. */
	if (lstat(path->p, &st) == -1 || !S_ISLNK(st.st_mode))
		return 0;
	seki_err_object(err, path->p);
	return seki_fail(
	    err, SEKI_FILE, "%s", _("a link, where the folder must stand"));
}
