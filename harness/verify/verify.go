// Package verify tries a remedy before anybody applies it: it makes the finding's trouble behind a
// real nginx in a pod, with the user's own configuration, and looks whether the trouble is there
// without the edit and gone with it.
package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/containers/nginx"
	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/drill"
	"github.com/badgateway/badgateway/harness/scenario"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// probes is how often each state is asked, where an answer takes no time.
const probes = 3

// Verdict is what trying a remedy showed. Verified is nil where it could not be tried; Proof says
// then what it would need, else what was seen.
type Verdict struct {
	Verified *bool
	Proof    string
}

// Version chooses the nginx of the matrix that is nearest to a proxy's version: the same branch, else the newest.
func Version(of string) string {
	for _, v := range nginx.Versions() {
		if of == v || strings.HasPrefix(of, v+".") {
			return v
		}
	}
	return nginx.Newest()
}

// unable is why a remedy cannot be tried.
type unable struct{ why string }

func (e unable) Error() string { return e.why }

func cannot(format string, args ...any) error { return unable{fmt.Sprintf(format, args...)} }

// Try makes the finding's trouble with the configuration as it is and with the remedy's edits. The
// error says that the environment failed; what cannot be tried is a verdict.
func Try(ctx context.Context, env *drill.Environment, f diagnoser.Finding, r diagnoser.Remedy, config []evidence.File) (Verdict, error) {
	t, err := newTrial(f, r, config)
	if err == nil {
		err = t.run(ctx, env)
	}
	var no unable
	var refused *sidecar.Refused
	switch {
	case errors.As(err, &no):
		return Verdict{Proof: "not verifiable: " + no.why}, nil
	case errors.As(err, &refused):
		return Verdict{Proof: fmt.Sprintf("not verifiable: nginx %s in the pod rejects the configuration: %s", t.version, refused.Reason)}, nil
	case err != nil:
		return Verdict{}, fmt.Errorf("verify %s: %w", f.Cause, err)
	}
	return t.verdict(), nil
}

// trial is one remedy under way.
type trial struct {
	finding       diagnoser.Finding
	recipe        recipe
	before, after *stage
	world         world
	version       string
	hosts         *hosts
	client        *sidecar.Client
	without, with []look
}

// look is one probe and what the proxy logged meanwhile.
type look struct {
	status int
	events []evidence.Event
}

func (l look) bad() bool {
	return l.status == 0 || l.status == 502 || l.status == 504 || len(l.events) > 0
}

func (l look) String() string {
	text := fmt.Sprint(l.status)
	if l.status == 0 {
		text = "no answer"
	}
	if len(l.events) > 0 {
		text += fmt.Sprintf(" (%s, %s)", l.events[0].Phase, l.events[0].Outcome)
	}
	return text
}

func newTrial(f diagnoser.Finding, r diagnoser.Remedy, config []evidence.File) (*trial, error) {
	t := &trial{finding: f, hosts: newHosts()}
	var ok bool
	if t.recipe, ok = recipes[f.Cause]; !ok {
		return t, cannot("no way is known to make %s in a pod with a configuration alone", f.Cause)
	}
	if len(r.Edits) == 0 {
		return t, cannot("%s is no edit of the configuration", r.Action)
	}
	edited, err := editedFiles(config, r.Edits)
	if err != nil {
		return t, cannot("the edit does not fit the configuration: %v", err)
	}
	if t.before, err = newStage(config, f, -1); err != nil {
		return t, err
	}
	if t.after, err = newStage(edited, f, t.before.index); err != nil {
		return t, err
	}
	return t, t.recipe(t)
}

// run tries both states in one pod.
func (t *trial) run(ctx context.Context, env *drill.Environment) error {
	before, err := t.before.files(t.hosts)
	if err != nil {
		return err
	}
	after, err := t.after.files(t.hosts)
	if err != nil {
		return err
	}
	targets, err := t.after.targets(t.hosts)
	if err != nil {
		return err
	}
	proxy := env.Proxies[len(env.Proxies)-1] // the newest
	t.version = proxy.Version
	pod, err := env.StartPod(ctx, proxy, ipv6)
	if err != nil {
		return err
	}
	defer pod.Close(context.WithoutCancel(ctx))
	t.client = pod.Client
	if err := t.furnish(ctx, targets, before, after); err != nil {
		return err
	}
	if t.without, err = t.state(ctx, before); err != nil {
		return err
	}
	if !slices.ContainsFunc(t.without, look.bad) {
		return nil // the edit has nothing to show
	}
	t.with, err = t.state(ctx, after)
	return err
}

