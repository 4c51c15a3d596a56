package antmedia

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238 as the server counts it
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// How a connect shows that it may publish.
const (
	ByNone  = "none"
	ByToken = "token" // a one-time token, fetched for each connect
	ByJWT   = "jwt"   // a JWT, likewise
	ByTOTP  = "totp"  // a subscriber's one-time password
	ByHash  = "hash"  // a hash over id and secret
)

// Credential is how each connect shows that it may publish.
type Credential struct {
	By         string
	Secret     string // of totp (base32) and hash
	Subscriber string // of totp
}

const (
	// A token is used at once; the rest is for the way, and for a server's clock
	// that is read to the second.
	tokenFor = time.Minute
	period   = time.Minute // of a one-time password: the server's default
)

// query is the parameters that show it, at that moment of the server's clock. It
// asks the API where the credential is made there.
func (c Credential) query(ctx context.Context, api *Client, id string, now time.Time) (string, error) {
	switch c.By {
	case ByToken, ByJWT:
		token, err := api.Token(ctx, id, c.By, now.Add(tokenFor))
		if err != nil {
			return "", err
		}
		return "token=" + url.QueryEscape(token), nil
	case ByTOTP:
		code, err := TOTP(c.Secret, now)
		if err != nil {
			return "", err
		}
		return "subscriberId=" + url.QueryEscape(c.Subscriber) + "&subscriberCode=" + code, nil
	case ByHash:
		return "token=" + Hash(id, c.Secret), nil
	}
	return "", nil
}

// TOTP is the one-time password of RFC 6238 as Ant Media Server counts it: six
// digits, SHA-1, a minute each. The secret is base32, as in the server's
// b32Secret.
func TOTP(secret string, now time.Time) (string, error) {
	plain := strings.TrimRight(strings.ToUpper(strings.ReplaceAll(secret, " ", "")), "=")
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(plain)
	if err != nil || len(key) == 0 {
		return "", errors.New("the secret of a one-time password must be base32: A to Z and 2 to 7")
	}
	h := hmac.New(sha1.New, key)
	_ = binary.Write(h, binary.BigEndian, now.Unix()/int64(period/time.Second))
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000), nil
}

// Hash is the server's hash for publishing: SHA-256 over the id, the word
// publish and the secret, in hex.
func Hash(id, secret string) string {
	sum := sha256.Sum256([]byte(id + "publish" + secret))
	return hex.EncodeToString(sum[:])
}
