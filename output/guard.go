package output

import (
	"bytes"
	"fmt"

	"airloom/playout/media"
)

// Guard is what every session holds its packets to before it sends them. A
// packet that breaks a rule is a fault of kind media: it ends the session, since
// servers answer such a packet with silence, broken pictures or a recording
// that nobody can play. The zero value with Info set is ready.
type Guard struct {
	Info  media.StreamInfo
	begun bool
	last  [2]int64 // DTS of each kind
	sent  [2]bool
}

// Check reports whether the packet may be sent. What comes before the first
// keyframe is let go: ok is false. The rules: the time of decoding rises in each
// kind; pictures are shown in the order of decoding; and every keyframe carries
// the parameter sets that the session began with.
func (g *Guard) Check(p *media.Packet) (ok bool, err error) {
	if !g.begun && (p.Kind != media.Video || !p.Key) {
		return false, nil
	}
	switch last := g.last[p.Kind]; {
	case g.sent[p.Kind] && p.DTS <= last:
		return false, broken("the %s would go back from %s %d to %d", p.Kind, [2]string{"tick", "sample"}[p.Kind], last, p.DTS)
	case p.Kind == media.Video && p.PTS != p.DTS:
		return false, broken("a picture would be shown %d ticks after it is decoded: a B-frame", p.PTS-p.DTS)
	case p.Kind == media.Video && p.Key:
		if err := g.sets(p); err != nil {
			return false, err
		}
	}
	g.begun, g.last[p.Kind], g.sent[p.Kind] = true, p.DTS, true
	return true, nil
}

// sets holds a keyframe's parameter sets against those of the session.
func (g *Guard) sets(p *media.Packet) error {
	found := [2]bool{}
	for _, u := range p.Units {
		if len(u) == 0 {
			continue
		}
		switch u[0] & 0x1f {
		case 7:
			if !bytes.Equal(u, g.Info.SPS) {
				return broken("a keyframe carries another SPS than the stream began with")
			}
			found[0] = true
		case 8:
			if !bytes.Equal(u, g.Info.PPS) {
				return broken("a keyframe carries another PPS than the stream began with")
			}
			found[1] = true
		}
	}
	if found != [2]bool{true, true} {
		return broken("a keyframe lacks its SPS or PPS")
	}
	return nil
}

func broken(format string, args ...any) error {
	return &Fault{Kind: KindMedia, Err: fmt.Errorf(format+": a new session is begun instead", args...)}
}
