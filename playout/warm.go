package playout

// Warm opens what airs first, and reports whether its first tick is at hand. It
// is for whoever calls Step without [Engine.Run], before the first Step, again
// and again until it is content: a channel should begin with its programme.
func (e *Engine) Warm() bool {
	e.tend(&e.look)
	if e.look.feed != nil && !e.look.feed.ready {
		e.tend(&e.look)
	}
	return e.look.feed.warm()
}
