package playlist

import "airloom/playlist/document"

// dated reads ffplayout's playlist of a day.
func (c *checker) dated(root *document.Node) *Playlist {
	c.problems.Errorf(root.Position, "this looks like a playlist of ffplayout, which this version of airloom does not read: write the items as YAML")
	return nil
}
