// Command tally counts tests for `make test`, whose last line is "N passed, N failed".
//
//	go test -json ./... | tally unit COUNTS    show packages and failures, write the counts
//	tally sum COUNTS GINKGO.json...            add up and print the last line
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// counts of tests. Skipped ones are neither passed nor failed.
type counts struct {
	Passed, Failed, Skipped int
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "tally:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "unit":
		return unit(os.Stdin, args[1])
	case len(args) > 1 && args[0] == "sum":
		return sum(args[1:])
	}
	return errors.New("usage: tally unit COUNTS | tally sum FILE [FILE]")
}

// event is one line of `go test -json` (cmd/test2json).
type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

func unit(r io.Reader, out string) error {
	var c counts
	output := map[string]*strings.Builder{}
	in := bufio.NewScanner(r)
	in.Buffer(nil, 4<<20)
	for in.Scan() {
		var e event
		if err := json.Unmarshal(in.Bytes(), &e); err != nil {
			fmt.Println(in.Text())
			continue
		}
		c.take(e, output)
	}
	if err := in.Err(); err != nil {
		return err
	}
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, data, 0o644); err != nil {
		return err
	}
	if c.Failed > 0 {
		return fmt.Errorf("%d tests failed", c.Failed)
	}
	return nil
}

func (c *counts) take(e event, output map[string]*strings.Builder) {
	key := e.Package + "." + e.Test
	switch e.Action {
	case "output":
		if output[key] == nil {
			output[key] = &strings.Builder{}
		}
		output[key].WriteString(e.Output)
	case "build-output":
		fmt.Print(e.Output)
	case "pass", "fail", "skip":
		c.end(e, output[key])
		delete(output, key)
	}
}

// end takes the end of a test, or of a package, which has no name of a test.
func (c *counts) end(e event, output *strings.Builder) {
	if e.Action == "fail" && output != nil {
		fmt.Print(output)
	}
	switch {
	case e.Test == "" && e.Action == "fail":
		c.Failed++ // it did not build, or ended outside a test; else it counts with its tests
		fmt.Printf("FAIL %s\n", e.Package)
	case e.Test == "":
		fmt.Printf("%-4s %-60s %6.1f s\n", map[string]string{"pass": "ok", "skip": "-"}[e.Action], e.Package, e.Elapsed)
	case e.Action == "pass":
		c.Passed++
	case e.Action == "fail":
		c.Failed++
	default:
		c.Skipped++
		if output != nil {
			fmt.Printf("skip %s", output)
		}
	}
}

func sum(files []string) error {
	var total counts
	for _, name := range files {
		c, err := read(name)
		if err != nil {
			total.Failed++
			fmt.Fprintln(os.Stderr, "tally:", err)
		}
		total.Passed += c.Passed
		total.Failed += c.Failed
		total.Skipped += c.Skipped
	}
	line := fmt.Sprintf("%d passed, %d failed", total.Passed, total.Failed)
	if total.Skipped > 0 {
		line += fmt.Sprintf(", %d skipped", total.Skipped)
	}
	fmt.Println(line)
	if total.Failed > 0 || total.Passed == 0 {
		os.Exit(1)
	}
	return nil
}

// read reads the counts of unit, or a report of Ginkgo.
func read(name string) (counts, error) {
	var c counts
	data, err := os.ReadFile(name)
	if err != nil {
		return c, fmt.Errorf("a part of the tests left no result: %w", err)
	}
	if err := json.Unmarshal(data, &c); err == nil {
		return c, nil
	}
	var suites []struct {
		SuiteSucceeded bool
		SpecReports    []struct {
			LeafNodeType, State string
			Failure             struct{ Message string }
		}
	}
	if err := json.Unmarshal(data, &suites); err != nil {
		return c, fmt.Errorf("%s: %w", name, err)
	}
	for _, s := range suites {
		before := c.Failed
		for _, spec := range s.SpecReports {
			if spec.State == "skipped" && spec.Failure.Message == "" {
				continue // another run has it: --label-filter left it out
			}
			c.add(spec.LeafNodeType, spec.State)
		}
		if !s.SuiteSucceeded && c.Failed == before {
			c.Failed++ // something outside the specs
		}
	}
	return c, nil
}

func (c *counts) add(node, state string) {
	switch {
	case state == "passed" && node == "It":
		c.Passed++
	case state == "skipped" || state == "pending":
		c.Skipped++
	case state != "passed":
		c.Failed++
	}
}
