package simulator

import "fmt"

// Limits of what one plan compiles to, so that a few bytes of YAML (a loop in a loop, a gigabyte in records of one byte)
// cannot take all memory. Filler counts little, because it is not held.
const (
	maxPieces  = 1 << 19
	maxLiteral = 256 << 20
)

// budget is what is left of these limits while a plan is compiled.
type budget struct{ pieces, literal int64 }

func newBudget() *budget { return &budget{maxPieces, maxLiteral} }

// spend counts a piece of output or an instruction; a builder without a budget is not limited.
func (b *budget) spend(literal int) {
	if b != nil {
		b.pieces--
		b.literal -= int64(literal)
	}
}

// expect gives up at once where at least so many pieces will follow that the limit is passed,
// before memory is spent on them.
func (b *budget) expect(pieces int64) {
	if b != nil && pieces > b.pieces {
		b.pieces = -1
	}
}

// left is how many pieces there may still be.
func (b *budget) left() int64 {
	if b == nil {
		return 0
	}
	return b.pieces
}

func (b *budget) over() bool { return b != nil && (b.pieces < 0 || b.literal < 0) }

func (b *budget) check() error {
	if b.over() {
		return fmt.Errorf("the plan is too big: its scripts compile to more than %d pieces or %d MiB; use fewer repetitions, or fill", maxPieces, maxLiteral>>20)
	}
	return nil
}
