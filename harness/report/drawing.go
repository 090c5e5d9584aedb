package report

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/drill"
)

// drawing collects the elements of one SVG. Text is escaped as it is put in.
type drawing struct{ strings.Builder }

func (d *drawing) text(x, y float64, class, anchor, text string) {
	fmt.Fprintf(d, `<text x="%.1f" y="%.1f" class="%s" text-anchor="%s">%s</text>`, x, y, class, anchor, template.HTMLEscapeString(text))
}

func (d *drawing) line(x1, y1, x2, y2 float64, class string) {
	fmt.Fprintf(d, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>`, x1, y1, x2, y2, class)
}

func (d *drawing) rect(x, y, width, height float64, class string) {
	fmt.Fprintf(d, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="5" class="%s"/>`, x, y, width, height, class)
}

func (d *drawing) svg(width, height float64, label string) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %.0f %.0f" role="img" aria-label="%s">%s</svg>`,
		width, height, template.HTMLEscapeString(label), d.String()))
}

const (
	boxWidth, boxHeight = 190.0, 52.0
	clientX, proxyX     = 5.0, 255.0
	upstreamX           = 660.0
	drawingWidth        = 860.0
)

// topology draws client, proxy and upstreams, with the link on which the proxy failed marked.
func topology(r drill.Record) template.HTML {
	var d drawing
	upstreams := r.Story.Upstreams
	height := max(1, float64(len(upstreams)))*(boxHeight+14) + 10
	middle := height / 2
	d.line(clientX+boxWidth, middle, proxyX, middle, "link")
	d.box(clientX, middle, "client", fmt.Sprintf("gets %d after %s", r.Result.Status, brief(r.Story.Seen.Took)))
	d.text((clientX+boxWidth+proxyX)/2, middle-8, "dim", "middle", "HTTP")
	for i, u := range upstreams {
		y := 5 + (boxHeight+14)*(float64(i)+.5)
		d.link(middle, y, failure(r.Story.Events, u))
		d.box(upstreamX, y, u.Name, u.Protocol+" "+u.Address)
	}
	if len(upstreams) == 0 {
		d.link(middle, middle, failure(r.Story.Events, drill.StoryUpstream{}))
		d.text(upstreamX+10, middle+5, "dim", "start", "nothing is there")
	}
	d.box(proxyX, middle, r.Result.Proxy+" "+r.Result.Version, "the proxy")
	return d.svg(drawingWidth, height, "the client asks the proxy, the proxy asks the upstream; the broken link is marked")
}

func (d *drawing) box(x, middle float64, name, detail string) {
	d.rect(x, middle-boxHeight/2, boxWidth, boxHeight, "box")
	d.text(x+10, middle-4, "", "start", name)
	d.text(x+10, middle+14, "dim", "start", cut(detail, 30))
}

// link joins the proxy with one upstream; what is the phase and outcome on a broken one, or empty.
func (d *drawing) link(from, to float64, what string) {
	x1, x2 := proxyX+boxWidth, upstreamX
	if what == "" {
		d.line(x1, from, x2, to, "link")
		return
	}
	d.line(x1, from, x2, to, "broken")
	x, y := (x1+x2)/2, (from+to)/2
	d.line(x-7, y-7, x+7, y+7, "cross")
	d.line(x-7, y+7, x+7, y-7, "cross")
	if from == to {
		d.text(x, y-13, "wrong", "middle", what)
	} else { // lines of several upstreams lie close together near the proxy
		d.text(x2-4, to-boxHeight/2+5, "wrong", "end", what)
	}
}

// failure is what went wrong on the way to an upstream, by the log: "connecting: refused (111)".
func failure(events []evidence.Event, u drill.StoryUpstream) string {
	for _, e := range events {
		if strings.Contains(e.Upstream, u.Address) || e.Outcome == evidence.NoneLive || e.Phase == evidence.Resolving {
			what := e.Phase + ": " + e.Outcome
			if e.Errno != 0 {
				what += fmt.Sprintf(" (%d)", e.Errno)
			}
			return what
		}
	}
	return ""
}

const (
	axisX, axisWidth = 150.0, 560.0
	lane             = 22.0
)

// timeline draws what happened while the client waited, against the proxy's timeouts.
func timeline(r drill.Record) template.HTML {
	var d drawing
	s := r.Story
	scale := s.Seen.Took
	for _, l := range s.Limits {
		if l.Set && l.Value <= 4*s.Seen.Took {
			scale = max(scale, l.Value)
		}
	}
	x := func(at time.Duration) float64 { return axisX + axisWidth*float64(at)/float64(max(scale, 1)) }
	y := 20.0
	d.rect(axisX, y-14, max(2, x(s.Seen.Took)-axisX), lane*float64(len(s.Moments))+4, "wait")
	for _, m := range s.Moments {
		d.text(axisX-12, y+4, "dim", "end", brief(m.At)+"  "+cut(m.Where, 12))
		fmt.Fprintf(&d, `<circle cx="%.1f" cy="%.1f" r="4" class="dot"/>`, x(m.At), y)
		d.label(x(m.At), y+4, m.What)
		y += lane
	}
	d.line(axisX, y, axisX+axisWidth, y, "axis")
	for _, l := range s.Limits {
		y += 18
		name := fmt.Sprintf("%s %s", l.Directive, brief(l.Value))
		if !l.Set {
			name += " (the default)"
		}
		if l.Value <= scale {
			d.line(x(l.Value), 6, x(l.Value), y, "limit")
			d.label(x(l.Value), y, name)
		} else {
			d.text(axisX+10, y, "limittext", "start", name+": not reached")
		}
	}
	return d.svg(drawingWidth, y+12, "what happened while the client waited, against the timeouts of the proxy")
}

// label puts text beside a point, on the side where there is room.
func (d *drawing) label(x, y float64, text string) {
	if x > axisX+axisWidth*.6 {
		d.text(x-9, y, "", "end", text)
		return
	}
	d.text(x+9, y, "", "start", text)
}

func brief(t time.Duration) string {
	switch {
	case t >= 10*time.Second:
		return t.Round(time.Second).String()
	case t >= time.Second:
		return t.Round(10 * time.Millisecond).String()
	case t >= 10*time.Millisecond:
		return t.Round(time.Millisecond).String()
	}
	return t.Round(10 * time.Microsecond).String()
}

func cut(s string, limit int) string {
	if r := []rune(s); len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return s
}
