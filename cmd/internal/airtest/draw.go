package airtest

import (
	"encoding/binary"
	"io"
	"math"
	"time"
)

// drawPictures writes the clip's pictures as raw yuv420p, in order. An
// interlaced clip gets two moments of each picture, for its two fields.
func (r recipe) drawPictures(w io.Writer) error {
	width, height := r.drawn()
	moments := r.Pictures
	if r.Fields {
		moments *= 2
	}
	buf := make([]byte, width*height*3/2)
	for m := range moments {
		n := m
		if r.Fields {
			n = m / 2
		}
		r.draw(buf, width, height, m, n)
		if _, err := w.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

// drawn is the size that is drawn; the ffmpeg program enlarges the heavy one.
func (r recipe) drawn() (w, h int) {
	switch r.Kind {
	case Heavy:
		return 960, 540
	case Tiny:
		return 32, 24
	}
	return r.W, r.H
}

// isFlash says whether picture n is white below its band.
func (r recipe) isFlash(n int) bool {
	m := n%perSecond(r.FPS) - firstMark(r.FPS)%perSecond(r.FPS)
	return m >= 0 && m < flashPictures
}

// draw makes one picture: the moving background of moment m, or white, and the
// band that says n. The background differs from clip to clip.
func (r recipe) draw(buf []byte, w, h, m, n int) {
	luma, chroma := buf[:w*h], buf[w*h:]
	if r.isFlash(n) {
		fill(luma, 235)
		fill(chroma, 128)
	} else {
		r.background(luma, chroma, w, h, m)
	}
	bits := markerBits(r.ID, n)
	for y := range 2 * h / rowHeight {
		row := min(y*rowHeight/h, 1)
		for x := range w {
			v := byte(16)
			if bits[row*cellsAcross+x*cellsAcross/w] {
				v = 235
			}
			luma[y*w+x] = v
		}
	}
	for y := range (2*h/rowHeight + 1) / 2 { // a band without colour
		fill(chroma[y*(w/2):(y+1)*(w/2)], 128)
		u := len(chroma) / 2
		fill(chroma[u+y*(w/2):u+(y+1)*(w/2)], 128)
	}
}

func (r recipe) background(luma, chroma []byte, w, h, m int) {
	for y := range h {
		for x := range w {
			v := 60 + wave(x+3*m+y*r.ID/7)/2 + wave(2*y-m)/4
			if r.Busy {
				v += int(noise(x+5*m, y+3*m))&31 - 16
				if (x/8+y/8+m/2)%7 == 0 {
					v += 25
				}
			}
			luma[y*w+x] = byte(v)
		}
	}
	u := len(chroma) / 2
	for y := range h / 2 {
		for x := range w / 2 {
			chroma[y*(w/2)+x] = byte(96 + wave(x+m+31*r.ID)/4)
			chroma[u+y*(w/2)+x] = byte(96 + wave(y-2*m+17*r.ID)/4)
		}
	}
}

// wave is a triangle between 0 and 127.
func wave(x int) int {
	x &= 255
	if x > 127 {
		return 255 - x
	}
	return x
}

// noise is a fixed grain, the same on every machine.
func noise(x, y int) uint32 {
	v := uint32(x&511)*374761393 + uint32(y&511)*668265263
	v = (v ^ v>>13) * 1274126177
	return v ^ v>>16
}

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}

// soundLength is how long the clip sounds.
func (r recipe) soundLength() time.Duration {
	if r.Rate == 0 {
		return 0
	}
	return pictureTime(r.Pictures, r.FPS) + r.SoundExtra
}

// drawSound writes the clip's sound as interleaved float32.
func (r recipe) drawSound(w io.Writer) error {
	samples := int(r.soundLength().Seconds()*float64(r.Rate) + 0.5)
	first := pictureTime(firstMark(r.FPS), r.FPS).Seconds()
	period := pictureTime(perSecond(r.FPS), r.FPS).Seconds()
	out := make([]float32, 0, samples*r.Ch)
	for i := range samples {
		t := float64(i) / float64(r.Rate)
		v := backLevel * math.Sin(2*math.Pi*backHz*t)
		if k := math.Floor((t - first + 1e-9) / period); k >= 0 {
			if u := t - first - k*period; u < beepLength.Seconds() {
				v += beepLevel*math.Sin(2*math.Pi*beepHz*u) +
					nameLevel*math.Sin(2*math.Pi*clipHz(r.ID)*u) +
					nameLevel*math.Sin(2*math.Pi*markHz(int(k))*u)
			}
		}
		out = append(out, spread(float32(v), r.Ch)...)
	}
	return binary.Write(w, binary.LittleEndian, out)
}

// spread puts one value on all channels; of 5.1 only the three in front sound.
func spread(v float32, channels int) []float32 {
	switch channels {
	case 1:
		return []float32{v}
	case 6:
		return []float32{v, v, v / 2, 0, 0, 0}
	default:
		return []float32{v, v}
	}
}
