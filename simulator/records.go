package simulator

import (
	"github.com/badgateway/badgateway/simulator/fastcgi"
	"github.com/badgateway/badgateway/simulator/strictyaml"
)

// Records says how FastCGI output is cut into records.
type Records struct {
	Size    strictyaml.Size `yaml:"size,omitempty"`    // content per record; 65535 when 0
	Padding *uint8          `yaml:"padding,omitempty"` // per record; to a multiple of eight when nil
}

func (r Records) padding(length int64) uint8 {
	if r.Padding != nil {
		return *r.Padding
	}
	return fastcgi.AlignedPadding(int(length))
}

// placed is where a record's content came to lie in the raw stream.
type placed struct{ body, length int64 }

// requestIDs marks the id bytes of a record header for the exchange's own id.
var requestIDs = []idByte{{2, 8}, {3, 0}}

// record adds one right record for the exchange's request.
func (b *builder) record(t fastcgi.Type, content []segment, r Records) placed {
	length := sizeOf(content)
	h := fastcgi.Header{Version: fastcgi.Version, Type: t, ID: 1, Length: uint16(length), Padding: r.padding(length)}
	return b.rawRecord(h, requestIDs, content)
}

// rawRecord adds a record with any header.
func (b *builder) rawRecord(h fastcgi.Header, ids []idByte, content []segment) placed {
	b.out.mark(markRecordHeader, rawLayer)
	head := bytesSegment(h.Append(nil))
	head.ids = ids
	b.raw(head)
	b.out.mark(markRecordBody, rawLayer)
	p := placed{body: b.out.size[rawLayer]}
	for _, s := range content {
		b.raw(s)
		p.length += s.size
	}
	b.out.mark(markRecordPadding, rawLayer)
	b.raw(bytesSegment(make([]byte, h.Padding)))
	return p
}

// endRequest closes stdout and the request, as section 5.5 of the specification has it.
func (b *builder) endRequest(e fastcgi.End, r Records) {
	b.record(fastcgi.EndRequest, []segment{bytesSegment(e.Append(nil))}, r)
}

// closeStream adds the empty record that ends a stream.
func (b *builder) closeStream(t fastcgi.Type) { b.record(t, nil, Records{}) }
