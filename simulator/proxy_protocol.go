package simulator

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"github.com/pires/go-proxyproto"
	"go.yaml.in/yaml/v3"
)

// ProxyProtocol says that connections begin with a PROXY header (the protocol of HAProxy's proxy-protocol.txt), before TLS
// and requests. In YAML required or optional alone stands for a map with that need.
type ProxyProtocol struct {
	Need    ProxyNeed    `yaml:"need,omitempty"`    // required when empty
	Version int          `yaml:"version,omitempty"` // 1 or 2; 0 is both
	Missing MissingProxy `yaml:"missing,omitempty"` // what a connection without a header gets that needs one; fin when empty
}

// ProxyNeed is whether the header must be there.
type ProxyNeed string

// The needs. With ProxyOptional a connection without a header is served as it is.
const (
	ProxyRequired ProxyNeed = "required"
	ProxyOptional ProxyNeed = "optional"
)

// MissingProxy is how a connection ends that lacks the header. Section 2 of the protocol lets a receiver only close it.
type MissingProxy string

// The ends. nginx in front of a listener with "listen … proxy_protocol" logs "upstream prematurely closed connection while reading
// response header from upstream", or "recv() failed (104: Connection reset by peer)" where the listener closes with input unread.
const (
	MissingFIN MissingProxy = "fin"
	MissingRST MissingProxy = "rst"
)

// ProxyHeader is what the journal tells of a PROXY header.
type ProxyHeader struct {
	Version     int    `json:"version"`
	Command     string `json:"command"`               // PROXY, or LOCAL for the proxy's own checks
	Source      string `json:"source,omitempty"`      // the client
	Destination string `json:"destination,omitempty"` // what the client addressed
}

// String is the header in words: "v1 PROXY 192.0.2.1:5 to 192.0.2.2:80".
func (h *ProxyHeader) String() string {
	if h.Source == "" {
		return fmt.Sprintf("v%d %s", h.Version, h.Command)
	}
	return fmt.Sprintf("v%d %s %s to %s", h.Version, h.Command, h.Source, h.Destination)
}

// DecodeStrict also takes the need alone.
func (p *ProxyProtocol) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode && !strictyaml.IsNull(node) {
		p.Need = ProxyNeed(node.Value)
	} else {
		type plain ProxyProtocol
		if err := d.Decode(node, (*plain)(p)); err != nil {
			return err
		}
	}
	if err := p.check(); err != nil {
		return d.Errorf(node, "%w", err)
	}
	return nil
}

func (p *ProxyProtocol) check() error {
	switch {
	case p.Need != "" && p.Need != ProxyRequired && p.Need != ProxyOptional:
		return fmt.Errorf("proxy_protocol: %q is neither required nor optional", string(p.Need))
	case p.Version < 0 || p.Version > 2:
		return fmt.Errorf("proxy_protocol: version %d is neither 1 nor 2", p.Version)
	case p.Missing != "" && p.Missing != MissingFIN && p.Missing != MissingRST:
		return fmt.Errorf("proxy_protocol: missing: %q is neither fin nor rst", string(p.Missing))
	}
	return nil
}

var (
	proxyV1 = []byte("PROXY ")
	proxyV2 = []byte("\r\n\r\n\x00\r\nQUIT\n")
)

const (
	proxyV1Max  = 107 // with its line end (section 2.1)
	proxyV2Head = 16  // signature, version and command, family, length (section 2.2)
)

// proxyLength finds the header at the start of b: it ends at n, which is 0 while more is to come. Without a header version is 0.
func proxyLength(b []byte) (n, version int) {
	switch {
	case bytes.HasPrefix(b, proxyV1):
		if end := bytes.Index(b[:min(len(b), proxyV1Max)], []byte("\r\n")); end >= 0 {
			return end + 2, 1
		}
		if len(b) >= proxyV1Max {
			return 0, 0
		}
		return 0, 1
	case bytes.HasPrefix(b, proxyV2):
		if len(b) < proxyV2Head {
			return 0, 2
		}
		if n := proxyV2Head + int(binary.BigEndian.Uint16(b[14:])); len(b) >= n {
			return n, 2
		}
		return 0, 2
	case bytes.HasPrefix(proxyV1, b):
		return 0, 1
	case bytes.HasPrefix(proxyV2, b):
		return 0, 2
	}
	return 0, 0
}

// awaitProxy reads the PROXY header where the endpoint wants one. What follows it stays in the input.
func (c *conn) awaitProxy() error {
	p := c.gen.plan.Endpoint.ProxyProtocol
	if p == nil || c.proxied {
		return nil
	}
	c.proxied = true
	for {
		b := c.in.buf[c.in.r:c.in.w]
		n, version := proxyLength(b)
		if version == 0 || len(b) > 0 && p.Version != 0 && version != p.Version {
			return c.proxyMissing(p, fmt.Errorf("%q", clip(b)))
		}
		if n > 0 {
			header, err := proxyproto.Read(bufio.NewReader(bytes.NewReader(b[:n])))
			if err != nil {
				return c.proxyMissing(p, err)
			}
			c.in.r += n
			c.log(&Entry{Kind: KindProxy, Proxy: describeProxy(header)})
			return nil
		}
		if err := c.fill(time.Time{}); err != nil {
			return err
		}
	}
}

func describeProxy(h *proxyproto.Header) *ProxyHeader {
	out := &ProxyHeader{Version: int(h.Version), Command: "PROXY"}
	if h.Command.IsLocal() {
		out.Command = "LOCAL"
	}
	if h.SourceAddr != nil {
		out.Source = h.SourceAddr.String()
	}
	if h.DestinationAddr != nil {
		out.Destination = h.DestinationAddr.String()
	}
	return out
}

func (c *conn) proxyMissing(p *ProxyProtocol, why error) error {
	c.log(&Entry{Kind: KindProxy, Text: "no PROXY header: " + why.Error()})
	switch {
	case p.Need == ProxyOptional:
		return nil
	case p.Missing == MissingRST:
		return c.reset()
	default:
		return c.lingerClose()
	}
}
