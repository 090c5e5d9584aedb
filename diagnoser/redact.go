package diagnoser

import (
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Redact returns a copy of the report that can be shared: addresses, host names,
// users, query strings, cookies, tokens, passwords and e-mail addresses are replaced,
// one name always by the same pseudonym ("host-2"). Loopback addresses stay, since
// they name nobody, and so do words that many use for a backend ("app"). Edits, which
// are for a machine, are left out; their diff stays.
func (r *Report) Redact() *Report {
	x := &redactor{known: map[string]string{}, count: map[string]int{}}
	copied := *r
	copied.Findings = deepCopy(r.Findings)
	each := func(use func(string) string) {
		for i := range copied.Findings {
			for j := range copied.Findings[i].Remedies {
				copied.Findings[i].Remedies[j].Edits = nil
			}
			rewrite(reflect.ValueOf(&copied.Findings[i]).Elem(), use)
		}
	}
	each(func(s string) string { x.learn(s); return s })
	each(x.redact)
	return &copied
}

// names of fields whose words are this program's own.
var ownWords = []string{"Cause", "Kind", "Certainty", "Check", "Severity", "Source", "Action", "Directive", "Mode", "Policy", "Family", "Table", "Chain"}

// rewrite passes every string in a value through use.
func rewrite(v reflect.Value, use func(string) string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(use(v.String()))
	case reflect.Slice:
		for i := range v.Len() {
			rewrite(v.Index(i), use)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			rewrite(v.Elem(), use)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if v.Type() == reflect.TypeFor[Alternative]() && f.Name == "Check" || !slices.Contains(ownWords, f.Name) {
				rewrite(v.Field(i), use)
			}
		}
	}
}

// deepCopy copies all that rewrite may change.
func deepCopy(list []Finding) []Finding {
	list = slices.Clone(list)
	for i := range list {
		f := &list[i]
		f.Evidence, f.Against, f.Alternatives = slices.Clone(f.Evidence), slices.Clone(f.Against), slices.Clone(f.Alternatives)
		if f.Where != nil {
			at := *f.Where
			f.Where = &at
		}
		f.Remedies = slices.Clone(f.Remedies)
		for j := range f.Remedies {
			m := &f.Remedies[j]
			m.Commands = slices.Clone(m.Commands)
			if m.Params != nil {
				p := *m.Params
				if p.Filter != nil {
					filter := *p.Filter
					p.Filter = &filter
				}
				m.Params = &p
			}
		}
	}
	return list
}

type redactor struct {
	known map[string]string // pseudonym by original
	words []string          // short names learnt, the longest first
	count map[string]int
}

// name gives an original its pseudonym.
func (x *redactor) name(kind, original string) string {
	key := strings.ToLower(original)
	if p, ok := x.known[key]; ok {
		return p
	}
	x.count[kind]++
	x.known[key] = fmt.Sprintf("%s-%d", kind, x.count[kind])
	return x.known[key]
}

