package simulator

import "strings"

// lower is how names of fields are written in HTTP/2 (RFC 9113, 8.2); a wrong one takes the step frame.
func lower(name string) string { return strings.ToLower(name) }

// frames sends the response as HEADERS, DATA and, with trailers, HEADERS again (RFC 9113, 8.1).
func (r respond) frames(b *builder) error {
	b.statusLine(r.Status, r.Reason)
	r.headers(b)
	content := []segment{bytesSegment([]byte(r.Body)), fillSegment(int64(r.Fill))}
	if b.headOnly {
		content = nil
	}
	trailers := len(r.Trailer) > 0
	b.endHeadFrames(sizeOf(content) == 0 && !trailers)
	b.chunk(content, false)
	b.settleData(int64(r.Records.Size), !trailers)
	if trailers {
		b.trailers(r.Trailer)
	}
	return nil
}

// endHeadFrames ends the header block. The mark head_end lies behind its last
// frame and before the header of the next.
func (b *builder) endHeadFrames(endStream bool) {
	b.headOpen = false
	b.settleHead(true, endStream)
	b.out.mark(markHeadEnd, rawLayer)
	b.out.mark(markBody, bodyLayer)
}
