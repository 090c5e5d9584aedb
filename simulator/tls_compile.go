package simulator

import (
	"errors"
	"fmt"

	"github.com/badgateway/badgateway/simulator/authority"
)

// secure makes ready what comes before the first request of a connection.
func (c *compiler) secure() error {
	e := c.gen.plan.Endpoint
	c.gen.prologue = e.TLS != nil || e.ProxyProtocol != nil
	c.gen.leaves = c.gen.leaves || c.unix && e.resetsEarly()
	if e.TLS == nil {
		return nil
	}
	var err error
	c.gen.tls, err = c.setup(*e.TLS)
	return err
}

// setup makes a certificate, once for all handshakes of a plan with the same settings.
func (t traits) setup(s TLS) (*tlsSetup, error) {
	if t.http2 && s.ALPN == nil { // who offers h2 and is not answered speaks HTTP/1 (RFC 9113, 3.2)
		s.ALPN = []string{"h2"}
	}
	key := fmt.Sprintf("%+v", s)
	if made := t.setups[key]; made != nil {
		return made, nil
	}
	sign := t.sign
	if sign == nil { // a plan that is only checked
		sign = authority.New
	}
	made, err := s.prepare(sign)
	if err == nil {
		t.setups[key] = made
	}
	return made, err
}

// resetsEarly tells whether the endpoint itself may reset a connection, for which a unix socket needs unread input.
func (e Endpoint) resetsEarly() bool {
	return e.TLS != nil && e.TLS.Plaintext == PlainRST || e.ProxyProtocol != nil && e.ProxyProtocol.Missing == MissingRST
}

var errNoTLS = errors.New("the endpoint speaks no TLS; declare endpoint: {tls: good}")

// needHello is the error of a step that must come before the handshake.
func (b *builder) needHello(step string) error {
	switch {
	case b.shaken || b.tls != nil && !b.connScope:
		return errors.New(step + ": the handshake is over here; it belongs into the script of a connection rule")
	case b.alerted:
		return errors.New(step + ": no handshake comes after a fatal alert")
	}
	return nil
}
