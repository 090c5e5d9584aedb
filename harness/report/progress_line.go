package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// line is what the run is at, in so many columns: what matters most comes first.
func (p *Progress) line(width int) string {
	if p.began.IsZero() || p.work != "" && len(p.way) == 0 {
		return fit(p.work, width)
	}
	if len(p.results) == p.total {
		return "" // the closing summary follows
	}
	parts := slices.DeleteFunc(append(p.counted(), p.estimate()), func(s string) bool { return s == "" })
	line := strings.Join(parts, ", ")
	if room := width - columns(line) - 2; room >= longestMin {
		if text := p.longest(room); text != "" {
			line += "; " + text
		}
	}
	return fit(line, width)
}

func (p *Progress) counted() []string {
	c := Count(p.results)
	parts := []string{fmt.Sprintf("%d of %d", c.All(), p.total), fmt.Sprintf("%d failed", c.Failed), "", "", p.underWay()}
	if c.Inconclusive > 0 {
		parts[2] = fmt.Sprintf("%d inconclusive", c.Inconclusive)
	}
	if len(p.later) > 0 {
		parts[3] = fmt.Sprintf("%d to repeat", len(p.later))
	}
	return parts
}

// underWay is "9 under way", or "9/14 under way" where the limit is known.
func (p *Progress) underWay() string {
	if p.limit > 0 {
		return fmt.Sprintf("%d/%d under way", len(p.way), p.limit)
	}
	return fmt.Sprintf("%d under way", len(p.way))
}

// What an estimate is made from: the drills that ended not longer than this ago, and so many of them.
const (
	rateOver  = time.Minute
	rateDrill = 10
)

// estimate is the time left if drills go on to end as fast as in the last minute. It is empty
// before there is enough to go by, and when nothing is left to begin: then the longest drill
// under way decides, which is shown beside it.
func (p *Progress) estimate() string {
	since := max(0, rateOver-time.Since(p.began))
	over := rateOver - since
	ended := 0
	for _, at := range p.ends {
		if time.Since(at) < over {
			ended++
		}
	}
	rest := p.total - len(p.results)
	if ended < rateDrill || rest <= len(p.way) {
		return ""
	}
	return left(over * time.Duration(rest) / time.Duration(ended))
}

// longestMin is how many columns the name of a drill must have to be of use.
const longestMin = 20

// longest is the drill that is under way for the longest time, and since when.
func (p *Progress) longest(width int) string {
	name := ""
	for _, n := range slices.Sorted(maps.Keys(p.way)) {
		if name == "" || p.way[n].Before(p.way[name]) {
			name = n
		}
	}
	if name == "" {
		return ""
	}
	since := fmt.Sprintf(" %d s", int(time.Since(p.way[name]).Seconds()))
	return fit(name, width-len(since)) + since
}
