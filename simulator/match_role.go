package simulator

import (
	"fmt"

	"github.com/badgateway/badgateway/simulator/fastcgi"
)

type roleMatch string

// Role holds for FastCGI requests that ask the application to be a responder, an authorizer or a filter (section 5.1).
func Role(name string) Match { return roleMatch(name) }

var _ = registerMatch("role", "role: authorizer", "what a FastCGI request asks for: responder, authorizer or filter", matchArgument[roleMatch])

var roles = map[string]fastcgi.Role{"responder": fastcgi.Responder, "authorizer": fastcgi.Authorizer, "filter": fastcgi.Filter}

func (m roleMatch) compile(s matchScope) (test, error) {
	role, ok := roles[string(m)]
	if !ok {
		return nil, fmt.Errorf("role: %q is none of authorizer, filter, responder", string(m))
	}
	return exchangeTest(s, "role", func(f *facts) bool { return f.req.role == role })
}
