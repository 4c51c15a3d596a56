package rtmp

import (
	"context"
	"encoding/binary"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/bluenviron/gortmplib/pkg/message"

	"airloom/output/link"
)

// The transactions of a publisher, by number.
const (
	txConnect = iota + 1
	txRelease
	txFCPublish
	txCreate
	txPublish
	txFCUnpublish
	txDelete
)

// step is how far the opening of a session has come; it turns a bare end of
// the connection into words.
type step int

const (
	stepHandshake step = iota
	stepConnect
	stepCreate
	stepPublish
)

// publish leads the server from the handshake to Publish.Start, and returns what
// it was published as.
func (d *Dialer) publish(ctx context.Context, w *wire) (target, error) {
	if _, _, err := handshake.DoClient(w.count, false, false); err != nil {
		return target{}, d.target.openFault(stepHandshake, err)
	}
	if err := d.connect(w); err != nil {
		return target{}, err
	}
	if d.prepare != nil {
		query, err := d.prepare(ctx)
		if err != nil {
			return target{}, err
		}
		d = &Dialer{target: d.target.with(query)}
	}
	stream, err := d.create(w)
	if err == nil {
		err = d.start(w, stream)
	}
	return d.target, err
}

// start asks the server to take the stream.
func (d *Dialer) start(w *wire, stream uint32) error {
	if err := w.say(stream, "publish", txPublish, nil, d.target.key, "live"); err != nil {
		return d.target.openFault(stepPublish, err)
	}
	c, err := w.answered(func(c command) bool {
		return c.name == "onStatus" || (c.name == "_error" && c.id == txPublish)
	})
	if err != nil {
		return d.target.openFault(stepPublish, err)
	}
	if code, words, bad := c.words(); bad || code != "NetStream.Publish.Start" {
		return d.target.refused(words)
	}
	return nil
}

// connect asks for the app. Some servers put a refusal into a _result.
func (d *Dialer) connect(w *wire) error {
	err := w.w.Write(control(message.TypeSetWindowAckSize, binary.BigEndian.AppendUint32(nil, link.AckWindow)))
	if err == nil {
		err = w.w.Write(control(message.TypeSetChunkSize, binary.BigEndian.AppendUint32(nil, chunkSize)))
		w.w.SetChunkSize(chunkSize)
	}
	if err == nil {
		err = w.say(0, "connect", txConnect, amf0.Object{
			{Key: "app", Value: d.target.app},
			{Key: "type", Value: "nonprivate"},
			{Key: "flashVer", Value: "FMLE/3.0 (compatible; airloom)"},
			{Key: "tcUrl", Value: d.target.url},
			{Key: "objectEncoding", Value: float64(0)},
		})
	}
	if err != nil {
		return d.target.openFault(stepConnect, err)
	}
	c, err := w.answered(func(c command) bool {
		return (c.name == "_result" || c.name == "_error") && (c.id == txConnect || c.id == 0)
	})
	if err != nil {
		return d.target.openFault(stepConnect, err)
	}
	if code, words, bad := c.words(); bad || (code != "" && code != "NetConnection.Connect.Success") {
		return d.target.refused(words)
	}
	return nil
}

// create makes the message stream and returns its id as messages carry it.
func (d *Dialer) create(w *wire) (stream uint32, err error) {
	for _, c := range []struct {
		name string
		tx   int
	}{{"releaseStream", txRelease}, {"FCPublish", txFCPublish}} {
		if err := w.say(0, c.name, c.tx, nil, d.target.key); err != nil {
			return 0, d.target.openFault(stepCreate, err)
		}
	}
	if err := w.say(0, "createStream", txCreate, nil); err != nil {
		return 0, d.target.openFault(stepCreate, err)
	}
	c, err := w.answered(func(c command) bool {
		_, _, bad := c.words()
		return c.id == txCreate || (c.name == "onStatus" && bad)
	})
	if err != nil {
		return 0, d.target.openFault(stepCreate, err)
	}
	if _, words, bad := c.words(); bad {
		return 0, d.target.refused(words)
	}
	id := 1.0
	if len(c.args) > 1 {
		if n, ok := c.args[1].(float64); ok {
			id = n
		}
	}
	w.stream, w.streamID = swap(uint32(id)), id
	return w.stream, nil
}

// swap puts a message stream's id the way round that the library writes it: it
// is the one little-endian number of the protocol.
func swap(id uint32) uint32 {
	return binary.LittleEndian.Uint32(binary.BigEndian.AppendUint32(nil, id))
}

// unpublish takes leave.
func (w *wire) unpublish(key string) error {
	if err := w.say(0, "FCUnpublish", txFCUnpublish, nil, key); err != nil {
		return err
	}
	return w.say(0, "deleteStream", txDelete, nil, w.streamID)
}
