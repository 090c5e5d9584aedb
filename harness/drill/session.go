package drill

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/badgateway/badgateway/containers"
	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/scenario"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// Session is one drill under way. Its steps are called in the order Symptom,
// Diagnose, Traps, Recover; each returns what did not match, and an error only
// when it could not be carried out. Traps come before the remedy, because each leaves the
// fault in place: nothing has to be broken a second time.
type Session struct {
	scenario.Drill
	Proxy    Proxy
	Result   Result
	First    Observation       // of the symptom
	Evidence evidence.Evidence // what the diagnosis was made from
	Report   *diagnoser.Report
	Sprung   []Sprung // the traps, with what was seen under each
	moments  []Moment // of the symptom, as client and upstreams saw it

	env      *Environment
	pod      *Pod
	client   *sidecar.Client    // of the pod
	conf     string             // the configuration as given
	tag      string             // of this drill's requests
	denied   bool               // the host's policy forbids the proxy to connect
	spare    *ahead             // the pod in which it does not
	backends map[string]*server // the real ones
	ordered  map[string]bool    // those that are up after a boot before the proxy is asked
	mark     int64              // where the log was when the world was made: evidence begins there
	refusal  string             // of the configuration, in the words of the proxy\'s own test
	edited   bool               // a trap has changed the configuration
	kept     bool               // the pod stays for a person; not before it is as declared
	begin    time.Time

	left  []chan error // one for each pod that is being given back
	all   Mismatches   // of every step so far
	done  []StepResult // the steps that could be carried out
	steps int          // that there are

	exhibits map[string]string // of a drill that did not do as declared
}

// Start brings a pod up with the fault in it.
func (env *Environment) Start(ctx context.Context, d scenario.Drill, p Proxy) (*Session, error) {
	s, err := env.begin(ctx, Job{Drill: d, Proxy: p})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (env *Environment) newSession(j Job) *Session {
	tag := make([]byte, 4)
	rand.Read(tag)
	return &Session{
		Drill: j.Drill, Proxy: j.Proxy, env: env, begin: time.Now(), tag: hex.EncodeToString(tag), denied: j.Host.Deny != "",
		Result: newResult(j.Drill, j.Proxy), ordered: map[string]bool{}, steps: len(j.Steps()),
	}
}

// begin is Start with a session that has an account of what went wrong. With an error it is closed.
func (env *Environment) begin(ctx context.Context, j Job) (*Session, error) {
	s := env.newSession(j)
	pod := env.openAhead(ctx, env.spec(j.Drill, j.Proxy, s.denied))
	_, seen, err := s.measured(ctx, func(ctx context.Context) (Mismatches, error) { return nil, s.up(ctx, pod) })
	s.account("starts", err != nil, seen)
	if err != nil {
		s.all = append(s.all, Mismatch{Step: "starts", Want: "the broken world", Got: err.Error()})
		return s, errors.Join(fmt.Errorf("start: %w", err), pod.close(context.WithoutCancel(ctx)), s.Close(context.WithoutCancel(ctx)))
	}
	s.kept = env.Keep
	return s, nil
}

// up makes the world as the scenario declares it, in a pod that nothing is left in.
func (s *Session) up(ctx context.Context, pod *ahead) (err error) {
	if s.conf, err = s.env.Catalogue.Text(s.Scenario, s.Conf()); err != nil {
		return err
	}
	if s.denied && !s.env.Keep {
		s.spare = s.env.openAhead(ctx, s.env.spec(s.Drill, s.Proxy, false))
	}
	fresh, err := pod.take()
	if err != nil {
		return err
	}
	return s.enter(ctx, fresh)
}

// spec is the pod that a drill needs.
func (env *Environment) spec(d scenario.Drill, p Proxy, denied bool) podSpec {
	spec := podSpec{
		containers.PodSpec{Sidecar: env.sidecar, Keep: env.Keep, Lease: lease, Sysctls: d.Host.Sysctls},
		containers.ProxySpec{Image: p.Image, DenyConnect: denied}, nil,
		boots(d), // where the machine starts, the proxy starts with it
	}
	for _, kind := range scenario.Backends([]scenario.Drill{d}) {
		// Over TCP nobody looks at the volume, but the pod serves drills over unix sockets as well.
		spec.proxy.Share, spec.backends = true, append(spec.backends, env.Backends[kind])
	}
	if env.Keep {
		spec.Publish = sidecar.ProxyPort
	}
	return spec
}

// enter makes the declared world in a pod whose proxy has just started.
func (s *Session) enter(ctx context.Context, p *Pod) error {
	s.pod, s.client = p, p.Client
	if err := p.ready(ctx, s.Proxy); err != nil {
		return err
	}
	return s.breakIt(ctx)
}

func (s *Session) breakIt(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(s.Upstreams)) {
		if err := s.startUpstream(ctx, name, s.Upstreams[name]); err != nil {
			return err
		}
	}
	return s.breakHost(ctx)
}

