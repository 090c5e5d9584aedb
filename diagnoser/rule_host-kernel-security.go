package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "host-kernel-security",
	doc: Doc{
		What:    "Reading from a connection that stands was denied (errno 13): a security module or an old kernel under a newer container.",
		Confirm: "dmesg and the audit log at that second.",
		Mends:   "The policy, or a newer kernel or container runtime.",
		Hides:   "A privileged container takes all of the protection away.",
		Source:  "recv(2); Linux security modules",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Outcome != evidence.Denied || g.Signature != "recv" && g.Signature != "send" {
			return nil
		}
		return &opinion{certainty: Likely, check: "dmesg; ausearch -m avc -ts recent"}
	},
})
