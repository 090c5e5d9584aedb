package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestExplainLogFormat(t *testing.T) {
	c := explainCommand()
	var out bytes.Buffer
	c.SetOut(&out)
	c.SetArgs([]string{"log-format"})
	if err := c.Execute(); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.Contains(text, "log_format upstream ") || !strings.Contains(text, "uht=\"$upstream_header_time\"") {
		t.Errorf("got %s", text)
	}
}
