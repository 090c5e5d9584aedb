package diagnoser

import (
	"cmp"
	"io"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// SARIFOptions say what a report's places refer to.
type SARIFOptions struct {
	// Files are the configuration as it was read: with their text a place has columns and
	// an edit a region.
	Files []evidence.File
	// Root is a folder; files below it are named relative to it, which a code host needs
	// to show them. Empty for none.
	Root    string
	Version string // of this program
}

// sarifSchema names the schema that the log follows.
const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// WriteSARIF writes the report in the Static Analysis Results Interchange Format,
// version 2.1.0: each finding is a result at its line of the configuration, or of the
// log where no configuration was given. Edits are fixes. The error is the writer's.
func (r *Report) WriteSARIF(w io.Writer, opts SARIFOptions) error {
	s := sarifWriter{opts: opts, index: map[string]int{}}
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	for _, f := range r.Findings {
		run.Results = append(run.Results, s.result(f))
	}
	run.Tool.Driver = sarifDriver{Name: "badgateway", Version: opts.Version, Rules: s.rules}
	if run.Tool.Driver.Rules == nil {
		run.Tool.Driver.Rules = []sarifRule{}
	}
	if opts.Root != "" {
		run.Bases = map[string]sarifArtifact{"SRCROOT": {URI: fileURI(strings.TrimSuffix(opts.Root, "/") + "/")}}
	}
	return writeJSON(w, sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

type sarifWriter struct {
	opts  SARIFOptions
	rules []sarifRule
	index map[string]int
}

func (s *sarifWriter) result(f Finding) sarifResult {
	id := cmp.Or(f.Check, f.Cause)
	res := sarifResult{RuleID: id, RuleIndex: s.rule(id), Level: sarifLevel(f), Message: sarifText{Text: printable(sarifMessage(f))},
		Properties: map[string]any{"certainty": f.Certainty, "cause": f.Cause, "count": f.Count}}
	if at := s.location(f); at != nil {
		res.Locations = []sarifLocation{*at}
	}
	for _, remedy := range f.Remedies {
		if fix, ok := s.fix(remedy); ok {
			res.Fixes = append(res.Fixes, fix)
		}
	}
	return res
}

// sarifLevel: what a check says of itself; a failure in the log is an error unless it is merely possible.
func sarifLevel(f Finding) string {
	switch {
	case f.Severity != "":
		return f.Severity
	case f.Kind == "other":
		return SeverityNote
	case f.Certainty == Possible:
		return SeverityWarning
	}
	return SeverityError
}

func sarifMessage(f Finding) string {
	var b strings.Builder
	b.WriteString(verdictLine(f))
	for _, e := range f.Evidence {
		b.WriteString(". " + e.Source + ": " + e.Text)
	}
	for _, remedy := range f.Remedies {
		b.WriteString(". Remedy: " + remedy.Summary)
		if remedy.Proof != "" {
			b.WriteString(" (" + tried(remedy.Verified) + remedy.Proof + ")")
		}
	}
	return b.String()
}

// rule lists a rule with its help once and returns its index.
func (s *sarifWriter) rule(id string) int {
	if i, ok := s.index[id]; ok {
		return i
	}
	help, _ := Explain(id)
	short, level := id, SeverityError
	if c, ok := checks[id]; ok {
		level = c.severity
		cause, _ := CauseNamed(c.cause)
		short = "Leads to " + c.cause + ": " + cause.Meaning
	} else if c, ok := CauseNamed(id); ok {
		short = c.Meaning
	}
	s.index[id] = len(s.rules)
	s.rules = append(s.rules, sarifRule{ID: id, Short: sarifText{Text: short}, Help: sarifText{Text: cmp.Or(help, short)}, Default: sarifDefault{level}})
	return s.index[id]
}

func (s *sarifWriter) location(f Finding) *sarifLocation {
	if w := f.Where; w != nil {
		region := sarifRegion{StartLine: max(1, w.Line), StartColumn: max(1, w.Column)}
		if line, ok := s.line(w.File, w.Line); ok && region.StartColumn-1 <= len(line) {
			region.EndColumn = utf8.RuneCountInString(strings.TrimRight(line, "\r")) + 1
			region.StartColumn = utf8.RuneCountInString(line[:region.StartColumn-1]) + 1
			if region.EndColumn <= region.StartColumn {
				region.EndColumn = 0
			}
		}
		return &sarifLocation{sarifPhysical{s.artifact(w.File), region}}
	}
	for _, e := range f.Evidence {
		at := strings.LastIndexByte(e.Ref, ':')
		if at < 0 {
			continue
		}
		if line, err := strconv.Atoi(e.Ref[at+1:]); err == nil && line > 0 {
			return &sarifLocation{sarifPhysical{s.artifact(e.Ref[:at]), sarifRegion{StartLine: line}}}
		}
	}
	return nil
}

func (s *sarifWriter) fix(r Remedy) (sarifFix, bool) {
	fix := sarifFix{Description: sarifText{Text: printable(r.Summary)}}
	if r.Proof != "" {
		fix.Properties = map[string]any{"proof": printable(r.Proof)}
		if r.Verified != nil {
			fix.Properties["verified"] = *r.Verified
		}
	}
	for _, e := range r.Edits {
		region, ok := s.region(e)
		if !ok {
			return fix, false
		}
		change := sarifReplacement{Deleted: region, Inserted: &sarifText{Text: e.New}}
		artifact := s.artifact(e.File)
		if n := len(fix.Changes); n > 0 && fix.Changes[n-1].Artifact == artifact {
			fix.Changes[n-1].Replacements = append(fix.Changes[n-1].Replacements, change)
			continue
		}
		fix.Changes = append(fix.Changes, sarifChange{artifact, []sarifReplacement{change}})
	}
	return fix, len(fix.Changes) > 0
}

// region is the text that an edit replaces, an insertion point where it replaces none.
func (s *sarifWriter) region(e Edit) (sarifRegion, bool) {
	text, ok := s.text(e.File)
	end := e.Offset + len(e.Old)
	if !ok || end > len(text) || e.Offset < 0 {
		return sarifRegion{}, false
	}
	r := sarifRegion{ByteOffset: &e.Offset, ByteLength: new(int)}
	*r.ByteLength = len(e.Old)
	r.StartLine, r.StartColumn = lineColumn(text[:e.Offset])
	r.EndLine, r.EndColumn = lineColumn(text[:end])
	return r, true
}

// lineColumn is where a text ends, in lines and code points from 1.
func lineColumn(before string) (line, column int) {
	last := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[last:]) + 1
}

func (s *sarifWriter) text(file string) (string, bool) {
	for _, f := range s.opts.Files {
		if f.Path == file {
			return f.Text, true
		}
	}
	return "", false
}

func (s *sarifWriter) line(file string, n int) (string, bool) {
	text, ok := s.text(file)
	lines := strings.Split(text, "\n")
	if !ok || n < 1 || n > len(lines) {
		return "", false
	}
	return lines[n-1], true
}

func (s *sarifWriter) artifact(file string) sarifArtifact {
	root := strings.TrimSuffix(s.opts.Root, "/") + "/"
	if rest, ok := strings.CutPrefix(file, root); ok && s.opts.Root != "" {
		return sarifArtifact{URI: (&url.URL{Path: rest}).String(), Base: "SRCROOT"}
	}
	if path.IsAbs(file) {
		return sarifArtifact{URI: fileURI(file)}
	}
	return sarifArtifact{URI: (&url.URL{Path: file}).String()}
}

func fileURI(file string) string { return (&url.URL{Scheme: "file", Path: file}).String() }
