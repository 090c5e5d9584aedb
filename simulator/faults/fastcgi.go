package faults

import (
	"strings"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/fastcgi"
)

const cgiPage = "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nok\n"

func ptr[T any](v T) *T { return &v }

// records reads the request and runs steps that write records; the connection then ends by a FIN.
func records(steps ...simulator.Step) *simulator.Plan {
	return exchanges(append(append([]simulator.Step{simulator.ReadBody()}, steps...), simulator.FIN())...)
}

func stdout(text string) simulator.Step {
	return simulator.Stdout(simulator.StreamOutput{Text: text, Last: true})
}

func stderr(text string) simulator.Step { return simulator.Stderr(simulator.StreamOutput{Text: text}) }

func endRequest() simulator.Step { return simulator.EndRequest(simulator.EndingRequest{}) }

// RecordVersion answers with a record of another version (FastCGI specification, 3.3).
//
// nginx: "upstream sent unsupported FastCGI protocol version: 9 while reading response header from upstream".
func RecordVersion(v uint8) *simulator.Plan {
	return records(simulator.Record(simulator.RawRecord{Version: &v, Text: cgiPage}), endRequest())
}

// RecordType answers with a record of a type that an application does not send (FastCGI specification, 8).
//
// nginx: "upstream sent invalid FastCGI record type: 12 while reading response header from upstream".
func RecordType(t fastcgi.Type) *simulator.Plan {
	wrong := simulator.RecordType(t)
	return records(simulator.Record(simulator.RawRecord{Type: &wrong, Text: cgiPage}), endRequest())
}

// RecordID answers for another request than the one it was asked (FastCGI specification, 3.3).
//
// nginx: "upstream sent unexpected FastCGI request id high byte: 1 while reading response header from upstream".
func RecordID(id uint16) *simulator.Plan {
	return records(simulator.Record(simulator.RawRecord{ID: &id, Text: cgiPage}), endRequest())
}

// EndStatus ends the request with a protocol status other than complete, without an answer (FastCGI specification, 5.5).
//
// nginx: "upstream sent unexpected FastCGI record: 3 while reading response header from upstream".
func EndStatus(s fastcgi.Status) *simulator.Plan {
	return records(simulator.EndRequest(simulator.EndingRequest{Protocol: simulator.ProtocolStatus(s)}))
}

// EmptyStdout ends stdout without having written to it.
//
// nginx: "upstream prematurely closed FastCGI stdout while reading response header from upstream".
func EmptyStdout() *simulator.Plan { return records(stdout(""), endRequest()) }

// StderrOnly writes to stderr only and ends the request.
//
// nginx: "FastCGI sent in stderr: "…" while reading response header from upstream".
func StderrOnly(text string) *simulator.Plan { return records(stderr(text), stdout(""), endRequest()) }

// StderrThenAnswer writes to stderr and then gives a good answer.
//
// nginx: "FastCGI sent in stderr: "…" while reading response header from upstream".
func StderrThenAnswer(text string) *simulator.Plan {
	return records(stderr(text), stdout(cgiPage), endRequest())
}

// StdoutWithoutHeader answers with a body that no CGI header precedes (RFC 3875, 6.2).
//
// nginx: "upstream sent invalid header: "…" while reading response header from upstream".
func StdoutWithoutHeader() *simulator.Plan {
	return records(stdout("no header at all\n"), endRequest())
}

// CGIStatus answers with a Status field that is no number (RFC 3875, 6.3.3).
//
// nginx: "upstream sent invalid status "abc" while reading response header from upstream".
func CGIStatus(status string) *simulator.Plan {
	return records(stdout("Status: "+status+"\r\nContent-Type: text/plain\r\n\r\nok\n"), endRequest())
}

// TornRecord ends the connection by a FIN inside a stdout record, after the header of the answer.
func TornRecord() *simulator.Plan {
	return exchanges(simulator.ReadBody(), simulator.CutAt(simulator.RecordBody(0).Add(int64(len(cgiPage))), simulator.FIN()),
		stdout(cgiPage+"and much more that never comes"), endRequest())
}

// NoEndRequest ends the connection by a FIN where END_REQUEST is due (FastCGI specification, 5.5).
func NoEndRequest() *simulator.Plan { return records(stdout(cgiPage)) }

// EndRequestHeaderOnly ends the connection after the eight bytes of the header of END_REQUEST.
func EndRequestHeaderOnly() *simulator.Plan {
	return exchanges(simulator.ReadBody(), simulator.CutAt(simulator.RecordBody(2), simulator.FIN()), stdout(cgiPage), endRequest())
}

// PaddedRecords answers well, with n bytes of padding in each record of a few bytes (FastCGI specification, 3.3).
func PaddedRecords(n uint8) *simulator.Plan {
	return exchanges(simulator.Respond(simulator.Response{Body: "hello from padded records\n",
		Records: simulator.Records{Size: 7, Padding: &n}}))
}

// StderrFillsBuffer writes n bytes to stderr, and in the same write a header that does not fit into the rest of the proxy's buffer.
//
// nginx: "upstream sent too big header while reading response header from upstream".
func StderrFillsBuffer(n int) *simulator.Plan {
	header := "Status: 200 OK\r\nX-Session: " + strings.Repeat("s", 500) + "\r\n\r\nok\n"
	return records(stderr("PHP Notice: "+strings.Repeat("n", n)), stdout(header), endRequest())
}
