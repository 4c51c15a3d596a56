#define _GNU_SOURCE
#include "reach.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

static _Thread_local clip_reach *reach;

void clip_reach_set(clip_reach *r) { reach = r; }

static int class4(uint32_t a) {
	uint32_t b = a >> 24, c = a >> 16;
	if (b == 127 || b == 0 || c == 0xa9fe)
		return CLIP_OWN;
	if (b == 10 || b >= 224 || c == 0xc0a8 || (c & 0xfff0) == 0xac10 || (c & 0xffc0) == 0x6440)
		return CLIP_PRIVATE;
	return CLIP_PUBLIC;
}

static uint32_t word(const uint8_t *p) { return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }

static int class6(const uint8_t *a) {
	static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b}, zero[16];
	if (!memcmp(a, zero, 10) && a[10] == 0xff && a[11] == 0xff)
		return class4(word(a + 12)); // an IPv4 address in other clothes
	if (!memcmp(a, nat64, 12))
		return class4(word(a + 12));
	if (a[0] == 0x20 && a[1] == 0x02)
		return class4(word(a + 2));
	if (!memcmp(a, zero, 12))
		return CLIP_OWN; // ::1, ::, and ::a.b.c.d, which nobody uses
	if (a[0] == 0xfe && (a[1] & 0xc0) == 0x80)
		return CLIP_OWN;
	if ((a[0] & 0xfe) == 0xfc || a[0] == 0xff || (a[0] == 0xfe && (a[1] & 0xc0) == 0xc0))
		return CLIP_PRIVATE;
	return CLIP_PUBLIC;
}

// Where clouds answer a machine's own questions, passwords included: nobody plays
// what is there. Such an address is reached only where its host is listed.
static int barred4(uint32_t a) {
	// link-local; 100.100.100.200; 192.0.0.192; 168.63.129.16
	return a >> 16 == 0xa9fe || a == 0x646464c8 || a == 0xc00000c0 || a == 0xa83f8110;
}

static int barred6(const uint8_t *a) {
	static const uint8_t ec2[16] = {0xfd, 0, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54};
	static const uint8_t gce[16] = {0xfd, 0x20, 0, 0xce, [14] = 0x02, [15] = 0x54};
	static const uint8_t zero[16], nat64[12] = {0, 0x64, 0xff, 0x9b};
	if (!memcmp(a, zero, 10) && ((a[10] == 0xff && a[11] == 0xff) || (!a[10] && !a[11])))
		return barred4(word(a + 12));
	if (!memcmp(a, nat64, 12))
		return barred4(word(a + 12));
	if (a[0] == 0x20 && a[1] == 0x02)
		return barred4(word(a + 2));
	return !memcmp(a, ec2, 16) || !memcmp(a, gce, 16) || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80);
}

static int barred(const struct sockaddr *a) {
	switch (a->sa_family) {
	case AF_INET:
		return barred4(ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr));
	case AF_INET6:
		return barred6(((const struct sockaddr_in6 *)a)->sin6_addr.s6_addr);
	}
	return 1;
}

int clip_barred(const char *address) {
	struct in_addr a;
	struct in6_addr b;
	if (inet_pton(AF_INET, address, &a) == 1)
		return barred4(ntohl(a.s_addr));
	if (inet_pton(AF_INET6, address, &b) == 1)
		return barred6(b.s6_addr);
	return -1;
}

static int class_of(const struct sockaddr *a) {
	switch (a->sa_family) {
	case AF_INET:
		return class4(ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr));
	case AF_INET6:
		return class6(((const struct sockaddr_in6 *)a)->sin6_addr.s6_addr);
	}
	return CLIP_OWN;
}

int clip_class(const char *address) {
	struct in_addr a;
	struct in6_addr b;
	if (inet_pton(AF_INET, address, &a) == 1)
		return class4(ntohl(a.s_addr));
	if (inet_pton(AF_INET6, address, &b) == 1)
		return class6(b.s6_addr);
	return -1;
}

static int listed(const char *hosts, const char *node) {
	size_t n = strlen(node);
	if (!*hosts)
		return 1;
	while (*hosts) {
		size_t len = strcspn(hosts, ",");
		if (len == n && !strncasecmp(hosts, node, n))
			return 1;
		hosts += len + (hosts[len] == ',');
	}
	return 0;
}

static int shut(const clip_reach *r, const char *node, const struct sockaddr *a) {
	return barred(a) && !(*r->hosts && listed(r->hosts, node));
}

// sift leaves of an answer what a host may be reached at. How near the own host is
// its first answer says, once and for all: a name that later leads nearer was made to.
static void sift(clip_reach *r, const char *node, struct addrinfo **res) {
	struct addrinfo **at;
	if (!strcasecmp(node, r->own) && !r->known)
		for (at = res; *at; at = &(*at)->ai_next)
			if (!shut(r, node, (*at)->ai_addr)) {
				int class = class_of((*at)->ai_addr);
				r->known = 1;
				if (class > r->nearest)
					r->nearest = class;
			}
	for (at = res; *at;) {
		if (class_of((*at)->ai_addr) > r->nearest || shut(r, node, (*at)->ai_addr)) {
			struct addrinfo *gone = *at;
			*at = gone->ai_next;
			gone->ai_next = NULL;
			freeaddrinfo(gone);
			snprintf(r->refused, sizeof r->refused, "%s", node);
			continue;
		}
		at = &(*at)->ai_next;
	}
}

int clip_reach_answers(clip_reach *r, const char *host, const char *address) {
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *res;
	int left;
	clip_reach_set(NULL);
	if (getaddrinfo(address, NULL, &hints, &res))
		return -1;
	sift(r, host, &res);
	left = res != NULL;
	if (left)
		freeaddrinfo(res);
	return left;
}

// getaddrinfo stands before libc's, for the libraries that are linked into this
// program: whatever they connect to, they first ask for here, be it a name or an
// address, and they connect to what they were told.
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res) {
	static int (*libc)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	clip_reach *r = reach;
	int rc;
	if (!libc && !(libc = dlsym(RTLD_NEXT, "getaddrinfo")))
		return EAI_FAIL;
	if (!r || !node || !*node)
		return libc(node, service, hints, res);
	if (strcasecmp(node, r->own) && !listed(r->hosts, node)) {
		snprintf(r->refused, sizeof r->refused, "%s", node);
		return EAI_FAIL;
	}
	if ((rc = libc(node, service, hints, res)))
		return rc;
	sift(r, node, res);
	return *res ? 0 : EAI_FAIL;
}
