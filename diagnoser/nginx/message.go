package nginx

import (
	"encoding/binary"
	"strings"
)

// message is one that many records have, up to their client field.
type message struct {
	text   string // as readContext reads it
	whole  string // with the beginning of the client field
	named  bool   // it names the upstream at its end
	marked bool
	shapes [messageShapes]*shape // of records with it: the one met last of those that share a place
}

// messageShapes is how many shapes of one message are found without a search.
const messageShapes = 64

// place returns where the shape of records with this message, a server and an upstream's address is kept.
func (m *message) place(server, authority string) **shape {
	n := uint(len(server))
	if a := len(authority); a > 7 {
		n += uint(authority[a-1])*31 + uint(authority[a-3])*17 + uint(authority[a-6])*7 + uint(authority[a-7])*13
	}
	return &m.shapes[n%messageShapes]
}

const (
	// messageSets times messageWays bounds the messages that are remembered. None is forgotten.
	messageSets = 256
	messageWays = 4
	// messageLong bounds the text of each.
	messageLong = 512
)

// messages are those that were seen before: of them nothing needs to be looked for.
type messages struct {
	sets   [messageSets][messageWays]*message
	limits [8]*message // those that begin with excess, from the zone on
}

// set tells messages apart by some of their bytes: a hash of all is not worth it.
func (m *messages) set(rest string) *[messageWays]*message {
	const behind = 56 // where messages that begin alike differ
	b := bytesOf(rest)
	v := binary.LittleEndian.Uint64(b) ^ binary.LittleEndian.Uint64(b[behind:])
	return &m.sets[v*0x9e3779b97f4a7c15>>56]
}

// messageShort is the least length of what stands behind a record's head for its message to be remembered.
const messageShort = 64

// find returns the message with which the rest of a record begins, nil where it was not seen.
func (m *messages) find(rest string) *message {
	if len(rest) < messageShort {
		return nil
	}
	for _, one := range m.set(rest) {
		if one == nil {
			return nil
		}
		if strings.HasPrefix(rest, one.whole) {
			return one
		}
	}
	return nil
}

// add remembers the message that ends at the client field, unless it has something of its own request in it.
func (m *messages) add(rest string, at int, named bool) {
	const client = ", client: "
	if len(rest) < messageShort || at > messageLong || strings.IndexByte(rest[:at], '"') >= 0 || strings.HasSuffix(rest[:at], " ") ||
		named != strings.HasSuffix(rest[:at], "upstream") || strings.Contains(rest[:at], client) || strings.Contains(rest[:at], "temporary file") || strings.Contains(rest[:at], "**(") {
		return
	}
	set := m.set(rest)
	for i, one := range set {
		if one == nil {
			whole := strings.Clone(rest[:at+len(client)])
			set[i] = &message{text: whole[:at], whole: whole, named: named, marked: marked(whole[:at])}
			return
		}
	}
}

// excess is how messages of limit_req begin: what follows is a number that differs, and the zone.
const excess = "limiting requests, excess: "

// limit finds the message of a limit of which only the number differs, and where it ends; nil where it is another one.
func (m *messages) limit(rest string) (at int, found *message) {
	const client = ", client: "
	if !strings.HasPrefix(rest, excess) {
		return 0, nil
	}
	i := len(excess)
	for i < len(rest) && (rest[i]-'0' <= 9 || rest[i] == '.') {
		i++
	}
	for n, one := range m.limits {
		switch {
		case one != nil && strings.HasPrefix(rest[i:], one.whole):
			return i + len(one.text), one
		case one == nil:
			end := strings.Index(rest[i:], client)
			if !strings.HasPrefix(rest[i:], byZone) || end < 0 || end > messageLong {
				return 0, nil
			}
			whole := strings.Clone(rest[i : i+end+len(client)])
			m.limits[n] = &message{text: whole[:end], whole: whole, marked: true}
			return i + end, m.limits[n]
		}
	}
	return 0, nil
}

// messageOf finds where a record's message ends, -1 where it does not, tells whether the record is one to
// be read, and returns its message if that was seen before.
func (s *scanner) messageOf(rest string) (at int, look bool, m *message) {
	if at, m = s.messages.limit(rest); m != nil {
		return at, true, m
	}
	m = s.messages.find(rest)
	if m != nil && (m.named || !strings.Contains(rest[len(m.text):], "upstream")) {
		return len(m.text), m.named || m.marked, m
	}
	at, named := clientAt(rest)
	if at < 0 {
		return at, false, nil
	}
	s.messages.add(rest, at, named)
	return at, named || marked(rest[:at]), nil
}
