package simulator

import "encoding/binary"

// flightEffect acts on the bytes of the server's answer to the ClientHello.
type flightEffect struct {
	step  string
	hello bool  // counted from the end of the ServerHello's record instead of the answer's first byte
	plus  int64 // bytes
	run   func(*conn) error
	slow  *dribble // the whole answer is sent in pieces; then nothing else is set
	met   bool
}

// writeFlight sends a part of the handshake and does what the script has at its places.
func (w *wire) writeFlight(p []byte) (int, error) {
	if w.sent == 0 && len(p) >= recordHeader && p[0] == recordHandshake {
		w.hello = recordHeader + int64(binary.BigEndian.Uint16(p[3:]))
	}
	if len(p) == recordHeader+2 && p[0] == recordAlert {
		w.alert = Alert(p[recordHeader+1])
	}
	all, begin := len(p), w.sent
	flight := w.c.secure.flight
	for i := range flight {
		f := &flight[i]
		at := f.plus
		if f.hello {
			at += w.hello
		}
		if f.met || f.slow != nil || at < w.sent || at > begin+int64(all) || w.hello == 0 {
			continue
		}
		f.met = true
		cut := int(at - w.sent)
		if err := w.putSlow(p[:cut]); err != nil {
			return int(w.sent - begin), err
		}
		p = p[cut:]
		w.c.log(&Entry{Kind: KindHandshake, TLS: w.c.handshakeEntry(HandshakeHeld), Bytes: w.sent, Step: f.step})
		if err := f.run(w.c); err != nil {
			return int(w.sent - begin), err
		}
	}
	err := w.putSlow(p)
	return int(w.sent - begin), err
}

// putSlow sends at once, or in pieces where the script wants that.
func (w *wire) putSlow(p []byte) error {
	flight := w.c.secure.flight
	for i := range flight {
		if slow := flight[i].slow; slow != nil {
			flight[i].met = true
			return w.pieces(p, slow)
		}
	}
	_, err := w.put(p)
	return err
}

func (w *wire) pieces(p []byte, slow *dribble) error {
	for len(p) > 0 {
		n := min(len(p), int(slow.Size))
		if _, err := w.put(p[:n]); err != nil {
			return err
		}
		p = p[n:]
		if err := w.c.park(w.c.schedule(slow.Gap), nil); err != nil {
			return err
		}
	}
	return nil
}
