package faults

import (
	"time"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/dns"
	"github.com/badgateway/badgateway/simulator/strictyaml"
	wire "github.com/miekg/dns"
)

// Backend is the name of the application in the plans of DNS servers.
const Backend = "app.test"

// NameAnswer is a DNS server that gives each query for Backend this answer.
//
// nginx: "app.test could not be resolved (3: Host not found)", and (2: Server failure), (5: Operation refused), (110: Operation timed out).
func NameAnswer(a dns.Answer) *dns.Plan {
	return &dns.Plan{Rules: []dns.Rule{{Name: Backend, Answer: a}}}
}

// NoNameServer is a DNS server that does not listen on UDP.
//
// nginx: "recv() failed (111: Connection refused) while resolving", and then as with silence.
func NoNameServer() *dns.Plan {
	return &dns.Plan{Refuse: []dns.Transport{dns.UDP}}
}

// TruncatedName answers over UDP that the answer does not fit, and over TCP in full, or not at all (RFC 7766, 5).
func TruncatedName(full bool) *dns.Plan {
	overTCP := dns.Answer{Close: true}
	if full {
		overTCP = address("127.0.0.1", time.Second)
	}
	return &dns.Plan{Rules: []dns.Rule{
		{Name: Backend, Transport: dns.UDP, Answer: dns.Answer{Truncate: true}},
		{Name: Backend, Transport: dns.TCP, Answer: overTCP},
	}}
}

// MovedName gives an address at which nothing listens any more, to be kept for ttl.
//
// nginx: "connect() failed (111: Connection refused) while connecting to upstream".
func MovedName(ttl time.Duration) *dns.Plan { return NameAnswer(address("127.0.0.3", ttl)) }

func address(ip string, ttl time.Duration) dns.Answer {
	record, err := dns.ParseRecord("A " + ip)
	if err != nil {
		panic("faults: " + err.Error()) // addresses are constants of this package
	}
	return dns.Answer{Answers: []dns.Record{record}, TTL: ttl}
}

// unresolved is a 502 whose line names the code of the resolver.
func unresolved(result, log string) Outcome {
	return Outcome{Status: 502, Phase: resolving, Result: result, Log: "app.test could not be resolved (" + log + ")"}
}

var unanswered = unresolved(timedOut, "110: Operation timed out")

// name declares a fault of the DNS server, behind which the application is well.
func name(name, cause string, p *dns.Plan, doc string, o Outcome) bool {
	return register(Fault{
		Name: name, Cause: cause, Places: plainHTTP, plan: always(&simulator.Plan{}), Names: p, Doc: doc,
		Source: "ngx_resolver_process_response (ngx_resolver.c), ngx_http_upstream_resolve_handler (ngx_http_upstream.c)", Outcomes: []Outcome{o},
	})
}

var _ = name("name-missing", "dns-name-missing", NameAnswer(dns.Answer{Code: wire.RcodeNameError}),
	"The name server answers NXDOMAIN.", unresolved(notFound, "3: Host not found"))
var _ = name("name-without-address", "dns-name-missing", NameAnswer(dns.Answer{}),
	"The name server answers NOERROR without an address (RFC 2308, 2.2).", unresolved(notFound, "3: Host not found"))
var _ = name("name-server-failure", "dns-server-failure", NameAnswer(dns.Answer{Code: wire.RcodeServerFailure}),
	"The name server answers SERVFAIL.", unresolved(invalid, "2: Server failure"))
var _ = name("name-refused", "dns-server-failure", NameAnswer(dns.Answer{Code: wire.RcodeRefused}),
	"The name server answers REFUSED.", unresolved(refused, "5: Operation refused"))
var _ = name("name-server-silent", "resolver-unreachable", NameAnswer(dns.Answer{Silent: true}),
	"The name server does not answer.", unanswered)
var _ = name("name-server-down", "resolver-unreachable", NoNameServer(),
	"Nothing listens at the name server's port: the kernel answers with ICMP port unreachable.", unanswered)
var _ = name("name-other-id", "resolver-unreachable", NameAnswer(dns.Answer{WrongID: true, Answers: address("127.0.0.1", time.Second).Answers}),
	"The name server answers another query than was asked (RFC 5452, 4).", unanswered)
var _ = name("name-truncated", "", TruncatedName(true),
	"The answer does not fit over UDP, and is given over TCP.", served)
var _ = name("name-truncated-no-tcp", "resolver-unreachable", TruncatedName(false),
	"The answer does not fit over UDP, and over TCP the name server closes.", unanswered)
var _ = name("name-moved", "stale-upstream-ip", MovedName(300*time.Second),
	"The name server gives an address at which the application is no more.",
	Outcome{Status: 502, Phase: connecting, Result: refused, Errno: econnrefused, Log: "connect() failed (111: Connection refused) while connecting to upstream"})

var _ = register(Fault{
	Name: "name-kept", Cause: "stale-upstream-ip", Places: plainHTTP, plan: always(&simulator.Plan{}),
	Names: &dns.Plan{Rules: []dns.Rule{
		{Name: Backend, Query: strictyaml.Ordinals{From: 1, To: 1}, Answer: address("127.0.0.3", 300*time.Second)},
		{Name: Backend, Answer: address("127.0.0.1", time.Second)},
	}},
	Doc:    "The application has moved, and the name server knows: but its old answer is good for 300 s, and the proxy keeps it.",
	Source: "ngx_resolver_process_a (ngx_resolver.c): an answer is kept for its TTL, unless valid= says otherwise", Needs: Needs{Before: 1},
	Outcomes: []Outcome{refusal},
})
