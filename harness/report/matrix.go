package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// matrixRow is one scenario, with a cell for each version.
type matrixRow struct {
	First                     bool // of its cause
	Cause, Scenario, Statuses string
	Variants                  []string
	Cells                     []matrixCell
}

// matrixCell are the drills of one version, in the order of the row's variants; nil where one was not run.
type matrixCell struct {
	Version string
	Drills  []*pageDrill
}

// matrix has a row for each scenario, sorted by causes.
func matrix(drills []*pageDrill, versions []string) []*matrixRow {
	byScenario := map[string][]*pageDrill{}
	for _, d := range drills {
		byScenario[d.Result.Scenario] = append(byScenario[d.Result.Scenario], d)
	}
	var rows []*matrixRow
	for _, list := range byScenario {
		rows = append(rows, newMatrixRow(list, versions))
	}
	slices.SortFunc(rows, func(a, b *matrixRow) int {
		return cmp.Or(cmp.Compare(a.Cause, b.Cause), cmp.Compare(a.Scenario, b.Scenario))
	})
	for i, row := range rows {
		row.First = i == 0 || rows[i-1].Cause != row.Cause
	}
	return rows
}

func newMatrixRow(drills []*pageDrill, versions []string) *matrixRow {
	row := &matrixRow{Cause: drills[0].Result.Cause, Scenario: drills[0].Result.Scenario}
	var statuses []string
	for _, d := range drills {
		row.Variants = append(row.Variants, d.Result.Variant)
		if d.Result.Status != 0 {
			statuses = append(statuses, fmt.Sprint(d.Result.Status))
		}
	}
	row.Variants, row.Statuses = unique(row.Variants), cmp.Or(strings.Join(unique(statuses), ", "), "–")
	for _, v := range versions {
		row.Cells = append(row.Cells, matrixCell{v, make([]*pageDrill, len(row.Variants))})
	}
	for _, d := range drills {
		row.Cells[slices.Index(versions, d.Result.Version)].Drills[slices.Index(row.Variants, d.Result.Variant)] = d
	}
	return row
}
