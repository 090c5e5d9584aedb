package diagnoser

import (
	"fmt"
	"path"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// audited judges by records of the audit log: the proxy's process, and this port or socket.
func (in *inquiry) audited(g *group) *opinion {
	if g.Outcome != evidence.Denied {
		return nil
	}
	for _, d := range in.told().Denials {
		if d.Module != "selinux" || d.OnlyLogged || !byProxy(d.Process) || !in.sameObject(d, g) {
			continue
		}
		o := &opinion{certainty: Proved, weight: 6, evidence: []Fact{fact(fromKernel, "%s", d.Description)}}
		o.remedies = []Remedy{allowance(d, g)}
		return o
	}
	return nil
}

func byProxy(process string) bool {
	switch process {
	case "nginx", "httpd", "apache2", "haproxy", "angie", "openresty":
		return true
	}
	return false
}

// sameObject tells whether a denial is of the connection that failed.
func (in *inquiry) sameObject(d evidence.Denial, g *group) bool {
	if g.unix() {
		return d.Path == g.target.Address || path.Base(d.Path) == path.Base(g.target.Address)
	}
	return g.tcp() && d.Permission == "name_connect" && fmt.Sprint(d.Port) == portIn(g.target.Address)
}

// typeIn is the type in a security context, "system_u:system_r:httpd_t:s0".
func typeIn(context string) string {
	if field := strings.Split(context, ":"); len(field) > 2 {
		return field[2]
	}
	return context
}

// allowance is the remedy of a denial: the boolean for connections, a rule between two processes, a label for files.
func allowance(d evidence.Denial, g *group) Remedy {
	if d.Permission == "connectto" {
		return Remedy{Action: SetPolicy, Summary: "let the proxy's domain connect to that of the backend, by a module of the policy",
			Params:   &Params{Policy: fmt.Sprintf("allow %s %s:%s %s", typeIn(d.Source), typeIn(d.Target), d.Class, d.Permission), Value: "on"},
			Commands: []string{"ausearch -m avc -ts recent -c " + d.Process + " | audit2allow -M proxy-to-backend", "semodule -i proxy-to-backend.pp"}}
	}
	if g.unix() {
		dir := path.Dir(g.target.Address)
		return Remedy{Action: SetPolicy, Summary: "give the socket's directory a label that the proxy's domain may use",
			Params:   &Params{Policy: "httpd_var_run_t", Path: dir},
			Commands: []string{"semanage fcontext -a -t httpd_var_run_t '" + dir + "(/.*)?'", "restorecon -Rv " + dir}}
	}
	boolean := "httpd_can_network_connect"
	if strings.Contains(d.Source, "haproxy_t") {
		boolean = "haproxy_connect_any"
	}
	return Remedy{Action: SetPolicy, Summary: "let the proxy's domain connect to the network", Params: &Params{Policy: boolean, Value: "on"},
		Commands: []string{"setsebool -P " + boolean + " 1"}}
}
