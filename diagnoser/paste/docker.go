package paste

import (
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var (
	dockerGaps = regexp.MustCompile(`\s{2,}`)
	// dockerState is what the column STATUS holds.
	dockerState = regexp.MustCompile(`^(Up (?:\d+|About|Less)[\w ]*(?: \([\w: ]+\))?|Up(?: \(\w+\))?$|Exited \(\d+\)[\w ]*|Exit \d+|Restarting \(\d+\)[\w ]*|Created\b)`)
	publishes   = regexp.MustCompile(`(?:[\d.:\[\]]*(?::::)?\d+(?:-\d+)?->)?\d+(?:-\d+)?/(?:tcp|udp)`)

	inspectName    = regexp.MustCompile(`^\s*"Name": "/([\w.-]+)",?$`)
	inspectIP      = regexp.MustCompile(`"(?:IPAddress|IPv4Address)": "(\d+\.\d+\.\d+\.\d+)`)
	inspectOOM     = regexp.MustCompile(`"OOMKilled": (true|false)|OOMKilled[=: ]+(true)`)
	inspectStatus  = regexp.MustCompile(`"(?:Status|ExitCode)": "?([\w]+)"?,?`)
	inspectNetwork = regexp.MustCompile(`^\s*"([\w.-]+)": \{$`)
)

// docker prints tables (ps, compose ps) and JSON (inspect, network inspect).
var _ = register("docker", func(f *facts) taker {
	networks := false
	return func(l line) bool {
		if l.prompt {
			networks = false
			return false
		}
		text := strings.TrimSpace(l.text)
		if m := inspectName.FindStringSubmatch(l.text); m != nil {
			f.container(m[1])
			return true
		}
		if m := inspectIP.FindStringSubmatch(text); m != nil {
			c := f.lastContainer()
			c.Addresses = append(c.Addresses, m[1])
			return true
		}
		if m := inspectOOM.FindStringSubmatch(text); m != nil {
			f.lastContainer().OOMKilled = m[1] == "true" || m[2] == "true"
			return true
		}
		if strings.HasPrefix(text, `"Networks": {`) {
			networks = true
			return true
		}
		if m := inspectNetwork.FindStringSubmatch(l.text); m != nil && networks {
			f.lastContainer().Networks = append(f.lastContainer().Networks, m[1])
			return true
		}
		if strings.HasPrefix(text, `"`) {
			if m := inspectStatus.FindStringSubmatch(text); m != nil && len(f.host.Containers) > 0 {
				c := f.lastContainer()
				c.State = strings.TrimSpace(c.State + " " + m[1])
				return true
			}
			return false
		}
		return f.dockerRow(l)
	}
})

// dockerRow reads a row of docker ps: the name stands last, that of docker compose ps first.
func (f *facts) dockerRow(l line) bool {
	columns := dockerGaps.Split(strings.TrimSpace(l.text), -1)
	state := ""
	for _, c := range columns[1:] {
		if state == "" && dockerState.MatchString(c) {
			state = c
		}
	}
	if state == "" || len(columns) < 3 {
		return false
	}
	name, image := columns[0], ""
	if len(columns[0]) == 12 && isHex(columns[0]) {
		name, image = columns[len(columns)-1], columns[1]
	} else if len(columns) > 4 {
		image = columns[1]
	}
	c := f.container(name)
	c.State, c.Image = strings.TrimSpace(state), image
	c.Ports = strings.Join(publishes.FindAllString(l.text, -1), ", ")
	return true
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

func (f *facts) container(name string) *evidence.Container {
	f.lastName = name
	for i := range f.host.Containers {
		if f.host.Containers[i].Name == name {
			return &f.host.Containers[i]
		}
	}
	f.host.Containers = append(f.host.Containers, evidence.Container{Name: name})
	return &f.host.Containers[len(f.host.Containers)-1]
}

// lastContainer is the one that the lines are about: without a name where none was printed.
func (f *facts) lastContainer() *evidence.Container { return f.container(f.lastName) }