// furnish makes files, names and backends.
func (t *trial) furnish(ctx context.Context, targets []evidence.Target, before, after map[string]string) error {
	var files []scenario.File
	for _, name := range []string{"/etc/nginx/conf.d/default.conf", imageSite} {
		files = append(files, scenario.File{Path: name}) // the image's own site
	}
	files = append(files, scenario.File{Path: "/etc/hosts", Text: t.hosts.text()})
	for _, set := range []map[string]string{before, after} {
		for name := range set {
			if name != sidecar.ConfigPath {
				files = append(files, scenario.File{Path: name})
			}
		}
	}
	for _, target := range targets {
		if target.Network == "unix" {
			files = append(files, scenario.File{Path: target.Address[:strings.LastIndexByte(target.Address, '/')], Dir: true})
		}
	}
	if err := t.client.Files(ctx, files); err != nil {
		return err
	}
	for i, target := range targets {
		protocol, plan, err := played(target.Protocol, t.world.plan)
		if err != nil {
			return err
		}
		listen := target.Network + ":" + target.Address
		if err := t.client.Start(ctx, fmt.Sprintf("u%d", i), sidecar.Upstream{Listen: listen, Protocol: protocol, Plan: plan}); err != nil {
			return cannot("a backend at %s cannot be played: %v", target, err)
		}
		t.world.names = append(t.world.names, fmt.Sprintf("u%d", i))
	}
	return nil
}

// ipv6 gives the pod's interfaces addresses of it: without one that is not a loopback's, getaddrinfo(3) with
// AI_ADDRCONFIG, as nginx calls it, answers none for localhost.
var ipv6 = map[string]string{"net.ipv6.conf.all.disable_ipv6": "0", "net.ipv6.conf.default.disable_ipv6": "0", "net.ipv6.conf.lo.disable_ipv6": "0"}

// played is what the simulator calls a protocol, with TLS in the plan where the proxy speaks it.
func played(protocol, plan string) (string, string, error) {
	encrypted := protocol == "https" || protocol == "grpcs"
	switch protocol {
	case "http", "https":
		protocol = "http"
	case "fastcgi", "uwsgi":
	case "grpc", "grpcs":
		protocol = "http2"
	default:
		return "", "", cannot("the simulator does not speak %s", protocol)
	}
	if encrypted && !strings.Contains(plan, "tls:") {
		plan = strings.TrimSpace("endpoint: {tls: good}\n" + plan)
	}
	return protocol, plan, nil
}

// state loads one configuration and looks.
func (t *trial) state(ctx context.Context, files map[string]string) (all []look, err error) {
	if err := t.client.Configure(ctx, sidecar.Config{Files: files}); err != nil {
		return nil, err
	}
	for range t.world.times() {
		l, err := t.look(ctx)
		if err != nil {
			return nil, err
		}
		if all = append(all, l); l.bad() {
			break
		}
	}
	return all, nil
}

func (t *trial) look(ctx context.Context) (look, error) {
	if before := t.world.acts(); len(before) > 0 {
		if _, err := t.client.Probe(ctx, sidecar.Look{Before: before, Tag: "verify"}); err != nil {
			return look{}, err
		}
	}
	mark, err := t.client.Mark(ctx)
	if err != nil {
		return look{}, err
	}
	seen, err := t.client.Probe(ctx, sidecar.Look{Request: t.request(), Tag: "verify"})
	if err != nil {
		return look{}, err
	}
	log, err := t.client.Log(ctx, mark)
	return look{seen.Status, log.Events}, err
}

func (t *trial) request() scenario.Request {
	q := scenario.Request{Method: t.world.method, Path: t.before.path}
	if t.world.method == "POST" {
		q.Body = "a=1"
	}
	if t.before.host != "" {
		q.Header = map[string]string{"Host": t.before.host}
	}
	return q
}

func (t *trial) verdict() Verdict {
	seen := func(list []look) string {
		l := list[len(list)-1]
		if !l.bad() {
			return fmt.Sprintf("%d times %s", len(list), l)
		}
		return l.String()
	}
	where := fmt.Sprintf("nginx %s, %s", t.version, t.world.says)
	if len(t.with) == 0 {
		return Verdict{Proof: fmt.Sprintf("not verifiable: the trouble does not show in the pod (%s): %s", where, seen(t.without))}
	}
	holds := !slices.ContainsFunc(t.with, look.bad)
	return Verdict{&holds, fmt.Sprintf("%s: without the edit %s, with it %s", where, seen(t.without), seen(t.with))}
}
