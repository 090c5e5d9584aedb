package fastcgi

import (
	"encoding/binary"
	"errors"
)

// KeepConn is the flag of BEGIN_REQUEST that leaves closing to the web server (section 5.1).
const KeepConn = 1

// Role is what the web server asks the application to be (section 5.1).
type Role uint16

// The roles.
const (
	Responder  Role = 1
	Authorizer Role = 2
	Filter     Role = 3
)

// Status is the protocol status of END_REQUEST (section 5.5).
type Status uint8

// The protocol statuses.
const (
	RequestComplete Status = 0
	CantMultiplex   Status = 1
	Overloaded      Status = 2
	UnknownRole     Status = 3
)

// Begin is the content of BEGIN_REQUEST.
type Begin struct {
	Role  Role
	Flags uint8
}

// ParseBegin decodes the content of BEGIN_REQUEST.
func ParseBegin(b []byte) (Begin, error) {
	if len(b) < 8 {
		return Begin{}, errors.New("begin request is shorter than 8 bytes")
	}
	return Begin{Role: Role(binary.BigEndian.Uint16(b)), Flags: b[2]}, nil
}

// Append encodes the content.
func (b Begin) Append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(b.Role))
	return append(dst, b.Flags, 0, 0, 0, 0, 0)
}

// End is the content of END_REQUEST.
type End struct {
	App      uint32 // the application's exit status
	Protocol Status
}

// ParseEnd decodes the content of END_REQUEST.
func ParseEnd(b []byte) (End, error) {
	if len(b) < 8 {
		return End{}, errors.New("end request is shorter than 8 bytes")
	}
	return End{App: binary.BigEndian.Uint32(b), Protocol: Status(b[4])}, nil
}

// Append encodes the content.
func (e End) Append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, e.App)
	return append(dst, byte(e.Protocol), 0, 0, 0)
}
