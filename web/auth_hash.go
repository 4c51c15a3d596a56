package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
)

// phc is a password's argon2id hash, taken apart.
type phc struct {
	memory, time uint32 // KiB, passes
	threads      uint8
	salt, key    []byte
}

// These are what OWASP's Password Storage Cheat Sheet asks for at least (19 MiB,
// two passes, one lane): RFC 9106 has stronger ones for machines that do nothing
// else, but this one has an air to keep. 25 to 45 ms of one core.
var strength = phc{memory: 19 << 10, time: 2, threads: 1}

// What a hash may cost: it is worked out beside the air.
const (
	maxMemory  = 128 << 10 // KiB
	maxPasses  = 10
	maxThreads = 8
)

// maxPassword is the longest password, in bytes.
const maxPassword = 512

// HashPassword makes the hash of a password for the config, as a PHC string.
func HashPassword(password string) (string, error) {
	if password == "" || len(password) > maxPassword {
		return "", fmt.Errorf("the password is empty or longer than %d bytes: choose another", maxPassword)
	}
	h := strength
	h.salt = make([]byte, 16)
	_, _ = rand.Read(h.salt) // never fails
	h.key = h.of(password, 32)
	return h.String(), nil
}

// NewToken makes a token for a program, and its hash for the config.
func NewToken() (token, hash string) {
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails
	token = "airloom_" + base64.RawURLEncoding.EncodeToString(secret[:])
	sum := sha256.Sum256([]byte(token))
	return token, tokenPrefix + hex.EncodeToString(sum[:])
}

const tokenPrefix = "sha256:"

// tokenHash reads a token's hash as NewToken makes it.
func tokenHash(text string) (sum [sha256.Size]byte, err error) {
	digits, ok := strings.CutPrefix(text, tokenPrefix)
	if n, err := hex.Decode(sum[:], []byte(digits[:min(len(digits), 2*len(sum))])); !ok || err != nil || n != len(sum) || len(digits) != 2*n {
		return sum, errors.New("no hash of a token: make one with airloom passwd --token")
	}
	return sum, nil
}

func (h phc) of(password string, size uint32) []byte {
	return argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.threads, size)
}

func (h phc) String() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.time, h.threads, b64(h.salt), b64(h.key))
}

var errHash = errors.New("no argon2id hash that can be used here: make one with airloom passwd")

// parseHash reads a PHC string. What would cost too much is refused.
func parseHash(text string) (h phc, err error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v=19" {
		return h, errHash
	}
	given := strings.Split(parts[3], ",")
	if len(given) != 3 {
		return h, errHash
	}
	var number [3]uint32
	for i, limit := range []struct {
		name string
		most uint64
	}{{"m=", maxMemory}, {"t=", maxPasses}, {"p=", maxThreads}} {
		digits, ok := strings.CutPrefix(given[i], limit.name)
		n, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil || n < 1 || n > limit.most {
			return h, errHash
		}
		number[i] = uint32(n)
	}
	h.memory, h.time, h.threads = number[0], number[1], uint8(number[2])
	salt, err1 := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(salt) < 8 || len(salt) > 64 || len(key) < 16 || len(key) > 64 {
		return h, errHash
	}
	h.salt, h.key = salt, key
	if h.String() != text { // the decoders take leading zeros and line breaks
		return phc{}, errHash
	}
	return h, nil
}

// checks bounds what the checking of passwords may take: two at once, for their
// memory, and at most a quarter of the time, for the air's sake.
type checks struct {
	slots   chan struct{} // holds what is free
	waiting chan struct{} // holds who waits or checks
	after   func(time.Duration, func()) *time.Timer
}

const (
	checksAtOnce = 2
	checksLined  = 16
	checkRest    = 3 // times as long as a failed check took, until the next
)

func newChecks() *checks {
	c := &checks{slots: make(chan struct{}, checksAtOnce), waiting: make(chan struct{}, checksLined), after: time.AfterFunc}
	for range checksAtOnce {
		c.slots <- struct{}{}
	}
	return c
}

var errBusy = errors.New("too many sign in at once")

// check reports whether the password is the one of the hash. The error is
// errBusy, or the context's.
func (c *checks) check(ctx context.Context, h phc, password string) (bool, error) {
	select {
	case c.waiting <- struct{}{}:
		defer func() { <-c.waiting }()
	default:
		return false, errBusy
	}
	select {
	case <-c.slots:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	began := time.Now()
	right := subtle.ConstantTimeCompare(h.of(password, uint32(len(h.key))), h.key) == 1
	rest := time.Duration(0)
	if !right {
		rest = checkRest * time.Since(began)
	}
	c.after(rest, func() { c.slots <- struct{}{} })
	return right, nil
}
