package diagnoser

import (
	"context"
	"net/netip"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/linewise"
	"github.com/badgateway/badgateway/diagnoser/nginx"
	"github.com/badgateway/badgateway/diagnoser/paste"
)

// MemoryLimit is the soft limit in bytes that a program which only diagnoses may set for Go's heap
// (runtime/debug.SetMemoryLimit): with it a log of any size is read within 64 MiB.
const MemoryLimit = 32 << 20

// Reading is a log and a configuration, read once. It tells what else to look
// at, and concludes from what was found there.
type Reading struct {
	proxy     evidence.Proxy
	config    *nginx.Config    // empty, never nil
	elsewhere *linewise.Config // of another proxy, nil without one
	configErr error            // why the configuration was not used
	groups    *groups
	summary   Summary
	printed   []netip.Addr      // what the texts name
	seen      map[string]*seen  // by cause, what other logs say
	told      map[toldKey]*told // what access logs tell
	settings
	pasted      *paste.Reader         // what commands printed
	remarks     map[string]*utterance // by cause, what people say
	mappings    []mapping             // ports that containers publish
	arpTimes    map[string]bool       // addresses at which an attempt took three seconds
	phps        []namedPHP            // versions of PHP that texts name
	phpSocket   string                // that a text names, with a version in its name
	plainSocket bool                  // a text names one without
	uwsgis      []uwsgiSocket         // sockets that uWSGI was told to open
	compose     compose               // services of a compose file
	starts      []started             // where servers said that they listen
	phrases     []phrased             // what other gateways say, in lines that are no record
}

// Read reads the logs and the configuration of evidence; a Log's Reader is used
// up. The error is that of a log that could not be read or is none, and begins
// with its name. A configuration that does not parse is no error: Diagnose says so
// and does without.
func Read(ctx context.Context, ev evidence.Evidence) (*Reading, error) {
	r := &Reading{proxy: ev.Proxy, pasted: paste.New()}
	if isElsewhere(ev.Proxy.Kind) {
		r.readElsewhere(ev.Config)
		r.config, _ = nginx.ParseConfig(nil)
	} else if r.config, r.configErr = nginx.ParseConfig(ev.Config); r.configErr != nil {
		r.config, _ = nginx.ParseConfig(nil)
	}
	r.groups = newGroups(r.config)
	for _, log := range ev.Logs {
		if err := r.scan(ctx, log, 0); err != nil {
			return r, err
		}
	}
	r.summary.Together = r.groups.together
	for _, text := range ev.Texts {
		if err := r.readText(ctx, text); err != nil {
			return r, err
		}
	}
	r.joinAccess()
	r.takePhrases()
	return r, nil
}

// More reads what was appended to a log since: whole lines, before of which lines of it were read
// already. Reading on keeps no more of a log than Read does. The error is that of Read.
func (r *Reading) More(ctx context.Context, log evidence.Log, before int64) error {
	if err := r.scan(ctx, log, before); err != nil {
		return err
	}
	r.joinAccess()
	r.told = nil // they are joined
	r.takePhrases()
	r.summary.Together = r.groups.together
	return nil
}

// Summary counts what was read so far.
func (r *Reading) Summary() Summary { return r.summary }

func (r *Reading) scan(ctx context.Context, log evidence.Log, before int64) error {
	others := r.mixed(log.Name)
	stats, err := nginx.Scan(ctx, log.Name, reader(log), nginx.Sink{
		Before: before,
		Event:  func(e evidence.Event) { r.groups.add(log.Name, e) },
		Note:   func(e evidence.Event) { r.groups.add(log.Name, e) },
		Like:   func(e evidence.Event) func(nginx.Repeat) { return r.groups.like(log.Name, e) },
		Line:   others.line,
		Other:  r.other,
	})
	others.end()
	s := &r.summary
	s.Bytes += stats.Bytes
	s.Lines += stats.Lines
	s.UpstreamErrors += stats.Events
	switch {
	case stats.Records > 0:
		s.Unrecognized += stats.Unrecognized
	case others.proxy == 0 && !isElsewhere(r.proxy.Kind):
		s.Unrecognized += stats.Unrecognized - others.access // all lines were counted
	}
	s.spans(stats.From)
	s.spans(stats.To)
	return err
}

// spans widens the time of which the log tells.
func (s *Summary) spans(t time.Time) {
	if t.IsZero() {
		return
	}
	if s.From.IsZero() || t.Before(s.From) {
		s.From = t
	}
	if t.After(s.To) {
		s.To = t
	}
}

// Diagnose concludes from evidence: findings ordered by certainty, then count.
// The error is that of Read.
func Diagnose(ctx context.Context, ev evidence.Evidence) (*Report, error) {
	r, err := Read(ctx, ev)
	if err != nil {
		return nil, err
	}
	return r.Diagnose(ev.Host, ev.Probes), nil
}

// Examine concludes from evidence as Diagnose does; where no log tells of a failure it checks the
// configuration, since some mistakes leave no line behind. The error is that of Read.
func Examine(ctx context.Context, ev evidence.Evidence) (*Report, error) {
	r, err := Read(ctx, ev)
	if err != nil {
		return nil, err
	}
	if report := r.Diagnose(ev.Host, ev.Probes); len(report.Findings) > 0 || len(ev.Config) == 0 {
		return report, nil
	}
	return r.Check(ev.Host, ev.Probes), nil
}

// AskHost says which facts of the host matter for the failures in the log. It
// reads the logs: one given as a Reader is used up, which Read avoids.
func AskHost(ev evidence.Evidence) evidence.HostQuestion {
	r, _ := Read(context.Background(), ev)
	return r.AskHost()
}

// AskBackends says which direct probes are worth asking, ev.Host telling which
// listeners could be the backend that the proxy looks for. It reads the logs as AskHost does.
func AskBackends(ev evidence.Evidence) []evidence.Question {
	r, _ := Read(context.Background(), ev)
	return r.AskBackends(ev.Host)
}