// breakHost makes what is declared of the machine, gives the proxy its configuration and marks the log.
func (s *Session) breakHost(ctx context.Context) error {
	for _, n := range s.Names.All() {
		if err := s.name(ctx, n); err != nil {
			return err
		}
	}
	if len(s.Host.Kernel)+len(s.Host.Addresses) > 0 {
		if err := s.client.Break(ctx, sidecar.Kernel{Faults: s.Host.Kernel, Addresses: s.Host.Addresses}); err != nil {
			return err
		}
	}
	if len(s.Host.Files) > 0 {
		if err := s.client.Files(ctx, s.Host.Files); err != nil {
			return err
		}
	}
	if s.Drill.Symptom().Refused != "" {
		return s.refused(ctx)
	}
	if err := s.configure(ctx, s.conf); err != nil {
		return err
	}
	var err error
	s.mark, err = s.client.Mark(ctx)
	return err
}

// refused gives the proxy a configuration that it must not take. It stays in its place, as after
// an edit by hand and a restart that failed.
func (s *Session) refused(ctx context.Context) (err error) {
	if s.mark, err = s.client.Mark(ctx); err != nil {
		return err
	}
	err = s.configure(ctx, s.conf)
	if !s.asRefused(err) {
		return fmt.Errorf("the proxy was to refuse the configuration with %q, got %w", s.Drill.Symptom().Refused, cmp.Or(err, errors.New("no error")))
	}
	var wrong *WrongScenario
	if errors.As(err, &wrong) {
		s.refusal = wrong.said
	}
	return s.client.Files(ctx, []scenario.File{{Path: sidecar.ConfigPath, Text: s.conf}})
}

// asRefused tells whether the proxy refuses a configuration in the way that the symptom says.
func (s *Session) asRefused(err error) bool {
	want := s.Drill.Symptom().Refused
	return err != nil && want != "" && strings.Contains(err.Error(), want)
}

func (s *Session) startFake(ctx context.Context, name string, u scenario.Upstream) error {
	plan, err := scenario.PlanText(u.Plan)
	if err != nil {
		return err
	}
	return s.client.Start(ctx, name, sidecar.Upstream{Listen: s.Listen(u), Protocol: s.SpokenBy(u), Plan: plan})
}

// name gives one of the pod's DNS servers its plan.
func (s *Session) name(ctx context.Context, n scenario.Names) error {
	plan, err := scenario.PlanText(n.Plan)
	if err != nil {
		return err
	}
	return s.client.Names(ctx, sidecar.Names{Listen: n.Listen, Plan: plan})
}

// configure names the scenario's own file when the proxy rejects the configuration.
func (s *Session) configure(ctx context.Context, text string) error {
	err := s.client.Configure(ctx, sidecar.Config{Files: map[string]string{sidecar.ConfigPath: text}})
	var refused *sidecar.Refused
	if errors.As(err, &refused) {
		return rejected(s.env.Catalogue.Path(s.Scenario, s.Conf()), refused)
	}
	return err
}

// leave gives the pod back while the drill goes on; Close waits for it.
func (s *Session) leave() {
	done := make(chan error, 1)
	s.left = append(s.left, done)
	p := s.pod
	s.pod, s.backends = nil, nil
	go func() { done <- s.env.giveBack(context.Background(), p) }()
}

// down gives the pod back. One in which something was not as declared is nothing for another drill.
func (s *Session) down(ctx context.Context) error {
	p := s.pod
	if s.kept || p == nil {
		return nil
	}
	s.pod = nil
	if len(s.all) > 0 || len(s.done) < s.steps {
		return p.Close(ctx)
	}
	return s.env.giveBack(ctx, p)
}

// Close ends the drill in its pod, unless it is kept, and completes the result.
func (s *Session) Close(ctx context.Context) error {
	err := errors.Join(s.down(ctx), s.spare.close(ctx))
	for _, done := range s.left {
		err = errors.Join(err, <-done)
	}
	s.Result.Seconds = time.Since(s.begin).Round(time.Millisecond).Seconds()
	if err != nil {
		s.all = append(s.all, Mismatch{Step: "ends", Want: "nothing left", Got: err.Error()})
	}
	s.Result.Mismatches = s.all
	s.Result.Verdict = s.verdict(err)
	return err
}

func (s *Session) verdict(err error) Verdict {
	switch {
	case s.Result.Disturbed != "":
		return Inconclusive
	case err == nil && len(s.all) == 0 && len(s.done) >= s.steps:
		return Passed
	}
	return Failed
}

// Address is where the proxy of a kept pod answers.
func (s *Session) Address() string { return "http://" + s.pod.Published + "/" }

// Container is the id of the proxy's container.
func (s *Session) Container() string { return s.pod.Proxy }
