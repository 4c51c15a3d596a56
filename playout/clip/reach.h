// Where an address may lead. See reach.go.
#ifndef CLIP_REACH_H
#define CLIP_REACH_H

// Classes of addresses, each nearer to this machine than the one before.
enum { CLIP_PUBLIC, CLIP_PRIVATE, CLIP_OWN };

typedef struct {
	const char *own;    // the host that the source itself names
	const char *hosts;  // that may be led to, with commas between them; "": any
	int nearest;        // the class of the own host's addresses
	char refused[128];  // the host that was refused; "": none
} clip_reach;

// clip_reach_set has this thread's look-ups of names keep to a reach; NULL: to none.
void clip_reach_set(clip_reach *r);

// clip_class is the class of an address as text; -1: it is none.
int clip_class(const char *address);

// clip_barred says whether an address as text is reached only where its host is listed.
int clip_barred(const char *address);

#endif
