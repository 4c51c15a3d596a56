package still

import (
	"bytes"
	"image"
	"image/jpeg"

	"airloom/playout/media"
)

// quality of the JPEGs: small, and good enough to choose by.
const quality = 80

func encode(img *image.RGBA) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}

// paint puts a house picture, which is BT.709 in limited range, onto the canvas.
// JPEG has other colours, BT.601 in full range, so it goes by way of RGB.
func paint(canvas *image.RGBA, left int, slot []byte, l media.Layout, w, h int) {
	for y := range h {
		luma := slot[y*l.StrideY:]
		cb, cr := slot[l.OffU+y/2*l.StrideC:], slot[l.OffV+y/2*l.StrideC:]
		row := canvas.Pix[y*canvas.Stride+4*left:]
		for x := range w {
			// In 1/65536: 255/219 and the coefficients of BT.709 times 255/224.
			c := 76309 * (int(luma[x]) - 16)
			u, v := int(cb[x/2])-128, int(cr[x/2])-128
			row[4*x] = clamp(c + 117489*v)
			row[4*x+1] = clamp(c - 13975*u - 34925*v)
			row[4*x+2] = clamp(c + 138438*u)
			row[4*x+3] = 255
		}
	}
}

func clamp(v int) byte { return byte(min(max((v+1<<15)>>16, 0), 255)) }
