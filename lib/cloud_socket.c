#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cloud_int.h"

/* A free port of one family may be taken in the other: so many are tried. */
#define TRIES 20

static int
bad(const char *address, struct seki_err *err)
{
	seki_err_object(err, address);
	seki_fail(err, SEKI_USAGE, _("not an address and a port"));
	seki_err_hint(err, "--listen localhost:8080");
	return -1;
}

/* "HOST:PORT" or "[HOST]:PORT"; host is without brackets. */
static int
split(const char *address, char host[80], char port[8])
{
	const char *colon = strrchr(address, ':');
	size_t n, digits;

	if (colon == NULL)
		return -1;
	n = (size_t)(colon - address);
	if (n >= 2 && address[0] == '[' && address[n - 1] == ']') {
		address++;
		n -= 2;
	} else if (memchr(address, ':', n) != NULL)
		return -1;
	digits = strspn(colon + 1, "0123456789");
	if (n == 0 || n >= 80 || digits == 0 || digits > 5 ||
	    colon[1 + digits] != '\0' || atoi(colon + 1) > 65535)
		return -1;
	memcpy(host, address, n);
	host[n] = '\0';
	memcpy(port, colon + 1, digits + 1);
	return 0;
}

/* A listening socket or -1 with errno; *port in and out. */
static int
listener(const char *host, char port[8])
{
	struct addrinfo *a, hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
	struct sockaddr_storage s;
	socklen_t n = sizeof(s);
	int fd, on = 1, e;

	if (getaddrinfo(host, port, &hints, &a) != 0) {
		errno = EINVAL;
		return -1;
	}
	if ((fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1) {
		freeaddrinfo(a);
		return -1;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->ai_family == AF_INET6)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, a->ai_addr, a->ai_addrlen) == -1 ||
	    listen(fd, 128) == -1 ||
	    getsockname(fd, (struct sockaddr *)&s, &n) == -1) {
		e = errno;
		(void)close(fd);
		freeaddrinfo(a);
		errno = e;
		return -1;
	}
	freeaddrinfo(a);
	(void)snprintf(port, 8, "%u",
	    (unsigned)ntohs(
		s.ss_family == AF_INET6
		    ? ((struct sockaddr_in6 *)(void *)&s)->sin6_port
		    : ((struct sockaddr_in *)(void *)&s)->sin_port));
	return fd;
}

/* The same port in both families; IPv4 alone where there is no IPv6. */
static int
localhost(int fd[2], char port[8])
{
	const char *wanted = strcmp(port, "0") == 0 ? "0" : NULL;

	for (int i = 0; i < TRIES; i++) {
		if ((fd[0] = listener("127.0.0.1", port)) == -1)
			return -1;
		if ((fd[1] = listener("::1", port)) != -1 ||
		    errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)
			return 0;
		(void)close(fd[0]);
		fd[0] = -1;
		if (wanted == NULL || errno != EADDRINUSE)
			return -1;
		(void)strcpy(port, wanted);
	}
	return -1;
}

int
seki_cloud_socket_open(const char *address, int fd[2], char url[SEKI_CLOUD_URL],
    struct seki_err *err)
{
	char host[80], port[8];
	int r;

	fd[0] = fd[1] = -1;
	if (split(address, host, port) == -1)
		return bad(address, err);
	if (strcmp(host, "localhost") == 0)
		r = localhost(fd, port);
	else
		r = (fd[0] = listener(host, port)) == -1 ? -1 : 0;
	if (r == -1 && errno == EINVAL)
		return bad(address, err);
	if (r == -1) {
		seki_err_object(err, address);
		if (errno == EADDRINUSE)
			seki_err_hint(err, _("another program listens there; "
					     "port 0 takes a free one"));
		return seki_err_errno(err, "listen");
	}
	(void)snprintf(url, SEKI_CLOUD_URL,
	    strchr(host, ':') != NULL ? "http://[%s]:%s" : "http://%s:%s", host,
	    port);
	return 0;
}
