package simulator

import (
	"slices"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

type allOf []Match
type anyOf []Match
type noneOf struct{ m Match }

// All holds when each of the matches holds; without matches it always does.
func All(m ...Match) Match { return allOf(m) }

// Any holds when one of the matches holds.
func Any(m ...Match) Match { return anyOf(m) }

// Not holds when the match does not.
func Not(m Match) Match { return noneOf{m} }

var _ = registerMatch("all", "all: [{path: /a}, {method: POST}]", "holds when each of the listed matches does",
	func(d *strictyaml.Decoder, arg *yaml.Node) (Match, error) {
		m, err := decodeMatches(d, arg)
		return All(m...), err
	})
var _ = registerMatch("any", "any: [{path: /a}, {path: /b}]", "holds when one of the listed matches does",
	func(d *strictyaml.Decoder, arg *yaml.Node) (Match, error) {
		m, err := decodeMatches(d, arg)
		return Any(m...), err
	})
var _ = registerMatch("not", "not: {method: GET}", "holds when the match does not",
	func(d *strictyaml.Decoder, arg *yaml.Node) (Match, error) {
		m, err := decodeMatch(d, arg)
		return Not(m), err
	})

func decodeMatches(d *strictyaml.Decoder, arg *yaml.Node) ([]Match, error) {
	var items []*yaml.Node
	if err := d.Decode(arg, &items); err != nil {
		return nil, err
	}
	var list []Match
	for _, item := range items {
		m, err := decodeMatch(d, item)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// counting matches are asked last, so that they count only what all others let through.
type counting interface{ counts() }

func (l allOf) compile(s matchScope) (test, error) {
	ordered := slices.Clone(l)
	slices.SortStableFunc(ordered, func(a, b Match) int { return b2i(counts(a)) - b2i(counts(b)) })
	tests, err := compileMatches(ordered, s)
	return func(f *facts) bool {
		for _, t := range tests {
			if !t(f) {
				return false
			}
		}
		return true
	}, err
}

func counts(m Match) bool {
	_, ok := m.(counting)
	return ok
}

func (l anyOf) compile(s matchScope) (test, error) {
	tests, err := compileMatches(l, s)
	return func(f *facts) bool {
		return slices.ContainsFunc(tests, func(t test) bool { return t(f) })
	}, err
}

func (n noneOf) compile(s matchScope) (test, error) {
	t, err := n.m.compile(s)
	return func(f *facts) bool { return !t(f) }, err
}

func compileMatches(list []Match, s matchScope) ([]test, error) {
	var tests []test
	for _, m := range list {
		t, err := m.compile(s)
		if err != nil {
			return nil, err
		}
		tests = append(tests, t)
	}
	return tests, nil
}
