package simulator_test

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator"
	"github.com/summerwind/h2spec/config"
	"github.com/summerwind/h2spec/generic"
	"github.com/summerwind/h2spec/hpack"
	"github.com/summerwind/h2spec/http2"
	"github.com/summerwind/h2spec/spec"
)

// Plans that give h2spec all that it needs to leave no case out: a limit of streams, and a body of
// five bytes.
var h2specPlans = map[string]string{
	"cleartext": `
connections: [{script: [{settings: {max_concurrent_streams: 20}}]}]
default: [{respond: {body: hello}}]`,
	"tls": `
endpoint: {tls: good}
connections: [{script: [handshake, {settings: {max_concurrent_streams: 20}}]}]
default: [{respond: {body: hello}}]`,
}

// h2spec, which others wrote to test servers, finds nothing; and what it does wrong is in the
// journal, and nothing else.
func TestH2Spec(t *testing.T) {
	for name, plan := range h2specPlans {
		t.Run(name, func(t *testing.T) {
			for _, group := range []*spec.TestGroup{generic.Spec(), http2.Spec(), hpack.Spec()} {
				h2specGroup(t, group, plan)
			}
		})
	}
}

// violates matches what h2spec requires where it breaks the protocol itself.
var violates = regexp.MustCompile(`error|ERROR|(close|terminate) the TCP connection`)

func h2specGroup(t *testing.T, group *spec.TestGroup, plan string) {
	for i, test := range append(group.Tests, group.StrictTests...) {
		t.Run(fmt.Sprintf("%s/%d", group.ID(), i+1), func(t *testing.T) {
			t.Parallel()
			h2specCase(t, test, plan)
		})
	}
	for _, inner := range group.Groups {
		h2specGroup(t, inner, plan)
	}
}

func h2specCase(t *testing.T, test *spec.TestCase, plan string) {
	srv := start(t, "tcp:127.0.0.1:0", "http2", plan)
	host, port, _ := net.SplitHostPort(strings.TrimPrefix(srv.Addr(), "tcp:"))
	number, _ := strconv.Atoi(port)
	c := &config.Config{Host: host, Port: number, Path: "/", Timeout: patience, MaxHeaderLen: 4000, TLS: strings.Contains(plan, "tls: good"), Insecure: true}
	conn, err := spec.Dial(c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := test.Run(c, conn); err != nil {
		t.Errorf("%s\n%s\n%v", test.Desc, test.Requirement, err)
	}
	entries, _ := srv.Journal(0)
	found := slices.ContainsFunc(entries, func(e simulator.Entry) bool { return e.Kind == simulator.KindMalformed })
	if wrong := violates.MatchString(test.Requirement); found != wrong {
		t.Errorf("%s: a violation is in the journal: %v, want %v", test.Desc, found, wrong)
	}
}
