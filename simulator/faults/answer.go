package faults

import "github.com/badgateway/badgateway/simulator"

// EarlyAnswer answers 413 before it has read the body and closes: the kernel
// resets the connection, because input lies unread, and that destroys the answer.
//
// nginx: "writev() failed (104: Connection reset by peer) while sending request to upstream".
func EarlyAnswer() *simulator.Plan {
	return exchanges(simulator.LeaveUnread(), tooLarge(), simulator.Flush(), simulator.Close())
}

// EarlyAnswerLingering answers 413 before it has read the body, sends FIN and reads on until the peer ends: the answer arrives (RFC 9112, 9.6).
func EarlyAnswerLingering() *simulator.Plan {
	return exchanges(simulator.NoRead(), tooLarge(), simulator.LingerClose())
}

func tooLarge() simulator.Step {
	return simulator.Respond(simulator.Response{Status: 413, Body: "too large\n", Header: simulator.Fields{{Name: "Connection", Value: "close"}}})
}

// AnswerBeforeRequest sends a whole answer before it has read anything, and ends by a FIN.
func AnswerBeforeRequest() *simulator.Plan {
	return connections(raw("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"), simulator.FIN())
}

// NoColon has a header line without a colon (RFC 9112, 5).
//
// nginx: "upstream sent invalid header: "…" while reading response header from upstream".
func NoColon() *simulator.Plan {
	return answer("HTTP/1.1 200 OK\r\nX-App shop\r\nContent-Length: 3\r\n\r\nok\n")
}

// NulInHeader has a NUL in the value of a header line (RFC 9110, 5.5).
//
// nginx: "upstream sent invalid header: "…" while reading response header from upstream".
func NulInHeader() *simulator.Plan {
	return answer("HTTP/1.1 200 OK\r\nX-App: a\x00b\r\nContent-Length: 3\r\n\r\nok\n")
}

// SpaceInName has a space in the name of a header line (RFC 9112, 5.1).
//
// nginx: "upstream sent invalid header: "…" while reading response header from upstream".
func SpaceInName() *simulator.Plan {
	return answer("HTTP/1.1 200 OK\r\nX App: shop\r\nContent-Length: 3\r\n\r\nok\n")
}

// BadStatusLine begins its answer with a status that is no number (RFC 9112, 4).
//
// nginx: "upstream sent no valid HTTP/1.0 header while reading response header from upstream".
func BadStatusLine() *simulator.Plan {
	return answer("HTTP/1.1 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n")
}

// Garbage answers with text that is no HTTP, such as the banner of another service, and ends by a FIN.
//
// nginx: "upstream sent no valid HTTP/1.0 header while reading response header from upstream".
func Garbage(text string) *simulator.Plan { return answer(text) }

// TwoLengths answers with two equal Content-Length lines (RFC 9112, 6.3).
//
// nginx: "upstream sent duplicate header line: "Content-Length: 3", previous value: "Content-Length: 3"".
func TwoLengths() *simulator.Plan {
	return answer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nok\n")
}

// LengthAndChunked answers with both Content-Length and Transfer-Encoding (RFC 9112, 6.3).
//
// nginx: "upstream sent "Content-Length" and "Transfer-Encoding" headers at the same time".
func LengthAndChunked() *simulator.Plan {
	return answer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nok\n\r\n0\r\n\r\n")
}

// BadLength answers with a Content-Length that is no number (RFC 9110, 8.6).
//
// nginx: "upstream sent invalid "Content-Length" header".
func BadLength() *simulator.Plan { return answer("HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\nok\n") }

// UnknownEncoding answers with a Transfer-Encoding that nobody asked for (RFC 9112, 6.1).
//
// nginx: "upstream sent unknown "Transfer-Encoding": "gzip"".
func UnknownEncoding() *simulator.Plan {
	return answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok\n")
}

// ContinueOnly answers 100 Continue and ends by a FIN, without the real answer (RFC 9110, 15.2.1).
func ContinueOnly() *simulator.Plan {
	return exchanges(simulator.ReadBody(), simulator.Informational(100), simulator.FIN())
}

// HintsOnly answers 103 Early Hints and ends by a FIN, without the real answer (RFC 8297, 2).
func HintsOnly() *simulator.Plan {
	return exchanges(simulator.ReadBody(), simulator.Informational(103, simulator.Field{Name: "Link", Value: "</a.css>; rel=preload"}), simulator.FIN())
}

func raw(text string) simulator.Step { return simulator.Send(text) }

// answer reads the request, sends bytes as they are and ends by a FIN.
func answer(text string) *simulator.Plan {
	return exchanges(simulator.ReadBody(), raw(text), simulator.FIN())
}
