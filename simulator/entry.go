package simulator

import (
	"fmt"
	"strings"
)

// String is the entry in one line, without its time: "7 conn=2 exchange=1 request GET /pay default".
func (e Entry) String() string {
	parts := []string{fmt.Sprint(e.Seq)}
	add := func(text string, present bool) {
		if present {
			parts = append(parts, text)
		}
	}
	add(fmt.Sprintf("conn=%d", e.Conn), e.Conn > 0)
	add(fmt.Sprintf("exchange=%d", e.Exchange), e.Exchange > 0)
	add(e.Kind, true)
	for _, text := range []string{e.Method, e.Path, e.Step, e.By, e.End, e.Errno, e.Text} {
		add(text, text != "")
	}
	add(fmt.Sprintf("%d bytes", e.Bytes), e.Bytes > 0)
	if e.TLS != nil {
		add(e.TLS.String(), true)
	}
	if e.Proxy != nil {
		add(e.Proxy.String(), true)
	}
	if e.Queue != nil {
		add(e.Queue.String(), true)
	}
	if e.Traffic != nil {
		add("("+e.Traffic.String()+")", true)
	}
	add("by "+e.Rule, e.Rule != "" && e.Kind == KindRequest)
	return strings.Join(parts, " ")
}
