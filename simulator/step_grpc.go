package simulator

import (
	"encoding/binary"
	"strconv"

	"github.com/badgateway/badgateway/simulator/strictyaml"
)

// GRPCAnswer is the answer to a unary gRPC call.
type GRPCAnswer struct {
	Status  uint32          `yaml:"status,omitempty"`  // grpc-status: 0 is OK, 14 is UNAVAILABLE
	Message string          `yaml:"message,omitempty"` // grpc-message
	Reply   string          `yaml:"reply,omitempty"`   // the encoded message
	Fill    strictyaml.Size `yaml:"fill,omitempty"`    // so many bytes of filler after Reply
	Header  Fields          `yaml:"header,omitempty"`
}

type grpc GRPCAnswer

// GRPC answers a unary call: headers, the message behind its five bytes of prefix, and the status in trailers. An error without a
// reply is one block of fields, as gRPC servers send it ("Trailers-Only" of gRPC over HTTP/2).
func GRPC(a GRPCAnswer) Step { return grpc(a) }

var _ = registerStep("grpc", "grpc: {status: 14, message: try later}", "answers a gRPC call, its status in trailers", optional[grpc])

func (g grpc) compile(b *builder) error {
	if err := b.needHTTP2("grpc"); err != nil {
		return err
	}
	status := Fields{{"grpc-status", strconv.FormatUint(uint64(g.Status), 10)}}
	if g.Message != "" {
		status = append(status, Field{"grpc-message", g.Message})
	}
	r := respond{Header: append(Fields{{"content-type", "application/grpc"}}, g.Header...), Length: &ContentLength{None: true}}
	size := int64(len(g.Reply)) + int64(g.Fill)
	if g.Status != 0 && size == 0 {
		r.Header = append(r.Header, status...)
		return r.compile(b)
	}
	prefix := binary.BigEndian.AppendUint32([]byte{0}, uint32(size))
	r.Body, r.Fill, r.Trailer = string(prefix)+g.Reply, g.Fill, status
	return r.compile(b)
}
