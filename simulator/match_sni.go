package simulator

import (
	"errors"
	"strings"
)

type sniMatch string

// SNI holds when the client's TLS named this server; a * stands for any text, and "" for no name at all. In a connection rule it
// waits for the ClientHello: nothing is answered before the rule is chosen.
func SNI(pattern string) Match { return sniMatch(pattern) }

var _ = registerMatch("sni", "sni: \"*.test\"", "the server name in the ClientHello; * stands for any text", matchArgument[sniMatch])

func (m sniMatch) compile(s matchScope) (test, error) {
	if s.gen.plan.Endpoint.TLS == nil {
		return nil, errors.New("sni: the endpoint speaks no TLS; declare endpoint: {tls: good}")
	}
	s.gen.hello = s.gen.hello || s.connections
	pattern := strings.ToLower(string(m))
	return func(f *facts) bool { return f.hello != nil && glob(pattern, []byte(f.hello.sni)) }, nil
}

// hello is what the peer's ClientHello said, nil without TLS.
func (c *conn) hello() *hello {
	if c.sub != nil {
		c = c.mux.root
	}
	if c.secure == nil {
		return nil
	}
	return c.secure.hello
}
