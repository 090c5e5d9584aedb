package live

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/host/rootfs"
	crossplane "github.com/nginxinc/nginx-go-crossplane"
)

// ReadConfig reads the main file and all that it includes, byte for byte and once each, in
// the order in which nginx meets them. A file that does not parse is evidence too; only
// files that cannot be read are errors.
func ReadConfig(root, path string) ([]evidence.File, error) {
	r := &configReader{root: root, seen: map[string]bool{}}
	if err := r.parse(path); err != nil {
		r.errs = errors.Join(r.errs, fmt.Errorf("read configuration %s: %w", path, err))
	}
	return r.files, r.errs
}

// parse follows the includes. The library panics on some input that is no configuration.
func (r *configReader) parse(path string) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("not read to its end: holds what the parser does not understand")
		}
	}()
	_, err = crossplane.Parse(path, &crossplane.ParseOptions{
		Open:                      r.open,
		Glob:                      r.glob,
		SkipDirectiveContextCheck: true,
		SkipDirectiveArgsCheck:    true,
	})
	return err
}

type configReader struct {
	root  string
	seen  map[string]bool
	files []evidence.File
	errs  error
}

// open answers an empty file for one that cannot be read, so that the others are found.
func (r *configReader) open(path string) (io.ReadCloser, error) {
	text, err := rootfs.ReadFile(r.root, path)
	if !r.seen[path] {
		r.seen[path] = true
		if err != nil {
			r.errs = errors.Join(r.errs, fmt.Errorf("read configuration %s: %w", path, err))
		} else {
			r.files = append(r.files, evidence.File{Path: path, Text: string(text)})
		}
	}
	return io.NopCloser(bytes.NewReader(text)), nil
}

func (r *configReader) glob(pattern string) ([]string, error) {
	found, err := rootfs.Glob(r.root, pattern)
	if err != nil {
		r.errs = errors.Join(r.errs, fmt.Errorf("read configuration %s: %w", pattern, err))
	}
	return found, nil
}