// What identifies somebody or lets somebody in.
var (
	clientField = regexp.MustCompile(`client: ([0-9A-Fa-f.:]+)`)
	urlHost     = regexp.MustCompile(`(?:://|\b(?:upstream|server|server_name|host|proxy_ssl_name):? "?)([A-Za-z0-9][A-Za-z0-9_-]*)(?:[:/" ;]|$)`)
	allNames    = regexp.MustCompile(`server_name\s+([^;{}]+);`)
	homeUser    = regexp.MustCompile(`(/home/|/Users/|/var/www/vhosts/|~)([A-Za-z0-9._-]+)`)
	userInfo    = regexp.MustCompile(`://[^/\s"@]+@`)
	email       = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`)
	query       = regexp.MustCompile(`\?[^\s"'<>;,)]+`)
	cookie      = regexp.MustCompile(`(?i)((?:set-)?cookie2?(?:: *|=| +"?))([^"\n;=]+=[^"\n]*)`)
	bearer      = regexp.MustCompile(`(?i)\b((?:basic|bearer|digest|negotiate) +)([A-Za-z0-9._~+/=-]{6,})`)
	secret      = regexp.MustCompile(`(?i)(\b[\w-]*(?:passw(?:or)?d|secret|token|api_?key|authorization|sessionid|sessid|csrf\w*|signature)\b["']?(?: *[=:] *| +)["']?)([^\s"';&,]+)`)
	long        = regexp.MustCompile(`[A-Za-z0-9_=-]{16,}(?:\.[A-Za-z0-9_=-]{8,})*`)
	ipv4        = regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b`)
	ipv6        = regexp.MustCompile(`[0-9A-Fa-f]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*`)
	domainName  = regexp.MustCompile(`(?i)\b(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+(?:xn--[a-z0-9-]+|[a-z]{2,})\b`)
)

// label is a name of one part.
var label = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*$`)

// plainNames are what everybody calls a backend, and what is no name at all.
var plainNames = strings.Fields("app application api backend default upstream upstreams server servers host client proxy nginx php fpm php-fpm node web www " +
	"localhost unix http https fastcgi uwsgi scgi grpc the a is and of no as for to in chosen name names block blocks line lines on reads root")

// endings are those of files, which look like domains.
var endings = strings.Fields("log conf sock socket cfg pid html htm js css json txt gz service php py rb sh xml ini yaml yml pem crt key cgi d go c h lock so sarif md")

// learn notes short names where they stand as names: they are replaced elsewhere too.
func (x *redactor) learn(s string) {
	for _, m := range clientField.FindAllStringSubmatch(s, -1) {
		x.address("client", m[1])
	}
	add := func(kind, word string) {
		low := strings.ToLower(word)
		if slices.Contains(plainNames, low) || len(word) < 2 || strings.Trim(word, "0123456789") == "" || slices.Contains(x.words, low) {
			return
		}
		if _, err := netip.ParseAddr(word); err == nil {
			return
		}
		x.name(kind, word)
		x.words = append(x.words, low)
		slices.SortFunc(x.words, func(a, b string) int { return len(b) - len(a) })
	}
	for _, m := range urlHost.FindAllStringSubmatch(s, -1) {
		add("host", m[1])
	}
	for _, m := range allNames.FindAllStringSubmatch(s, -1) {
		for _, word := range strings.Fields(m[1]) {
			if label.MatchString(word) {
				add("host", word)
			}
		}
	}
	for _, m := range homeUser.FindAllStringSubmatch(s, -1) {
		add("user", m[2])
	}
}

func (x *redactor) redact(s string) string {
	s = userInfo.ReplaceAllString(s, "://")
	s = x.inner(cookie, "cookie", s)
	s = x.inner(bearer, "token", s)
	s = x.inner(secret, "secret", s)
	s = x.all(email, "email", s)
	s = query.ReplaceAllStringFunc(s, func(q string) string { return "?" + x.name("query", q) })
	s = homeUser.ReplaceAllStringFunc(s, func(m string) string {
		parts := homeUser.FindStringSubmatch(m)
		return parts[1] + x.name("user", parts[2])
	})
	s = ipv6.ReplaceAllStringFunc(s, func(a string) string { return x.address("address", a) })
	s = ipv4.ReplaceAllStringFunc(s, func(a string) string { return x.address("address", a) })
	s = domainName.ReplaceAllStringFunc(s, x.domain)
	s = long.ReplaceAllStringFunc(s, x.token)
	for _, w := range x.words {
		s = replaceWord(s, w, x.known[w])
	}
	return s
}

// inner replaces the second group of each match.
func (x *redactor) inner(re *regexp.Regexp, kind, s string) string {
	return re.ReplaceAllStringFunc(s, func(m string) string {
		parts := re.FindStringSubmatch(m)
		if strings.HasPrefix(parts[2], "$") {
			return m // a variable is no secret
		}
		return parts[1] + x.name(kind, parts[2])
	})
}

func (x *redactor) all(re *regexp.Regexp, kind, s string) string {
	return re.ReplaceAllStringFunc(s, func(m string) string { return x.name(kind, m) })
}

func (x *redactor) address(kind, text string) string {
	tail := ""
	for text != "" && strings.HasSuffix(text, ":") {
		if _, err := netip.ParseAddr(text); err == nil {
			break
		}
		text, tail = text[:len(text)-1], tail+":"
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.IsLoopback() || a.IsUnspecified() {
		return text + tail
	}
	return x.name(kind, a.Unmap().String()) + tail
}

// domain replaces a domain name; of a file named after one the ending stays.
func (x *redactor) domain(name string) string {
	base, ending := name, ""
	for {
		at := strings.LastIndexByte(base, '.')
		if at < 0 {
			return name // nothing but a file
		}
		if !slices.Contains(endings, strings.ToLower(base[at+1:])) {
			break
		}
		base, ending = base[:at], base[at:]+ending
	}
	if last := base[strings.LastIndexByte(base, '.')+1:]; last[0] >= '0' && last[0] <= '9' {
		return name // "php8.2-fpm.sock"
	}
	if strings.Contains(base, "_") && !strings.Contains(base, "-") && strings.Count(base, ".") == 1 {
		return name // "listen.owner" and "request_terminate.x" are settings, not hosts
	}
	return x.name("host", base) + ending
}

// token replaces what looks drawn by lot: long, of letters and digits mixed.
func (x *redactor) token(s string) string {
	digits := strings.IndexFunc(s, func(c rune) bool { return c >= '0' && c <= '9' }) >= 0
	letters := strings.IndexFunc(s, func(c rune) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }) >= 0
	if !digits || !letters && len(s) < 20 || pseudonym.MatchString(s) {
		return s
	}
	return x.name("token", s)
}

var pseudonym = regexp.MustCompile(`^(?:host|address|client|user|query|cookie|token|secret|email)-\d+$`)

// replaceWord replaces a word that stands alone, whatever its case.
func replaceWord(s, word, by string) string {
	var b strings.Builder
	low := strings.ToLower(s)
	for at := 0; ; {
		i := strings.Index(low[at:], word)
		if i < 0 || len(low) != len(s) {
			b.WriteString(s[at:])
			return b.String()
		}
		start, end := at+i, at+i+len(word)
		if start > 0 && inWord(s[start-1]) || end < len(s) && inWord(s[end]) {
			b.WriteString(s[at:end])
		} else {
			b.WriteString(s[at:start] + by)
		}
		at = end
	}
}

func inWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
