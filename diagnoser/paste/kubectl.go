package paste

import (
	"regexp"
	"strings"
)

var (
	// pod is "app-5d4f 0/1 CrashLoopBackOff 7 (1m ago) 12m 10.1.2.3 node".
	pod = regexp.MustCompile(`^\s*(?:[\w-]+\s+)?([a-z0-9][\w.-]*)\s+(\d+)/(\d+)\s+(Running|Pending|CrashLoopBackOff|Error|Completed|OOMKilled|ImagePullBackOff|ErrImagePull|ContainerCreating|Terminating|Evicted|Init:\S+|Unknown)\s+(\d+)(.*)$`)
	// endpoints is "app 10.1.2.3:8080,10.1.2.4:8080 5d", or "app <none> 5d".
	endpoints  = regexp.MustCompile(`^\s*([a-z0-9][\w.-]*)\s+(<none>|(?:\d+\.\d+\.\d+\.\d+:\d+,?)+(?: \+ \d+ more\.\.\.)?)\s+\d+\w+$`)
	describes  = regexp.MustCompile(`^\s*(?:Endpoints|Reason):\s+(\S*)$`)
	fourNumber = regexp.MustCompile(`\b\d+\.\d+\.\d+\.\d+\b`)
)

// kubectl prints pods, endpoints and descriptions.
var _ = register("kubectl", func(f *facts) taker {
	return func(l line) bool {
		if l.prompt {
			return false
		}
		if m := pod.FindStringSubmatch(l.text); m != nil {
			c := f.container(m[1])
			c.State = m[4] + " " + m[2] + "/" + m[3] + " ready, " + m[5] + " restarts"
			c.OOMKilled = m[4] == "OOMKilled"
			c.Addresses = fourNumber.FindAllString(m[6], 1)
			return true
		}
		if m := endpoints.FindStringSubmatch(l.text); m != nil {
			f.container(m[1]).Endpoints = m[2]
			return true
		}
		if m := describes.FindStringSubmatch(l.text); m != nil {
			switch {
			case strings.TrimSpace(l.text) == "Endpoints:" || m[1] == "<none>":
				f.lastContainer().Endpoints = "<none>"
			case m[1] == "OOMKilled":
				f.lastContainer().OOMKilled = true
			}
			return true
		}
		return false
	}
})
