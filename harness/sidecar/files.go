package sidecar

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"github.com/badgateway/badgateway/harness/scenario"
)

func (s *Server) putFiles(r *http.Request) (any, error) {
	f, err := body[Files](r)
	if err != nil {
		return nil, err
	}
	for _, file := range f.Files {
		if err := s.makeFile(file); err != nil {
			return nil, fmt.Errorf("make %s: %w", file.Path, err)
		}
	}
	return struct{}{}, nil
}

// makeFile makes one file or directory as declared. What is there keeps its owner.
func (s *Server) makeFile(f scenario.File) error {
	if !filepath.IsAbs(f.Path) {
		return refuse("the path must be absolute")
	}
	path, mode := s.path(f.Path), fs.FileMode(0o644)
	if f.Dir {
		mode = 0o755
	}
	mode = *cmp.Or(f.Mode, &mode)
	if f.Dir {
		return errors.Join(os.MkdirAll(path, mode), os.Chmod(path, mode))
	}
	if err := s.remember(f.Path); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return errors.Join(os.WriteFile(path, []byte(f.Text), mode), os.Chmod(path, mode))
}
