#include "cloud_int.h"

#define REQUESTS 20

/* One request of the list, within the transaction of all. */
static int
one(struct seki_cloud_call *all, const struct seki_cloud_tree *t)
{
	const struct seki_cloud_tree *m = seki_cloud_tree_get(t, "method");
	const struct seki_cloud_tree *api = seki_cloud_tree_get(t, "api");
	struct seki_cloud_call k = *all;
	int known;

	if (m == NULL || m->kind != SEKI_J_STRING || api == NULL ||
	    api->kind != SEKI_J_STRING)
		return seki_cloud_invalid(k.fault,
		    m == NULL || m->kind != SEKI_J_STRING ? "method" : "api",
		    SEKI_CLOUD_REQUIRED, NULL, 0);
	k.route = seki_cloud_route(m->p, api->p, &k.space, &known);
	if (k.route == NULL || k.route->write != 2)
		return seki_cloud_invalid(
		    k.fault, "api", SEKI_CLOUD_ENUM, NULL, 0);
	k.args = seki_cloud_tree_get(t, "payload");
	if (k.args == NULL || k.args->kind != SEKI_J_OBJECT)
		return seki_cloud_invalid(
		    k.fault, "payload", SEKI_CLOUD_REQUIRED, NULL, 0);
	return seki_cloud_route_run(&k);
}

int
seki_cloud_bulk(struct seki_cloud_call *k)
{
	const struct seki_cloud_tree *list;
	size_t i = 0;

	if (seki_cloud_param_list(
		k->args, "requests", &list, REQUESTS, k->fault) == -1)
		return -1;
	if (list == NULL)
		return seki_cloud_invalid(
		    k->fault, "requests", SEKI_CLOUD_REQUIRED, NULL, 0);
	if (seki_buf_str(k->b, "{\"results\":[", k->err) == -1)
		return -1;
	for (const struct seki_cloud_tree *t = list->child; t != NULL;
	     t = t->next, i++)
		if ((i > 0 && seki_buf_byte(k->b, ',', k->err) == -1) ||
		    one(k, t) == -1) {
			if (k->req->reply != NULL) {
				k->req->reply->bulk = list->count;
				k->req->reply->at = i;
			}
			return -1;
		}
	return seki_buf_str(k->b, "]}", k->err);
}
