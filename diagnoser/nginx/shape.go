package nginx

import (
	"hash/maphash"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// shapeKey is what tells kinds of records apart.
type shapeKey struct{ message, server, authority string }

// numbered are the beginnings of messages that end in a file's number, which tells nothing.
var numbered = []string{"an upstream response is buffered to a temporary file", bodyBuffered}

// byZone stands before the name of a limit's zone.
const byZone = " by zone "

func keyOf(e *evidence.Event) shapeKey {
	k := shapeKey{e.Message, e.Server, authority(e.Upstream)}
	if len(k.message) > 0 && k.message[0] == 'a' {
		for _, n := range numbered {
			if strings.HasPrefix(k.message, n) {
				k.message = n
			}
		}
	}
	if strings.HasPrefix(k.message, limiting) { // by how much differs
		if strings.Contains(k.message, ", dry run") {
			k.message = "limiting, dry run"
		} else if i := strings.Index(k.message, byZone); i >= 0 {
			k.message = k.message[i:]
		}
	}
	if e.Upstream == "" && isBodyFile(k.message) {
		k.message = "body file"
	}
	return k
}

// shape is a kind of record that was read before.
type shape struct {
	key   shapeKey
	kind  kind
	again func(Repeat)
}

const (
	// shapeSets times shapeWays bounds the shapes that are remembered; a new one takes the place of an
	// old one with the same hash.
	shapeSets = 1024
	shapeWays = 4
	// shapeMax bounds the text that a remembered shape keeps.
	shapeMax = 4096
)

type shapes struct {
	seed maphash.Seed
	sets [shapeSets][shapeWays]*shape // the one found last is first
}

func newShapes() *shapes { return &shapes{seed: maphash.MakeSeed()} }

func (s *shapes) set(k shapeKey) *[shapeWays]*shape {
	h := maphash.String(s.seed, k.message)*31 ^ maphash.String(s.seed, k.authority)
	if n := len(k.server); n > 0 {
		h ^= uint64(n)<<40 ^ uint64(k.server[0])<<8 ^ uint64(k.server[n/2])<<16 ^ uint64(k.server[n-1])<<24
	}
	return &s.sets[(h^h>>32)%shapeSets]
}

// find returns the shape of that key, nil where it is not remembered.
func (s *shapes) find(k shapeKey) *shape {
	set := s.set(k)
	for i, sh := range set {
		if sh != nil && sh.key == k {
			set[0], set[i] = sh, set[0]
			return sh
		}
	}
	return nil
}

// of is find for a record whose message may have been seen before.
func (s *shapes) of(m *message, k shapeKey) *shape {
	if m == nil {
		return s.find(k)
	}
	place := m.place(k.server, k.authority)
	if found := *place; found != nil && found.key.authority == k.authority && found.key.server == k.server {
		return found
	}
	found := s.find(k)
	if found != nil {
		*place = found
	}
	return found
}

// add remembers a shape in the place of the one that was not used for longest.
func (s *shapes) add(k shapeKey, sh shape) *shape {
	sh.key = k
	if len(k.message)+len(k.server)+len(k.authority) > shapeMax {
		return &sh
	}
	set := s.set(k)
	copy(set[1:], set[:shapeWays-1])
	set[0] = &sh
	return &sh
}
