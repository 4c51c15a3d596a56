package media

// Streams is what a source's picture and sound are made of, as its file says; nil
// for what it does not have.
type Streams struct {
	Video *VideoStream `json:"video,omitempty"`
	Audio *AudioStream `json:"audio,omitempty"`
}

// VideoStream is a picture, moving or still.
type VideoStream struct {
	Codec  string   `json:"codec"`
	Width  int      `json:"width"` // of the coded picture
	Height int      `json:"height"`
	FPS    Rational `json:"fps,omitzero"` // on average; zero: not said, or a still
}

// AudioStream is the sound that airs.
type AudioStream struct {
	Codec      string `json:"codec"`
	Channels   int    `json:"channels"`
	SampleRate int    `json:"sample_rate"` // Hz
}
