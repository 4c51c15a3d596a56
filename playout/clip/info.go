package clip

// describe fills in what is known of the clip.
func (r *Reader) describe() {
	r.info.Ticks = r.limit
}

// again begins the next round of a loop.
func (r *Reader) again() (bool, error) { return false, nil }
