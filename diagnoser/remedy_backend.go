package diagnoser

// change makes a remedy on the application's side: what it must do otherwise. The setting is empty
// where the program itself is at fault, the value where only people can know it. Commands are
// those that show or mend it.
func (g *group) change(setting, value, summary string, commands ...string) Remedy {
	return Remedy{Action: ChangeBackend, Summary: summary, Commands: commands,
		Params: &Params{Upstream: g.target.String(), Setting: setting, Value: value}}
}
