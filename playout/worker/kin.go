package worker

import (
	"os"

	"airloom/playout/media"
)

// Other children of this program look at files too, and are to be trusted as
// little as those that read clips.

// Fence takes from this process every right but to read below the root. It
// returns what the kernel lacks for that, in words.
func Fence(root string) (missing []string) {
	lighten()
	return restrict(media.Spec{Root: root})
}

// Environment is all that such a child inherits.
func Environment(root string) []string { return environment(media.Spec{Root: root}) }

// EndWithKeeper ends such a child when the keeper hangs up its stdin, whatever
// else is going on. It does not return.
func EndWithKeeper() { endWithKeeper() }

// Pipes makes three pipes to a child, the first for what it is told and two for
// what it says, with the ends that are ours and the ends that it inherits.
func Pipes() (ours, theirs [3]*os.File, err error) {
	for i := range ours {
		r, w, err := os.Pipe()
		if err != nil {
			CloseAll(ours[:])
			return ours, theirs, err
		}
		if ours[i], theirs[i] = r, w; i == 0 {
			ours[i], theirs[i] = w, r
		}
	}
	return ours, theirs, nil
}

// CloseAll closes the files; nil stands for none.
func CloseAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close() // nil where there is none, which Close refuses
	}
}
