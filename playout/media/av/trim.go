package av

/*
#ifdef __linux__
#include <malloc.h>
#endif

static void give_back(void) {
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}
*/
import "C"

// Trim gives back to the system what C's libraries have freed and malloc keeps:
// in a keeper that has just started, 3 MB.
func Trim() { C.give_back() }
