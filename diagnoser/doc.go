// Package diagnoser names the cause of a proxy's 502 and 504 from evidence: the
// error log, the configuration, facts of the host and direct probes of the
// backends. It touches neither network nor files; what it would like to know more
// it asks for (AskHost, AskBackends).
package diagnoser
