package simulator

import (
	"strings"
	"testing"
)

// badPlans are plans that nothing of may be attempted, with the whole message.
var badPlans = []struct{ listen, protocol, plan, want string }{
	{"", "", "default: [{fill: 1TiB}]", `p.yaml:1:18: size 1TiB is above the limit of 1GiB`},
	{"", "", "default: [{fill: 1025MiB}]", `p.yaml:1:18: size 1025MiB is above the limit of 1GiB`},
	{"", "", "default: [{fill: -1}]", `p.yaml:1:18: want a size such as 512, 16KiB or 1MiB, got "-1"`},
	{"", "", "default: [{respond: {fill: 99999999999}}]", `p.yaml:1:28: size 99999999999 is above the limit of 1GiB`},
	{"", "", "default: [{respond: {header_of: {A: 9MiB, B: 9MiB}}}]", `p.yaml:1:46: headers of 18MiB are above the limit of 16MiB`},
	{"", "", "default: [{respond: {status: 1000}}]", `p.yaml:1:11: status: 1000 is not between 0 and 999`},
	{"", "", "default: [{status: 0}]", `p.yaml:1:11: status: 0 is not between 1 and 999`},
	{"", "", "default: [{sleep: 25h}]", `p.yaml:1:19: 25h is above the limit of 24h`},
	{"", "", "default: [{sleep: -1s}]", `p.yaml:1:19: a duration cannot be negative: -1s`},
	{"", "", "default: [{sleep: {uniform: {from: 2s, to: 1s}}}]", `p.yaml:1:11: sleep: from of uniform is above its to`},
	{"", "", "default: [{sleep: {max: 1s}}]", `p.yaml:1:11: sleep: want exactly one of uniform, normal, exponential and pareto`},
	{"", "", "default: [{sleep: {pareto: {least: 1s, shape: 0}}}]", `p.yaml:1:11: sleep: least and shape of pareto must be above 0`},
	{"", "", "default: [{wait: {gate: g, for: 48h}}]", `p.yaml:1:33: 48h is above the limit of 24h`},
	{"", "", "default: [{wait: ''}]", `p.yaml:1:11: wait: the gate has no name`},
	{"", "", "default: [{dribble: {size: 0, gap: 1s}}, serve]", `p.yaml:1:11: dribble: size and gap must be above 0, and gap at most 24h`},
	{"", "", "default: [{dribble: {size: 1, gap: 1s, from: end, until: start}}, serve]", `p.yaml:1:11: dribble: end[0]+0 lies behind start[0]+0`},
	{"", "", "default: [{loop: {times: 10001, script: [flush]}}]", `p.yaml:1:11: loop: want steps, and times between 0 and 10000`},
	{"", "", "default: [{loop: {times: -1, script: [flush]}}]", `p.yaml:1:11: loop: want steps, and times between 0 and 10000`},
	{"", "", "default: [{loop: {times: 2, script: []}}]", `p.yaml:1:11: loop: want steps, and times between 0 and 10000`},
	{"", "", "default: [{loop: {script: [fin]}}]", `p.yaml:1:11: loop: a step that ends the connection cannot be repeated`},
	{"", "", "default: [{loop: {times: 10000, script: [{loop: {times: 10000, script: [flush]}}]}}]", `p.yaml:1:73: the plan is too big: its scripts compile to more than 524288 pieces or 256 MiB; use fewer repetitions, or fill`},
	{"", "", "default: [{respond: {fill: 1GiB, chunked: 1}}]", `p.yaml:1:11: the plan is too big: its scripts compile to more than 524288 pieces or 256 MiB; use fewer repetitions, or fill`},
	{"", "", "default: [{send_hex: 0g}]", `p.yaml:1:11: send_hex: encoding/hex: invalid byte: U+0067 'g'`},
	{"", "", "default: [" + strings.Repeat("flush, ", 1000) + "flush]", `p.yaml:1:10: 1001 steps are above the limit of 1000`},
	{"", "", "default: [{header: {A: [" + strings.Repeat("b, ", 1000) + "b]}}]", `p.yaml:1:20: 1001 header lines are above the limit of 1000`},
	{"", "", "exchanges: [" + strings.Repeat("{script: [serve]}, ", 1000) + "{script: [serve]}]", `p.yaml:1:19013: exchanges: 1001 rules are above the limit of 1000`},
	{"", "", "default: [serve] #" + strings.Repeat("x", MaxPlan), `p.yaml:1:1: the plan has 4194322 bytes, which is above the limit of 4194304`},
	{"", "", "endpoint: {backlog: -1}", `p.yaml:1:11: endpoint: backlog: -1 is not between 0 and 65535`},
	{"", "", "endpoint: {backlog: 65536}", `p.yaml:1:11: endpoint: backlog: 65536 is not between 0 and 65535`},
	{"", "", "endpoint: {fill_queue: true}", `p.yaml:1:11: endpoint: fill_queue needs backlog, the length of the queue to fill`},
	{"", "", "endpoint: {fill_queue: true, backlog: 5000}", `p.yaml:1:11: endpoint: fill_queue: a backlog of 5000 is above the limit of 4096 connections of our own`},
	{"", "", "endpoint: {kill_with_queue: -3}", `p.yaml:1:11: endpoint: kill_with_queue: -3 is not between 1 and 512, what a queue with this backlog holds`},
	{"", "", "endpoint: {kill_with_queue: 7, backlog: 5}", `p.yaml:1:11: endpoint: kill_with_queue: 7 is not between 1 and 6, what a queue with this backlog holds`},
	{"", "", "endpoint: {no_accept: true, no_descriptors: true}", `p.yaml:1:11: endpoint: only one of refuse, missing, stale, no_accept, fill_queue, kill_with_queue, no_descriptors and path_is can hold`},
	{"", "", "endpoint: {workers: -1}", `p.yaml:1:11: endpoint: workers: -1 is not between 0 and 65535`},
	{"", "", "endpoint: {waiting: queue}", `p.yaml:1:11: endpoint: waiting needs workers, the number of connections that are served at a time`},
	{"", "", "endpoint: {workers: 1, waiting: line}", `p.yaml:1:11: endpoint: waiting: "line" is neither queue nor accepted`},
	{"", "", "endpoint: {accept_delay: 25h}", `p.yaml:1:26: 25h is above the limit of 24h`},
	{"", "", `endpoint: {mode: "0600"}`, `p.yaml:1:11: endpoint: missing, stale, path_is, mode, owner, group and directory_mode belong to unix sockets`},
	{"", "", `endpoint: {mode: 600}`, `p.yaml:1:18: want a file mode such as "0660", got the number 600`},
	{"unix:/a", "", "endpoint: {receive_buffer: 4KiB}", `p.yaml:1:11: endpoint: receive_buffer belongs to TCP: what fits into a unix socket is up to the peer's send buffer (unix(7))`},
	{"unix:/a", "", "endpoint: {path_is: fifo}", `p.yaml:1:11: endpoint: path_is: "fifo" is neither regular nor datagram`},
	{"unix:/a", "", "endpoint: {owner: -1}", `p.yaml:1:11: endpoint: owner and group cannot be negative`},
	{"unix:/a", "", "default: [vanish]", `p.yaml:1:11: vanish: the kernel ends both sides of a unix socket together`},
	{"", "", "idle: {aftr: 1s, then: fin}", `p.yaml:1:8: unknown field "aftr" (known: after, then)`},
	{"", "", "exchanges: [{match: {conn: 0}, script: [serve]}]", `p.yaml:1:28: want a number from 1, or a range such as 2+ or 2-4, got the number 0`},
	{"", "", "exchanges: [{match: {every: 0}, script: [serve]}]", `p.yaml:1:13: exchanges[0]: every: want a number from 1`},
	{"", "", "exchanges: [{match: {prob: .5}, times: -1, script: [serve]}]", `p.yaml:1:40: -1 is no decimal number between 0 and 18446744073709551615`},
	{"", "", "exchanges: [{match: {path: /}}]", `p.yaml:1:13: field "script" is missing`},
	{"", "", "idle: {after: 0s, then: fin}", `p.yaml:1:7: idle: after must be above 0 and at most 24h`},
	{"", "", "default: [serve]\ndefault: [fin]", `p.yaml:2:1: field "default" is given twice (first on line 1)`},
	{"", "", "default: &a [serve]", `p.yaml:1:10: anchors and aliases are not supported: write the value out`},
	{"", "", "", `p.yaml:1:1: the file is empty`},
	{"", "fastcgi", "default: [{record: {type: 300}}]", `p.yaml:1:27: 300 is no decimal number between 0 and 255`},
	{"", "fastcgi", "default: [{record: {type: stdot}}]", `p.yaml:1:27: want a number or one of begin_request, abort_request, end_request, params, stdin, stdout, stderr, data, get_values, get_values_result, unknown_type, got "stdot"`},
	{"", "fastcgi", "default: [{end_request: {protocol: busy}}]", `p.yaml:1:36: want complete, cant_multiplex, overloaded, unknown_role or a number, got "busy"`},
	{"", "http2", "default: [{respond: {fill: 1GiB, records: {size: 1}}}]", `p.yaml:1:11: the plan is too big: its scripts compile to more than 524288 pieces or 256 MiB; use fewer repetitions, or fill`},
	{"", "", "default: [{loop: {times: 10000, script: [{fill: 1}, {loop: {times: 60, script: [flush]}}]}}]", `p.yaml:1:42: the plan is too big: its scripts compile to more than 524288 pieces or 256 MiB; use fewer repetitions, or fill`},
	{"", "fastcgi", "default: [{stdout: {fill: 1GiB, records: {size: 1}}}]", `p.yaml:1:11: the plan is too big: its scripts compile to more than 524288 pieces or 256 MiB; use fewer repetitions, or fill`},
}

func TestBadPlans(t *testing.T) {
	for _, tt := range badPlans {
		plan, err := ParsePlan("p.yaml", []byte(tt.plan))
		if err == nil {
			listen := tt.listen
			if listen == "" {
				listen = "tcp:127.0.0.1:0"
			}
			_, err = New(Config{Listen: listen, Protocol: tt.protocol, Plan: plan})
		}
		if err == nil || err.Error() != tt.want {
			t.Errorf("%.80q\n got %v\nwant %s", tt.plan, err, tt.want)
		}
	}
}
