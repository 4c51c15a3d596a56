package worker

import "airloom/playout/media"

// Other children of this program look at files too, and are to be trusted as
// little as those that read clips.

// Fence takes from this process every right but to read below the root. It
// returns what the kernel lacks for that, in words.
func Fence(root string) (missing []string) { return restrict(media.Spec{Root: root}) }

// Environment is all that such a child inherits.
func Environment(root string) []string { return environment(media.Spec{Root: root}) }

// EndWithKeeper ends such a child when the keeper hangs up its stdin, whatever
// else is going on. It does not return.
func EndWithKeeper() { endWithKeeper() }
