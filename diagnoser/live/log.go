package live

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/host/rootfs"
)

// textLimit is up to which size a log becomes part of the evidence itself, and so of its
// JSON; a larger one is read as a stream.
const textLimit = 4 << 20

// LogSource is one error log, from a byte offset on: where a mark was set, say. A log that
// is shorter than its offset was rotated since, and is read from its beginning.
type LogSource struct {
	Path   string
	Offset int64
}

// openLog is a log as it was when it was opened; what is written later is not looked at.
type openLog struct {
	name string
	text string
	file *os.File // of a large log; it is closed when nothing refers to it any more
	from int64
	size int64
}

type logSet []openLog

func openLogs(root string, sources []LogSource) (logSet, error) {
	var out logSet
	var errs error
	for _, s := range sources {
		l, err := openOne(root, s)
		if err != nil {
			errs = errors.Join(errs, fmt.Errorf("read log %s: %w", s.Path, err))
			continue
		}
		out = append(out, l)
	}
	return out, errs
}

func openOne(root string, s LogSource) (openLog, error) {
	f, err := rootfs.Open(root, s.Path)
	if err != nil {
		return openLog{}, err
	}
	st, err := f.Stat()
	if err != nil {
		return openLog{}, errors.Join(err, f.Close())
	}
	l := openLog{name: s.Path, file: f, from: s.Offset, size: st.Size()}
	if l.from < 0 || l.from > l.size {
		l.from = 0
	}
	if l.size-l.from > textLimit {
		return l, nil
	}
	text, err := io.ReadAll(l.section())
	l.text = string(text)
	err = errors.Join(err, f.Close())
	l.file = nil
	return l, err
}

func (l openLog) section() io.Reader { return io.NewSectionReader(l.file, l.from, l.size-l.from) }

// evidence makes the logs anew, each time with readers that stand at the beginning.
func (all logSet) evidence() []evidence.Log {
	var out []evidence.Log
	for _, l := range all {
		e := evidence.Log{Name: l.name, Text: l.text}
		if l.file != nil {
			e.Reader = l.section()
		}
		out = append(out, e)
	}
	return out
}
