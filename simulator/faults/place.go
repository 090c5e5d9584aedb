package faults

// Protocols that a fault can be spoken in, and transports that it can come over.
const (
	HTTP    = "http"
	FastCGI = "fastcgi"
	UWSGI   = "uwsgi"

	TCP  = "tcp"
	Unix = "unix"
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

// The places of most faults.
var (
	anywhere   = places([]string{HTTP, FastCGI, UWSGI}, []string{TCP, Unix})
	overTCP    = places([]string{HTTP, FastCGI, UWSGI}, []string{TCP})
	overUnix   = places([]string{HTTP, FastCGI, UWSGI}, []string{Unix})
	httpOnly   = places([]string{HTTP}, []string{TCP, Unix})
	fastCGIAll = places([]string{FastCGI}, []string{TCP, Unix})
	uwsgiAll   = places([]string{UWSGI}, []string{TCP, Unix})
	kept       = places([]string{HTTP, FastCGI}, []string{TCP, Unix}) // uwsgi ends a connection with each answer
	keptTCP    = places([]string{HTTP, FastCGI}, []string{TCP})
)
