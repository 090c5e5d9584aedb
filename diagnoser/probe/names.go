package probe

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// nameWait is how long a name server may take.
const nameWait = 2 * time.Second

// AskNames asks name servers for the A and AAAA records of names, over UDP as nginx does first, and answers two Names
// for each question. A server that cannot be asked has the status "timeout" or "refused".
func AskNames(ctx context.Context, questions []evidence.NameQuestion) []evidence.Name {
	all := make([]evidence.Name, 2*len(questions))
	var asked sync.WaitGroup
	for i, q := range questions {
		asked.Go(func() { all[2*i] = askName(ctx, q, dns.TypeA) })
		asked.Go(func() { all[2*i+1] = askName(ctx, q, dns.TypeAAAA) })
	}
	asked.Wait()
	return all
}

func askName(ctx context.Context, q evidence.NameQuestion, kind uint16) evidence.Name {
	n := evidence.Name{Name: q.Name, Server: q.Server, Type: dns.TypeToString[kind]}
	client := dns.Client{Timeout: nameWait}
	m, _, err := client.ExchangeContext(ctx, new(dns.Msg).SetQuestion(dns.Fqdn(q.Name), kind), q.Server)
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		n.Status = "timeout"
	case err != nil:
		n.Status = "refused"
	case m.Rcode != dns.RcodeSuccess:
		n.Status = dns.RcodeToString[m.Rcode]
	default:
		for _, rr := range m.Answer {
			switch r := rr.(type) {
			case *dns.A:
				n.Addresses = append(n.Addresses, r.A.String())
			case *dns.AAAA:
				n.Addresses = append(n.Addresses, r.AAAA.String())
			}
		}
	}
	return n
}
