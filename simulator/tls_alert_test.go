package simulator

import "testing"

func TestPlainAlert(t *testing.T) {
	for _, tt := range []struct {
		name, bytes string
		want        Alert
	}{
		{"bad certificate", "\x15\x03\x03\x00\x02\x02\x2a", 42},
		{"behind change_cipher_spec", "\x14\x03\x03\x00\x01\x01\x15\x03\x03\x00\x02\x02\x30", 48},
		{"encrypted", "\x17\x03\x03\x00\x13\x02\x2a", 0},
		{"a longer record", "\x15\x03\x03\x00\x13\x02\x2a", 0},
		{"torn", "\x15\x03\x03\x00\x02\x02", 0},
		{"nothing", "", 0},
	} {
		if got, ok := plainAlert([]byte(tt.bytes)); got != tt.want || ok != (tt.want != 0) {
			t.Errorf("%s: got %d, %v, want %d", tt.name, got, ok, tt.want)
		}
	}
}
