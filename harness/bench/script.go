package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// script is what a person would write: the same failure and its repair by docker commands.
type script struct{ dir, image, name string }

const scriptText = `set -e
docker network create --label badgateway.bench=1 "$NAME" >/dev/null
docker run -d --name "$NAME-app" --network "$NAME" -v "$DIR/app.conf:/etc/nginx/nginx.conf:ro" "$IMAGE" nginx -g 'daemon off;' >/dev/null
sed 's/PORT/8000/' "$DIR/proxy.conf" >"$DIR/nginx.conf"
docker run -d --name "$NAME-proxy" --network "$NAME" -p 127.0.0.1::8080 -v "$DIR:/etc/nginx/conf:ro" "$IMAGE" nginx -c /etc/nginx/conf/nginx.conf -g 'daemon off;' >/dev/null
at=$(docker port "$NAME-proxy" 8080/tcp)
ask() {
    for i in $(seq 100); do
        got=$(curl -s -o /dev/null -w '%{http_code}' "http://$at/" || true)
        [ "$got" = "$1" ] && return 0
        sleep 0.01
    done
    echo "the proxy at $at answers $got, want $1" >&2
    return 1
}
ask 502
sed 's/PORT/8001/' "$DIR/proxy.conf" >"$DIR/nginx.conf"
docker exec "$NAME-proxy" nginx -q -c /etc/nginx/conf/nginx.conf -t
docker exec "$NAME-proxy" nginx -q -c /etc/nginx/conf/nginx.conf -s reload
ask 200
docker rm -f "$NAME-app" "$NAME-proxy" >/dev/null
docker network rm "$NAME" >/dev/null
`

const (
	appConf   = "events {}\nhttp { server { listen 8001; return 200; } }\n"
	proxyConf = "events {}\nhttp { server { listen 8080; location / { proxy_pass http://%s-app:PORT; } } }\n"
)

func newScript(image string) (*script, error) {
	dir, err := os.MkdirTemp("", "badgateway-bench-")
	if err != nil {
		return nil, err
	}
	s := &script{dir: dir, image: image, name: fmt.Sprintf("badgateway-bench-%d", os.Getpid())}
	return s, errors.Join(
		os.Chmod(dir, 0o755),
		os.WriteFile(filepath.Join(dir, "app.conf"), []byte(appConf), 0o644),
		os.WriteFile(filepath.Join(dir, "proxy.conf"), []byte(fmt.Sprintf(proxyConf, s.name)), 0o644),
	)
}

func (s *script) run(ctx context.Context) (time.Duration, error) {
	begin := time.Now()
	if out, err := s.command(ctx, scriptText).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("the script of docker commands: %w: %s", err, out)
	}
	return time.Since(begin), nil
}

func (s *script) command(ctx context.Context, text string) *exec.Cmd {
	cmd := command(ctx, "sh", "-c", text)
	cmd.Env = append(os.Environ(), "NAME="+s.name, "DIR="+s.dir, "IMAGE="+s.image)
	return cmd
}

// clean removes what a script that failed in the middle left.
func (s *script) clean() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_ = s.command(ctx, `docker rm -f "$NAME-app" "$NAME-proxy"; docker network rm "$NAME"`).Run()
	_ = os.RemoveAll(s.dir)
}
