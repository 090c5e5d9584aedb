package nginx

import "strings"

// repeatable are the directives that stand in one block many times, each of what its first argument names:
// a header, a parameter, a variable, a status. Any other one is a mistake the second time, or adds to a list.
var repeatable = map[string]bool{
	"add_header": true, "add_trailer": true, "env": true, "error_page": true, "set": true,
	"proxy_set_header": true, "grpc_set_header": true,
	"fastcgi_param": true, "scgi_param": true, "uwsgi_param": true,
	"proxy_hide_header": true, "fastcgi_hide_header": true, "uwsgi_hide_header": true, "scgi_hide_header": true, "grpc_hide_header": true,
	"proxy_pass_header": true, "fastcgi_pass_header": true, "uwsgi_pass_header": true, "scgi_pass_header": true, "grpc_pass_header": true,
}

// sameFirst tells whether a repeatable directive is of the same thing as one with that value. Case
// counts in no header's name, and in each parameter's.
func sameFirst(d *Directive, value string) bool {
	list, err := parseFile("", d.Name+" "+value+";", nil)
	if err != nil || len(list) != 1 {
		return false
	}
	first := list[0].Arg(0)
	return d.Arg(0) == first || strings.Contains(d.Name, "header") && strings.EqualFold(d.Arg(0), first)
}
