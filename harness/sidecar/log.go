package sidecar

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// getLog reads the log from the offset in ?since=; without it only the present end is told, which is how a log is marked.
func (s *Server) getLog(r *http.Request) (any, error) {
	since := r.URL.Query().Get("since")
	if since == "" {
		info, err := os.Stat(s.path(LogPath))
		if err != nil {
			return nil, fmt.Errorf("mark log: %w", err)
		}
		return Events{Offset: info.Size()}, nil
	}
	offset, err := strconv.ParseInt(since, 10, 64)
	if err != nil {
		return nil, refuse("since: %v", err)
	}
	return s.readLog(r.Context(), offset)
}

func (s *Server) readLog(ctx context.Context, offset int64) (Events, error) {
	f, err := os.Open(s.path(LogPath))
	if err != nil {
		return Events{}, fmt.Errorf("read log: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.NewSectionReader(f, offset, 1<<20))
	if err != nil {
		return Events{}, fmt.Errorf("read log: %w", err)
	}
	e := Events{Offset: offset + int64(len(text)), Text: string(text)}
	for line := range strings.Lines(e.Text) {
		if strings.Contains(line, "[alert]") || strings.Contains(line, "[emerg]") {
			e.Alarms = append(e.Alarms, strings.TrimSpace(line))
		}
	}
	_, err = nginx.Scan(ctx, LogPath, strings.NewReader(e.Text), nginx.Sink{
		Event: func(ev evidence.Event) { e.Events = append(e.Events, ev) },
	})
	return e, err
}
