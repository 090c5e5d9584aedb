package bench

import (
	"fmt"
	"strconv"
	"strings"
)

// Limit is what a figure must keep to: a relation and a number, as it is printed.
type Limit string

// None is the limit of a figure that is only shown.
const None Limit = ""

// AtLeast is the limit of what must not be lower.
func AtLeast(v float64) Limit { return limit("≥", v) }

// AtMost is the limit of what must not be higher.
func AtMost(v float64) Limit { return limit("≤", v) }

// Exactly is the limit of what is counted.
func Exactly(v float64) Limit { return limit("=", v) }

func limit(relation string, v float64) Limit {
	return Limit(relation + " " + strconv.FormatFloat(v, 'f', -1, 64))
}

func (l Limit) holds(v float64) bool {
	if l == None {
		return true
	}
	relation, number, _ := strings.Cut(string(l), " ")
	want, err := strconv.ParseFloat(number, 64)
	if err != nil {
		panic(fmt.Sprintf("bench: limit %q has no number", l))
	}
	switch relation {
	case "≥":
		return v >= want
	case "≤":
		return v <= want
	case "=":
		return v == want
	}
	panic(fmt.Sprintf("bench: limit %q has no relation", l))
}
