package simulator

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

// Step is one instruction of a script. Constructors such as Respond and RST make
// steps; in YAML a step is a bare word or a map of one key, its name.
type Step interface {
	// compile adds what the step does to the program. What the socket or the
	// protocol cannot do is an error here, not at run time.
	compile(b *builder) error
}

// Script is a linear program for one connection or one exchange.
type Script []Step

// reads marks steps that say what is read of the request, so that Respond does not read the body itself.
type reads interface{ reads() }

// StepInfo describes a step for people.
type StepInfo struct {
	Name  string
	Usage string // an example in YAML
	Doc   string // one sentence, and the log line that the step provokes in nginx
}

type stepSpec struct {
	StepInfo
	// decode makes the step from what stands after its name; nil after a bare word.
	decode func(d *strictyaml.Decoder, arg *yaml.Node) (Step, error)
}

var stepSpecs = map[string]stepSpec{}

// registerStep is called by each step's file; a name given twice is a mistake in this package.
func registerStep(name, usage, doc string, decode func(*strictyaml.Decoder, *yaml.Node) (Step, error)) bool {
	if _, twice := stepSpecs[name]; twice {
		panic("simulator: step " + name + " is registered twice")
	}
	stepSpecs[name] = stepSpec{StepInfo{name, usage, doc}, decode}
	return true
}

// Steps describes all steps, sorted by name.
func Steps() []StepInfo {
	var list []StepInfo
	for _, name := range slices.Sorted(maps.Keys(stepSpecs)) {
		list = append(list, stepSpecs[name].StepInfo)
	}
	return list
}

// word decodes a step that has no argument.
func word(step Step) func(*strictyaml.Decoder, *yaml.Node) (Step, error) {
	return func(d *strictyaml.Decoder, arg *yaml.Node) (Step, error) {
		if arg != nil {
			return nil, d.Errorf(arg, "this step is a bare word and takes nothing")
		}
		return step, nil
	}
}

// argument decodes a step from its argument, which must be there.
func argument[T Step](d *strictyaml.Decoder, arg *yaml.Node) (Step, error) {
	var step T
	if arg == nil {
		return nil, errNoArgument
	}
	err := d.Decode(arg, &step)
	return step, err
}

// optional decodes a step that can be a bare word, too.
func optional[T Step](d *strictyaml.Decoder, arg *yaml.Node) (Step, error) {
	if arg == nil {
		var step T
		return step, nil
	}
	return argument[T](d, arg)
}

var errNoArgument = errors.New("no argument")

// DecodeStrict reads a script, a list of steps.
func (s *Script) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	if node.Kind != yaml.SequenceNode {
		return d.Errorf(node, "want a list of steps, got %s", strictyaml.Describe(node))
	}
	if err := checkCount(d, node, len(node.Content), MaxSteps, "steps"); err != nil {
		return err
	}
	script := Script{}
	for _, item := range node.Content {
		step, err := decodeStep(d, item)
		if err != nil {
			return err
		}
		script = append(script, located{step, strictyaml.PosOf(d.File(), item)})
	}
	*s = script
	return nil
}

func decodeStep(d *strictyaml.Decoder, node *yaml.Node) (Step, error) {
	name, arg := node, (*yaml.Node)(nil)
	if node.Kind == yaml.MappingNode && len(node.Content) == 2 {
		name, arg = node.Content[0], node.Content[1]
	} else if node.Kind != yaml.ScalarNode || strictyaml.IsNull(node) {
		return nil, d.Errorf(node, "want a step, which is a word or a map of one key, got %s", strictyaml.Describe(node))
	}
	spec, ok := stepSpecs[name.Value]
	if !ok {
		known := strings.Join(slices.Sorted(maps.Keys(stepSpecs)), ", ")
		return nil, d.Errorf(name, "unknown step %q (known: %s)", name.Value, known)
	}
	step, err := spec.decode(d, arg)
	if errors.Is(err, errNoArgument) {
		return nil, d.Errorf(name, "%s needs a value, as in: %s", name.Value, spec.Usage)
	}
	return step, err
}

// located is a step with its place in the user's file.
type located struct {
	Step
	pos strictyaml.Pos
}

func unwrap(s Step) Step {
	if l, ok := s.(located); ok {
		return l.Step
	}
	return s
}

// at puts the step's place before an error that has none yet.
func at(s Step, err error) error {
	var placed *strictyaml.Error
	if l, ok := s.(located); ok && !errors.As(err, &placed) {
		return strictyaml.NewError(l.pos, "%w", err)
	}
	return err
}

// Do makes a script of steps.
func Do(steps ...Step) Script { return steps }

// decodeArgument decodes what stands after a step's name.
func decodeArgument[T any](d *strictyaml.Decoder, arg *yaml.Node) (T, error) {
	var v T
	if arg == nil {
		return v, errNoArgument
	}
	err := d.Decode(arg, &v)
	return v, err
}
