package main_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// vault knows the secrets that were planted, and finds them again.
type vault struct {
	mu      sync.Mutex
	secrets map[string]string // by what each is
	forms   map[string][]form // by how they begin
	looked  int               // bytes that were looked through
	leaks   map[string]bool
}

// form is a secret as it may stand in a text, in small letters.
type form struct{ name, text string }

// head is how much of a form it is looked up by.
const head = 8

func newVault() *vault {
	return &vault{secrets: map[string]string{}, forms: map[string][]form{}, leaks: map[string]bool{}}
}

// plant makes a secret. It is in base32, of as many letters as make whole bytes, and
// stands in no other text.
func (v *vault) plant(name string) string { return v.keep(name, "ZQ"+rand.Text()[:22]) }

// keep takes a secret that somebody else has made.
func (v *vault) keep(name, secret string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.secrets[name] = secret
	texts := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), hex.EncodeToString([]byte(secret))}
	for shift := range 3 { // as it may stand within what is encoded
		coded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + secret))
		inner := strings.TrimRight(coded, "=")[4*((shift+2)/3)+1:]
		texts = append(texts, inner[:len(inner)-3])
	}
	for _, text := range texts {
		f := form{name, strings.ToLower(text)}
		v.forms[f.text[:head]] = append(v.forms[f.text[:head]], f)
	}
	return secret
}

// find is what of the secrets the text holds.
func (v *vault) find(where, text string) (found []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.looked += len(text)
	lower := strings.ToLower(text)
	for i := 0; i+head <= len(lower); i++ {
		for _, f := range v.forms[lower[i:i+head]] {
			if !v.leaks[f.name+where] && strings.HasPrefix(lower[i:], f.text) {
				v.leaks[f.name+where] = true // once is enough
				found = append(found, fmt.Sprintf("%s holds the %s: …%s…", where, f.name, lower[max(0, i-120):min(len(lower), i+len(f.text)+40)]))
			}
		}
	}
	return found
}

// search fails the test where the text holds a secret.
func (v *vault) search(t *testing.T, where, text string) {
	t.Helper()
	for _, leak := range v.find(where, text) {
		t.Error(leak)
	}
}

// The vault finds what it should.
func TestTheVaultFindsWhatIsPlanted(t *testing.T) {
	v := newVault()
	secret := v.plant("key")
	odd := v.keep("odd", "a/b+c d"+v.plant("tail"))
	for where, text := range map[string]string{
		"plain": "rtmp://h/a/" + secret, "small": strings.ToLower(secret), "hex": hex.EncodeToString([]byte(secret)),
		"basic":   base64.StdEncoding.EncodeToString([]byte("user:" + secret)),
		"basic 2": base64.StdEncoding.EncodeToString([]byte("me:" + secret + "!")),
		"basic 3": base64.URLEncoding.EncodeToString([]byte("a:b:c:" + secret)),
		"JSON":    base64.RawStdEncoding.EncodeToString([]byte(`{"key":"` + secret + `"}`)),
		"query":   "?a=" + url.QueryEscape(odd), "path": url.PathEscape(odd), "user": url.UserPassword("u", odd).String(),
	} {
		require.NotEmpty(t, v.find(where, text), where)
	}
	require.Empty(t, v.find("", secret[:23]+" and "+base64.StdEncoding.EncodeToString([]byte("nothing"))))
}
