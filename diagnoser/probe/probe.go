// Package probe asks a backend directly, past the proxy, and measures its answer as the
// proxy would have met it: how far it came, with which error, how large its header is.
// It never sends another method than GET or HEAD.
package probe

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

const (
	defaultWait   = 10 * time.Second
	candidateWait = 2 * time.Second
	parallel      = 4
)

// Options say from where to ask.
type Options struct {
	// Root is the proxy's file system, in which the path of a unix socket is resolved:
	// "/proc/PID/root" of the proxy from beside its container (needs CAP_SYS_CHROOT); "" means "/".
	Root string
	// Parallel bounds how many questions of AskAll are asked at once; zero means 4.
	Parallel int
}

// AskAll asks all questions, some at a time, and answers in their order. Those to one address are asked one after
// another: a server with one worker answers no second one while a first keeps it waiting.
func AskAll(ctx context.Context, questions []evidence.Question, opts Options) []evidence.Probe {
	limit := opts.Parallel
	if limit <= 0 {
		limit = parallel
	}
	out := make([]evidence.Probe, len(questions))
	slots := make(chan struct{}, limit)
	var all sync.WaitGroup
	for _, same := range byAddress(questions) {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			inTurn(ctx, questions, same, opts, out)
		})
	}
	all.Wait()
	return out
}

// byAddress gathers the questions to each address, in order of first appearance.
func byAddress(questions []evidence.Question) (all [][]int) {
	at := map[string]int{}
	for i, q := range questions {
		key := q.Target.Network + " " + q.Target.Address
		if n, ok := at[key]; ok {
			all[n] = append(all[n], i)
			continue
		}
		at[key] = len(all)
		all = append(all, []int{i})
	}
	return all
}

// inTurn asks the questions to one address. One that has answered in one protocol is waited for in
// another no longer than a stranger is.
func inTurn(ctx context.Context, questions []evidence.Question, same []int, opts Options, out []evidence.Probe) {
	answered := ""
	for _, i := range same {
		q := questions[i]
		if answered != "" && q.Target.Protocol != answered && q.Wait > candidateWait {
			q.Wait = candidateWait
		}
		if out[i] = Ask(ctx, q, opts); out[i].Outcome == evidence.OK && out[i].Status != 0 {
			answered = q.Target.Protocol
		}
	}
}

// Ask asks one question. A question that could not be asked, for a reason that says
// nothing of the backend, has neither Phase nor Outcome, and the reason as Note.
func Ask(ctx context.Context, q evidence.Question, opts Options) evidence.Probe {
	a := newAsker(q, opts)
	p := evidence.Probe{Target: q.Target, Candidate: q.Candidate, Exact: q.Exact, Upgrade: q.Upgrade}
	if a.q.Method != "GET" && a.q.Method != "HEAD" {
		p.Note = fmt.Sprintf("not asked: method %q may change something", a.q.Method)
		return p
	}
	p.Request = a.q.Method + " " + a.q.URI
	start := time.Now()
	f, reusable := a.once(ctx, &p)
	p.Took = time.Since(start)
	a.conclude(ctx, &p, f)
	if q.Idle && p.Outcome == evidence.OK && (q.Within == 0 || p.HeaderAfter <= q.Within) {
		if reusable {
			p.Idle = a.idle(ctx)
		} else {
			note(&p, "the backend does not keep the connection")
		}
	}
	return p
}

// asker holds one question with its defaults filled in.
type asker struct {
	q       evidence.Question
	opts    Options
	idleCap time.Duration // the longest idle time that is tried
}

func newAsker(q evidence.Question, opts Options) *asker {
	if q.Method == "" {
		q.Method = "GET"
	}
	q.URI = cleanURI(q.URI)
	q.Host = cleanHost(q.Host, q.Target)
	if q.Wait <= 0 {
		q.Wait = defaultWait
		if q.Candidate {
			q.Wait = candidateWait
		}
	}
	return &asker{q: q, opts: opts, idleCap: min(q.Wait, idleCap)}
}

// once makes one connection and one exchange on it.
func (a *asker) once(ctx context.Context, p *evidence.Probe) (f *failure, reusable bool) {
	w, f := a.connect(ctx, p)
	if f != nil {
		return f, false
	}
	defer w.close()
	return a.exchange(w, p)
}

// exchange sends one request and reads its response.
func (a *asker) exchange(w *wire, p *evidence.Probe) (f *failure, reusable bool) {
	w.bound(a.q.Wait)
	switch a.q.Target.Protocol {
	case "http", "https":
		return a.http(w, p)
	case "fastcgi":
		return a.fastcgi(w, p)
	case "uwsgi":
		return a.uwsgi(w, p), false
	case "grpc":
		return a.http2(w, p), false
	}
	p.Phase = evidence.Connecting
	note(p, "connected; this probe does not speak "+a.q.Target.Protocol)
	return nil, false
}

// conclude fills in how the question ended.
func (a *asker) conclude(ctx context.Context, p *evidence.Probe, f *failure) {
	switch {
	case f == nil:
		p.Outcome = evidence.OK
		if p.Phase == "" {
			p.Phase = evidence.ReadingBody
		}
	case ctx.Err() != nil:
		note(p, "not asked to the end: "+ctx.Err().Error())
	case f.outcome == "":
		note(p, "not asked: "+f.note)
	default:
		p.Phase, p.Outcome, p.Errno = f.phase, f.outcome, f.errno
		note(p, f.note)
	}
}

func note(p *evidence.Probe, text string) {
	if p.Note != "" && text != "" {
		p.Note += "; "
	}
	p.Note += text
}
