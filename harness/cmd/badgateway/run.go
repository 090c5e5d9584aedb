package main

import (
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
	c.Flags().StringVar(&f.dir, "report", "report", "directory for index.html, summary.md, scenarios.json and others")
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
	p := report.NewProgress(c.OutOrStdout(), report.ProgressOptions{Dir: f.dir, Verbose: f.verbose})
	defer p.Stop()
	f.Catalogue, f.Drills, f.Logf, f.Statusf, f.Early = catalogue, drills, p.Note, p.Statusf, !f.Keep
	env, err := setup(c.Context(), f.Options)
	if err != nil {
		return err
	}
	if f.Keep {
		p.Stop()
		return errors.Join(keep(c.Context(), env, drills[0], c.OutOrStdout()), env.Close())
	}
	return errors.Join(f.runAll(c, env, env.Jobs(drills), p), env.Close())
}

func (f *runFlags) runAll(c *cobra.Command, env *drill.Environment, jobs []drill.Job, p *report.Progress) error {
	var records []drill.Record
	p.Total(len(jobs))
	err := env.RunAll(c.Context(), jobs, drill.Batch{
		Procs: f.procs,
		Limit: p.Limit,
		Begun: func(j drill.Job) { p.Begin(j.Name()) },
		Again: func(s *drill.Session) { p.Later(s.Result.Name()) },
		Done: func(s *drill.Session, err error) {
			records = append(records, s.Record())
			p.Done(s.Result)
			if f.verbose && err == nil {
				p.Print(func(w io.Writer) { report.Story(w, s, textOptions(w)) })
			}
		},
	})
	run := p.Finish(c.Context().Err() != nil)
	if werr := report.Write(f.dir, run, records); werr != nil {
		return usage(werr)
	}
	return verdict(err, records)
}

// verdict is the exit status. What went wrong with a drill is printed already.
func verdict(err error, records []drill.Record) error {
	var c report.Counts
	for _, r := range records {
		c.Add(r.Result)
	}
	var wrong *drill.WrongScenario
	switch {
	case errors.As(err, &wrong):
		return usage(wrong)
	case c.Failed > 0:
		return &status{code: exitFindings}
	case err != nil:
		return environment(errors.New("not every drill could be run"))
	case c.Inconclusive > 0:
		return environment(fmt.Errorf("%s inconclusive: the machine was too late; try fewer at a time, with --procs",
			count(c.Inconclusive, "drill")))
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

// reportCommand prints the end of a run that a report tells of.
func reportCommand() *cobra.Command {
	verbose := false
	c := &cobra.Command{
		Use: "report [DIR]", Short: "Print the end of an earlier run: what did not pass, and the sum", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir := append(args, "report")[0]
			run, results, err := report.Read(dir)
			if err != nil {
				return usage(err)
			}
			report.Again(c.OutOrStdout(), run, results, dir, verbose)
			return nil
		},
	}
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "a row for each drill, those that passed, too")
	return c
}
