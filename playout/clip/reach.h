// Where an address may lead. See reach.go.
#ifndef CLIP_REACH_H
#define CLIP_REACH_H

// Classes of addresses, each nearer to this machine than the one before.
enum { CLIP_PUBLIC, CLIP_PRIVATE, CLIP_OWN };

typedef struct {
	const char *own;    // the host that the source itself names
	const char *hosts;  // that may be led to, with commas between them; "": any
	int known;          // whether the own host has been looked up
	int nearest;        // the class of its addresses then
	char refused[128];  // the host that was refused; "": none
} clip_reach;

// clip_reach_set has this thread's look-ups of names keep to a reach; NULL: to none.
void clip_reach_set(clip_reach *r);

// clip_class is the class of an address as text; -1: it is none.
int clip_class(const char *address);

// clip_barred says whether an address as text is reached only where its host is listed.
int clip_barred(const char *address);

// clip_reach_answers says whether a host may be reached at an address as text, if
// that is what a look-up answers; -1: it is none.
int clip_reach_answers(clip_reach *r, const char *host, const char *address);

#endif
