package simulator

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"
)

// maxFrozen bounds the exchanges that a frozen plan lists for each decision.
const maxFrozen = 100_000

// endlessTurns is how many times a frozen plan lists for a step in an endless loop.
const endlessTurns = 64

// Freeze writes the plan in force with every random decision resolved, for so many connections with so many
// exchanges each. Read again it gives the same journal as this seed. Beyond these numbers a frozen prob never holds, and a frozen
// sleep is journaled as "failed".
func (s *Server) Freeze(connections, exchanges int) ([]byte, error) {
	gen := s.current.Load()
	if gen.plan.source == nil {
		return nil, errors.New("freeze the plan: it was made in Go, so there is no YAML to write")
	}
	if connections < 1 || exchanges < 1 || connections > maxFrozen || exchanges > maxFrozen || connections*exchanges > maxFrozen {
		return nil, fmt.Errorf("freeze the plan: want from 1 to %d exchanges in all, got %d connections with %d each", maxFrozen, connections, exchanges)
	}
	f := freezer{connections: uint64(connections), exchanges: exchanges, chances: map[*yaml.Node]*chance{}}
	for _, c := range gen.chances {
		if c.node != nil {
			f.chances[c.node] = c
		}
	}
	return yaml.Marshal(f.copy(gen.plan.source))
}

type freezer struct {
	connections uint64
	exchanges   int
	chances     map[*yaml.Node]*chance
}

// copy copies a tree and replaces what is a random decision.
func (f *freezer) copy(n *yaml.Node) *yaml.Node {
	out := *n
	out.Content = nil
	for i, child := range n.Content {
		c := f.chances[child]
		if c == nil {
			out.Content = append(out.Content, f.copy(child))
			continue
		}
		if child.Kind == yaml.ScalarNode { // prob: 0.1
			out.Content[i-1] = wordNode("drawn")
			out.Content = append(out.Content, f.holds(c))
		} else { // sleep: {uniform: …}
			out.Content = append(out.Content, mapOf(wordNode("drawn"), f.pauses(c)))
		}
	}
	return &out
}

// holds lists for each connection the exchanges for which a decision is yes; 0 is the connection itself, at accept.
func (f *freezer) holds(c *chance) *yaml.Node {
	out := mapOf()
	for conn := uint64(1); conn <= f.connections; conn++ {
		list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for exchange := 0; exchange <= f.exchanges; exchange++ {
			if c.value(place{conn: conn, exchange: exchange}) == true {
				list.Content = append(list.Content, numberNode(uint64(exchange)))
			}
		}
		if len(list.Content) > 0 {
			out.Content = append(out.Content, numberNode(conn), list)
		}
	}
	return out
}

func (f *freezer) pauses(c *chance) *yaml.Node {
	out := mapOf()
	for conn := uint64(1); conn <= f.connections; conn++ {
		exchanges := mapOf()
		for exchange := 0; exchange <= f.exchanges; exchange++ {
			list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
			for turn := range max(c.turns, 1) {
				list.Content = append(list.Content, wordNode(c.value(place{conn, exchange, turn}).(time.Duration).String()))
			}
			exchanges.Content = append(exchanges.Content, numberNode(uint64(exchange)), list)
		}
		out.Content = append(out.Content, numberNode(conn), exchanges)
	}
	return out
}

func mapOf(content ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle, Content: content}
}

func wordNode(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s} }

func numberNode(n uint64) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.FormatUint(n, 10)}
}
