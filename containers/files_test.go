package containers

import (
	"archive/tar"
	"errors"
	"io"
	"slices"
	"testing"
)

func TestArchive(t *testing.T) {
	archive, err := archiveOf(map[string][]byte{"/srv/app/lib/b.php": []byte("b"), "/srv/a.php": []byte("aa"), "/tmp/c": nil})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for in := tar.NewReader(archive); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(in)
		got = append(got, h.Name+" "+string(text))
	}
	if want := []string{"srv/app/ ", "srv/app/lib/ ", "srv/a.php aa", "srv/app/lib/b.php b", "tmp/c "}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
