package fastcgi

import "strconv"

var typeNames = [...]string{BeginRequest: "begin_request", AbortRequest: "abort_request", EndRequest: "end_request", Params: "params", Stdin: "stdin",
	Stdout: "stdout", Stderr: "stderr", Data: "data", GetValues: "get_values", GetValuesResult: "get_values_result", UnknownType: "unknown_type"}

// String is the type's name in the specification in lower case, or its number.
func (t Type) String() string {
	if t > 0 && int(t) < len(typeNames) {
		return typeNames[t]
	}
	return strconv.Itoa(int(t))
}
