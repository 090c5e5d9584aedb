package faults

import "slices"

// Protocols that a fault can be spoken in, and transports that it can come over.
const (
	HTTP    = "http"
	HTTP2   = "http2" // without TLS, as nginx speaks it with grpc_pass
	FastCGI = "fastcgi"
	UWSGI   = "uwsgi"

	TCP  = "tcp"
	Unix = "unix"
	TLS  = "tls" // over TCP
)

// Place is one protocol over one transport.
type Place struct{ Protocol, Transport string }

// String is "http-tcp".
func (p Place) String() string { return p.Protocol + "-" + p.Transport }

func places(protocols, transports []string) (list []Place) {
	for _, p := range protocols {
		for _, t := range transports {
			list = append(list, Place{p, t})
		}
	}
	return list
}

// with is the list and some more places; the list stays as it is.
func with(list []Place, more ...Place) []Place { return slices.Concat(list, more) }

var (
	secure = Place{HTTP, TLS}
	grpc   = Place{HTTP2, TCP}
)

// The places of most faults.
var (
	anywhere   = places([]string{HTTP, FastCGI, UWSGI}, []string{TCP, Unix})
	everywhere = with(places([]string{HTTP, FastCGI, UWSGI}, []string{TCP, Unix}), secure, grpc) // and in HTTP/2
	overTCP    = places([]string{HTTP, FastCGI, UWSGI}, []string{TCP})
	overUnix   = places([]string{HTTP, FastCGI, UWSGI}, []string{Unix})
	httpOnly   = places([]string{HTTP}, []string{TCP, Unix})
	httpTLS    = places([]string{HTTP}, []string{TCP, Unix, TLS})
	fastCGIAll = places([]string{FastCGI}, []string{TCP, Unix})
	uwsgiAll   = places([]string{UWSGI}, []string{TCP, Unix})
	kept       = places([]string{HTTP, FastCGI}, []string{TCP, Unix}) // uwsgi ends a connection with each answer
	keptTCP    = places([]string{HTTP, FastCGI}, []string{TCP})
	plainHTTP  = []Place{{HTTP, TCP}}
	tlsOnly    = []Place{secure}
	grpcOnly   = []Place{grpc}
)
