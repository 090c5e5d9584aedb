package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/badgateway/badgateway/harness/drill"
	"github.com/badgateway/badgateway/harness/report"
	"github.com/badgateway/badgateway/harness/scenario"
)

type runFlags struct {
	drill.Options
	labels  []string
	shard   string
	procs   int
	dir     string
	verbose bool
}

func runCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run [NAME[/VARIANT]...]",
		Short: "Run scenarios: break, diagnose, mend, prove",
		Long: `Run scenarios, all of them when none is named. Each drill gets a proxy of its own:
the fault is made, the symptom is compared with the declaration, the diagnoser
concludes from evidence alone, every trap is sprung, the proposed remedy is
applied, and the steady state must be back.`,
		Example: `  badgateway scenarios run
  badgateway scenarios run wrong-port oversized-header/fastcgi-unix
  badgateway scenarios run --proxy-version all --procs 4
  badgateway scenarios run --label tls --label http --shard 2/5
  badgateway scenarios run wrong-port/http-tcp --keep`,
		ValidArgsFunction: completeScenarios,
		RunE:              func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	proxyFlags(c, &f.Options)
	c.Flags().StringSliceVar(&f.labels, "label", nil, "only drills with this label: a level, cause, family of causes,\nprotocol or transport; of several, with all of them")
	c.Flags().StringVar(&f.shard, "shard", "", "only a part of the run, 2/5 is the second of five")
	c.Flags().IntVar(&f.procs, "procs", 0, "drills at a time; 0 finds out what the machine bears")
	c.Flags().StringVar(&f.dir, "report", "report", "directory for index.html, summary.md and scenarios.json")
	c.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "tell each drill: symptom, diagnosis, traps, remedy")
	c.Flags().BoolVar(&f.Keep, "keep", false, "leave one drill broken, for a person to repair")
	return c
}

func (f *runFlags) run(c *cobra.Command, args []string) error {
	catalogue, err := scenario.Builtin()
	if err != nil {
		return usage(err)
	}
	shard, err := scenario.ParseShard(f.shard)
	if err != nil {
		return usage(err)
	}
	drills, err := catalogue.Select(scenario.Selection{Names: args, Labels: f.labels, Shard: shard})
	if err != nil {
		return usage(err)
	}
	p := newProgress(c.ErrOrStderr())
	f.Catalogue, f.Drills, f.Logf, f.Statusf = catalogue, drills, p.say, p.line
	env, err := setup(c.Context(), f.Options)
	p.done()
	if err != nil {
		return err
	}
	if f.Keep {
		return errors.Join(keep(c.Context(), env, drills[0], c.OutOrStdout()), env.Close())
	}
	return errors.Join(f.runAll(c, env, env.Jobs(drills)), env.Close())
}

func (f *runFlags) runAll(c *cobra.Command, env *drill.Environment, jobs []drill.Job) error {
	out := c.OutOrStdout()
	p := newProgress(c.ErrOrStderr())
	var results []drill.Result
	var records []drill.Record
	report.Header(out)
	err := env.RunAll(c.Context(), jobs, drill.Batch{Procs: f.procs, Done: func(s *drill.Session, err error) {
		p.done()
		if err != nil {
			s.Result.Verdict = cmp.Or(s.Result.Verdict, drill.Failed)
		}
		results, records = append(results, s.Result), append(records, s.Record())
		report.Row(out, s.Result)
		if f.verbose && err == nil {
			report.Story(out, s, textOptions(out))
		}
		if p.width > 0 {
			p.line("%d of %d drills", len(results), len(jobs))
		}
	}, Limit: func(n int) { p.line("%d at a time", n) }})
	p.done()
	report.Footer(out, results)
	if werr := report.Write(f.dir, records); werr != nil {
		return usage(werr)
	}
	return verdict(err, results)
}

// verdict is the exit status. What went wrong with a drill stands in its row already.
func verdict(err error, results []drill.Result) error {
	var wrong *drill.WrongScenario
	switch {
	case errors.As(err, &wrong):
		return usage(wrong)
	case err != nil:
		return environment(errors.New("not every drill could be run"))
	}
	for _, r := range results {
		if r.Verdict != drill.Passed {
			return &status{code: exitFindings}
		}
	}
	return nil
}

// keep breaks one drill and leaves it.
func keep(ctx context.Context, env *drill.Environment, d scenario.Drill, out io.Writer) error {
	s, err := env.Start(ctx, d, env.Proxies[0])
	if err != nil {
		return environment(err)
	}
	m, err := s.Symptom(ctx)
	if err != nil {
		return environment(err)
	}
	id := s.Container()[:12]
	fmt.Fprintf(out, `%s: %s

The proxy answers at      %s   (status %d)
A shell beside it:        docker exec -it %s sh
Its configuration:        /etc/nginx/nginx.conf, its log: /var/log/nginx/error.log
After an edit:            docker exec %s nginx -s reload
Hints:                    badgateway scenarios show %s --hints 1
When you are done:        badgateway clean
`, s.Result.Name(), d.Title, s.Address(), s.Result.Status, id, id, d.Name)
	if len(m) > 0 {
		fmt.Fprintln(out, "\nIt does not look as declared:", m)
		return &status{code: exitFindings}
	}
	return nil
}

// reportCommand prints the table of a report that a suite wrote.
func reportCommand() *cobra.Command {
	return &cobra.Command{
		Use: "report [DIR]", Short: "Print the table of an earlier run's report", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			results, err := report.Read(append(args, "report")[0])
			if err != nil {
				return usage(err)
			}
			report.Table(c.OutOrStdout(), results)
			return nil
		},
	}
}
