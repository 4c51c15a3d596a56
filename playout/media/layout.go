package media

// Layout says where the parts of a tick lie in one stretch of memory, such as a
// slot of a worker's ring: the planes Y, U and V, then the two channels of
// sound as float32 in the machine's byte order. Reader, ring and keeper all
// compute it from the house format, so none has to believe another.
type Layout struct {
	StrideY, StrideC int // bytes from one line to the next
	OffU, OffV       int // where the chroma planes begin; Y begins at 0
	OffL, OffR       int // where the channels of sound begin
	MaxSamples       int // samples a channel that fit
	Size             int // bytes in all, a multiple of a page
}

// align is what libav's and x264's widest vector code wants of lines and planes.
const align = 64

const page = 4096

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// LayoutOf computes the layout of a tick in the given house format.
func LayoutOf(h House) Layout {
	l := Layout{
		StrideY: roundUp(h.Width, align),
		StrideC: roundUp(h.Width/2, align),
		// ceil(samples per tick), and the one of the next tick.
		MaxSamples: int((int64(h.SampleRate)*h.FPS.Den+h.FPS.Num-1)/h.FPS.Num) + 1,
	}
	l.OffU = l.StrideY * h.Height
	l.OffV = l.OffU + l.StrideC*(h.Height/2)
	// libav's vector code may read a little past the last line of a plane.
	l.OffL = roundUp(l.OffV+l.StrideC*(h.Height/2)+align, align)
	l.OffR = roundUp(l.OffL+4*l.MaxSamples, align)
	l.Size = roundUp(l.OffR+4*l.MaxSamples, page)
	return l
}
