package diagnoser

var _ = register(rule{
	cause: "host-kernel-bug",
	doc: Doc{
		What:    "The host's kernel, or what emulates one, does not do what sockets promise: under WSL 1 unix sockets and epoll lose events, so that responses hang or are cut short.",
		Confirm: "uname -r ends in -Microsoft; the same configuration works on another kernel.",
		Mends:   "WSL 2, a virtual machine or a newer kernel.",
		Hides:   "fastcgi_buffering off, or TCP in place of the unix socket.",
		Source:  "microsoft/WSL issue tracker, nginx with php-fpm",
	},
	judge: func(in *inquiry, g *group) *opinion { return nil }, // people say so, see prose.go
})
