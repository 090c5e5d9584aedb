package diagnoser

import (
	"strings"
)

// servedBy finds the service of a compose file that a group's requests go to: by the name in the configuration, or the
// only one besides the proxy. Nil where it is not plain.
func (in *inquiry) servedBy(g *group) *service {
	if name := in.passName(g); name != "" {
		return in.compose.named(name)
	}
	proxy := in.compose.proxy()
	if proxy == nil || len(in.compose.services) != 2 {
		return nil
	}
	for _, s := range in.compose.services {
		if s != proxy {
			return s
		}
	}
	return nil
}

// composeLate tells that the proxy of a compose file does not wait for the service with a name, which there is: "" otherwise.
func (in *inquiry) composeLate(host string) string {
	s, proxy := in.compose.named(host), in.compose.proxy()
	switch {
	case s == nil || proxy == nil || s == proxy || !meet(s, proxy):
		return ""
	case proxy.waitsFor(s):
		return ""
	}
	return "the compose file has the service " + s.name + ", and " + proxy.name + " is not told to wait for it"
}

func (s *service) waitsFor(other *service) bool {
	for _, name := range s.after {
		if name == other.name {
			return true
		}
	}
	return false
}

// composeApart tells of a service and the proxy that share no network by their compose file, "" otherwise.
func (in *inquiry) composeApart(s *service) string {
	proxy := in.compose.proxy()
	if s == nil || proxy == nil || s == proxy || meet(s, proxy) {
		return ""
	}
	return "the compose file puts " + s.name + " and " + proxy.name + " into no network in common"
}

// imagePorts are the ports on which the servers of well-known images listen.
var imagePorts = map[string]string{"jetty": "8080", "tomcat": "8080", "jenkins": "8080", "grafana": "3000", "ghost": "2368", "n8n": "5678", "gitea": "3000",
	"keycloak": "8080", "node-red": "1880", "whoami": "80", "vaultwarden": "80", "uptime-kuma": "3001", "metabase": "3000", "nexus3": "8081", "kibana": "5601",
	"elasticsearch": "9200", "mongo-express": "8081", "adminer": "8080", "phpmyadmin": "80", "nginx": "80", "httpd": "80", "wordpress": "80", "nextcloud": "80",
	"home-assistant": "8123", "registry": "5000", "prometheus": "9090", "wildfly": "8080", "influxdb": "8086", "rocket.chat": "3000", "outline": "3000"}

// listensOn is the port on which a service listens by its image, "" where that is not known.
func (s *service) listensOn() string {
	image, tag, _ := strings.Cut(s.image[strings.LastIndexByte(s.image, '/')+1:], ":")
	if strings.Contains(tag, "fpm") || image == "php-fpm" {
		return "9000"
	}
	return imagePorts[image]
}

// composePort judges a refused connect by the image of the service that the proxy asks.
func (in *inquiry) composePort(g *group) *opinion {
	s, port := in.servedBy(g), portIn(g.target.Address)
	if s == nil || port == "" || loopback(g.target.Address) {
		return nil
	}
	inside := s.listensOn()
	if inside == "" || inside == port {
		return nil
	}
	return &opinion{certainty: Likely, weight: 4, check: "ss -ltn in the backend's container", evidence: []Fact{
		fact(fromFile, "the image %s of %s listens on port %s, and the proxy asks port %s", s.image, s.name, inside, port)}}
}
