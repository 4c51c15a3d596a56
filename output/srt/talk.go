package srt

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"net"
	"time"

	"github.com/datarhei/gosrt/circular"
	"github.com/datarhei/gosrt/crypto"
	"github.com/datarhei/gosrt/packet"
)

const (
	mtu      = 1500
	window   = 25600    // packets under way
	version  = 0x010401 // of the protocol's features
	magic    = 0x4A17
	oursOnly = 0 // the socket id of one that does not know the other's yet
)

func control(kind packet.CtrlType, to uint32, at uint32, cif packet.CIF) packet.Packet {
	p := packet.NewPacket(nil)
	h := p.Header()
	h.IsControlPacket, h.ControlType, h.DestinationSocketId, h.Timestamp = true, kind, to, at
	if cif != nil {
		p.MarshalCIF(cif)
	}
	return p
}

func marshal(p packet.Packet) []byte {
	var b bytes.Buffer
	_ = p.Marshal(&b) // into memory
	p.Decommission()
	return b.Bytes()
}

func random() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint32(b[:])
}

// passOver is deferred around what takes a datagram apart: gosrt panics at some
// that end too early, and nobody on the network may end the process.
func passOver() { _ = recover() }

// handshake is what a datagram says of one; nil: it is none.
func handshake(b []byte) (cif *packet.CIFHandshake) {
	ok := false
	defer func() {
		if !ok {
			cif = nil
		}
	}()
	defer passOver()
	p, err := packet.NewPacketFromData(nil, b)
	if err != nil {
		return nil
	}
	defer p.Decommission()
	if !p.Header().IsControlPacket || p.Header().ControlType != packet.CTRLTYPE_HANDSHAKE {
		return nil
	}
	cif = &packet.CIFHandshake{}
	ok = p.UnmarshalCIF(cif) == nil
	return cif
}

// induction asks for a listener's cookie.
func induction() []byte {
	return marshal(control(packet.CTRLTYPE_HANDSHAKE, oursOnly, 0, &packet.CIFHandshake{
		IsRequest: true, Version: 4, ExtensionField: 2,
		InitialPacketSequenceNumber: circular.New(0, packet.MAX_SEQUENCENUMBER),
		MaxTransmissionUnitSize:     mtu, MaxFlowWindowSize: window, HandshakeType: packet.HSTYPE_INDUCTION, SRTSocketId: random(),
	}))
}

// agree concludes the handshake: streamid, latency and key are told, and what
// the listener says to them is put into words.
func (s *Session) agree(ctx context.Context) error {
	got := s.conn.cookie
	if got.Version != 5 || got.ExtensionField != magic {
		return rejected(1008)
	}
	if s.target.passphrase != "" {
		length := s.target.keyLength
		if n := int(got.EncryptionField); n >= 2 && n <= 4 { // what the listener insists on
			length = 8 * n
		}
		var err error
		if s.keys, err = crypto.New(length); err != nil {
			return openFault(err)
		}
	}
	ask, err := s.conclusion(got.SynCookie)
	if err != nil {
		return openFault(err)
	}
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = s.conn.SetDeadline(time.Unix(1, 0)) })
	cif, err := exchange(ctx, s.conn.Conn, ask, func(p *packet.CIFHandshake) bool {
		return p.HandshakeType != packet.HSTYPE_INDUCTION // a late answer to a probe
	})
	if !stop() && err == nil {
		err = ctx.Err()
	}
	switch {
	case err != nil:
		return openFault(err)
	case cif.HandshakeType != packet.HSTYPE_CONCLUSION:
		return rejected(cif.HandshakeType.Val())
	case cif.SRTHS == nil:
		return rejected(1008)
	case s.keys != nil && (cif.SRTKM == nil || cif.SRTKM.Error != 0):
		return rejected(1010)
	}
	s.peer = cif.SRTSocketId
	s.latency = max(s.target.latency, time.Duration(cif.SRTHS.RecvTSBPDDelay)*time.Millisecond)
	return nil
}

func (s *Session) conclusion(cookie uint32) ([]byte, error) {
	delay := uint16(s.target.latency.Milliseconds())
	cif := &packet.CIFHandshake{
		IsRequest: true, Version: 5, HandshakeType: packet.HSTYPE_CONCLUSION, SRTSocketId: s.id, SynCookie: cookie,
		InitialPacketSequenceNumber: s.first, MaxTransmissionUnitSize: mtu, MaxFlowWindowSize: window,
		HasHS: true, SRTHS: &packet.CIFHandshakeExtension{
			SRTVersion:     version,
			SRTFlags:       packet.CIFHandshakeExtensionFlags{TSBPDSND: true, TSBPDRCV: true, CRYPT: true, TLPKTDROP: true, PERIODICNAK: true, REXMITFLG: true},
			RecvTSBPDDelay: delay, SendTSBPDDelay: delay,
		},
		HasSID: s.target.stream != "", StreamId: s.target.stream,
	}
	cif.PeerIP.FromNetAddr(s.conn.LocalAddr().(*net.UDPAddr))
	if s.keys != nil {
		cif.HasKM, cif.SRTKM = true, &packet.CIFKeyMaterialExtension{}
		if err := s.keys.MarshalKM(cif.SRTKM, s.target.passphrase, packet.EvenKeyEncrypted); err != nil {
			return nil, err
		}
	}
	return marshal(control(packet.CTRLTYPE_HANDSHAKE, oursOnly, s.stamp(), cif)), nil
}
