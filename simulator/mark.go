package simulator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

// Mark names a place in the output of a script. Bytes before it are sent, the
// byte at it is not. Plus counts bytes of the thing marked: body bytes after
// "body" (chunk framing, FastCGI record headers and HTTP/2 frame headers not counted), bytes of the
// response text (in HTTP/2 of the header block) after "header", raw bytes after the mark of a record or frame.
type Mark struct {
	Mark  string `yaml:"mark" strict:"required"`
	Index int    `yaml:"index,omitempty"` // the how-maniest header, chunk or record, from 0
	Plus  int64  `yaml:"plus,omitempty"`
}

// Names of marks.
const (
	markStart         = "start"
	markStatusLine    = "status_line"
	markHeader        = "header"
	markHeadEnd       = "head_end"
	markBody          = "body"
	markChunkSize     = "chunk_size"
	markChunkData     = "chunk_data"
	markLastChunk     = "last_chunk"
	markRecordHeader  = "record_header"
	markRecordBody    = "record_body"
	markRecordPadding = "record_padding"
	markFrameHeader   = "frame_header"
	markFrameBody     = "frame_body"
	markEnd           = "end"
)

var markNames = []string{markBody, markChunkData, markChunkSize, markEnd, markFrameBody, markFrameHeader, markHeadEnd, markHeader, markLastChunk,
	markRecordBody, markRecordHeader, markRecordPadding, markStart, markStatusLine}

// Marks lists the names of marks, sorted.
func Marks() []string { return slices.Clone(markNames) }

// Start is the first byte of the script's output.
func Start() Mark { return Mark{Mark: markStart} }

// StatusLine is the first byte of the status line.
func StatusLine() Mark { return Mark{Mark: markStatusLine} }

// HeaderAt is the first byte of the i-th header line, from 0.
func HeaderAt(i int) Mark { return Mark{Mark: markHeader, Index: i} }

// HeadEnd is where the blank line after the headers has been sent.
func HeadEnd() Mark { return Mark{Mark: markHeadEnd} }

// Body is where n bytes of the body have been sent.
func Body(n int64) Mark { return Mark{Mark: markBody, Plus: n} }

// ChunkSize is the first byte of the i-th chunk's size line.
func ChunkSize(i int) Mark { return Mark{Mark: markChunkSize, Index: i} }

// ChunkData is the first byte of the i-th chunk's data.
func ChunkData(i int) Mark { return Mark{Mark: markChunkData, Index: i} }

// LastChunkMark is the first byte of the empty chunk that ends a chunked body.
func LastChunkMark() Mark { return Mark{Mark: markLastChunk} }

// RecordHeader is the first byte of the i-th FastCGI record.
func RecordHeader(i int) Mark { return Mark{Mark: markRecordHeader, Index: i} }

// RecordBody is the first content byte of the i-th FastCGI record.
func RecordBody(i int) Mark { return Mark{Mark: markRecordBody, Index: i} }

// RecordPadding is the first padding byte of the i-th FastCGI record.
func RecordPadding(i int) Mark { return Mark{Mark: markRecordPadding, Index: i} }

// FrameHeader is the first byte of the i-th HTTP/2 frame.
func FrameHeader(i int) Mark { return Mark{Mark: markFrameHeader, Index: i} }

// FrameBody is the first payload byte of the i-th HTTP/2 frame.
func FrameBody(i int) Mark { return Mark{Mark: markFrameBody, Index: i} }

// End is where the whole output has been sent.
func End() Mark { return Mark{Mark: markEnd} }

// Add moves the mark k bytes further.
func (m Mark) Add(k int64) Mark {
	m.Plus += k
	return m
}

// String writes the mark as "body[0]+512".
func (m Mark) String() string { return fmt.Sprintf("%s[%d]+%d", m.Mark, m.Index, m.Plus) }

// DecodeStrict reads a mark from its bare name or from {mark, index, plus}.
func (m *Mark) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode && !strictyaml.IsNull(node) {
		m.Mark = node.Value
		return checkMark(d, node, *m)
	}
	type plain Mark
	if err := d.Decode(node, (*plain)(m)); err != nil {
		return err
	}
	return checkMark(d, node, *m)
}

func checkMark(d *strictyaml.Decoder, node *yaml.Node, m Mark) error {
	if !slices.Contains(markNames, m.Mark) {
		return d.Errorf(node, "unknown mark %q (known: %s)", m.Mark, strings.Join(markNames, ", "))
	}
	if m.Index < 0 || m.Plus < 0 {
		return d.Errorf(node, "index and plus of a mark cannot be negative")
	}
	return nil
}
