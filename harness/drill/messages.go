package drill

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// temporary is the end of a temporary file's name: a number that counts up (ngx_create_temp_file).
var temporary = regexp.MustCompile(`/\d{10}"`)

// Messages lists what the logs of some evidence say of upstreams, each thing once, without what
// differs from run to run. Where two versions of a proxy behave alike, they are the same.
func Messages(ctx context.Context, ev evidence.Evidence) (list []string, err error) {
	for _, l := range ev.Logs {
		_, err := nginx.Scan(ctx, l.Name, strings.NewReader(l.Text), nginx.Sink{Event: func(e evidence.Event) {
			if message := temporary.ReplaceAllString(e.Message, `/0000000001"`); !slices.Contains(list, message) {
				list = append(list, message)
			}
		}})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}
