package bench

import (
	"context"
	"slices"
	"time"
)

// contender is a server under load.
type contender struct {
	name   string
	client *client
	cpu    func() time.Duration // of all its processes
	proxy  func() time.Duration // of the proxy before it; nil if there is none
	rates  []rate
}

// rounds and their length: the contenders take turns, so that a machine which
// slows down slows all of them; medians leave single disturbed rounds out.
const (
	rounds      = 7
	roundLength = 700 * time.Millisecond
)

// race lets the contenders take turns, after a round that is not counted.
func race(ctx context.Context, list ...*contender) error {
	for i := range rounds + 1 {
		for _, c := range list {
			r, err := c.round(ctx)
			if err != nil {
				return err
			}
			if i > 0 {
				c.rates = append(c.rates, r)
			}
		}
	}
	return nil
}

func (c *contender) round(ctx context.Context) (rate, error) {
	cpu, proxy := c.cpu(), c.proxyCPU()
	n, took, err := c.client.run(ctx, roundLength)
	each := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) / float64(max(n, 1)) }
	return rate{float64(n) / took.Seconds(), each(c.cpu() - cpu), each(c.proxyCPU() - proxy)}, err
}

func (c *contender) proxyCPU() time.Duration {
	if c.proxy == nil {
		return 0
	}
	return c.proxy()
}

func (c *contender) perSecond() float64 {
	return median(c.rates, func(r rate) float64 { return r.perSecond })
}

func (c *contender) perRequest() float64 {
	return median(c.rates, func(r rate) float64 { return r.cpu })
}

// ratio is the median of the ratios round by round.
func ratio(a, b *contender, of func(rate) float64) float64 {
	var list []float64
	for i := range a.rates {
		list = append(list, of(a.rates[i])/of(b.rates[i]))
	}
	return median(list, func(v float64) float64 { return v })
}

func median[T any](list []T, of func(T) float64) float64 {
	values := make([]float64, 0, len(list))
	for _, v := range list {
		values = append(values, of(v))
	}
	slices.Sort(values)
	n := len(values)
	if n == 0 {
		return 0
	}
	return (values[(n-1)/2] + values[n/2]) / 2
}
