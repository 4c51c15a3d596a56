package web

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"airloom/playout/control"
)

// Role is what somebody may do. Each may do what those before it may.
type Role int

// The roles, least first.
const (
	Nobody   Role = iota // not signed in
	Viewer               // looks
	Operator             // acts: commands, playlists, media
	Admin                // sees the config, the users, the log of who did what
)

var roleNames = []string{"", "viewer", "operator", "admin"}

// RoleOf is the role of that name.
func RoleOf(name string) (Role, error) {
	for r := Viewer; r <= Admin; r++ {
		if roleNames[r] == name {
			return r, nil
		}
	}
	return Nobody, fmt.Errorf("%q is no role: write viewer, operator or admin", name)
}

// String is the role's name as the config has it.
func (r Role) String() string { return roleNames[r] }

// identity is who asks.
type identity struct {
	who  control.Who
	role Role
}

const identityKey = "airloom/identity"

// allow lets requests of this role and above pass; the others are told why not.
func (s *Server) allow(role Role) gin.HandlerFunc {
	return func(c *gin.Context) {
		switch who := s.identify(c); {
		case who.role >= role:
		case who.role == Nobody:
			problem(c, http.StatusUnauthorized, "Sign in first.")
		default:
			problem(c, http.StatusForbidden, "This takes the role "+role.String()+"; yours is "+who.role.String()+".")
		}
	}
}

// identify finds out who asks, once for each request.
func (s *Server) identify(c *gin.Context) identity {
	if who, ok := c.Get(identityKey); ok {
		return who.(identity)
	}
	who := identity{control.Who{Via: "loopback"}, Admin}
	c.Set(identityKey, who)
	return who
}

// who is who asks, for commands and the log. It stands behind allow.
func who(c *gin.Context) control.Who {
	if who, ok := c.Get(identityKey); ok {
		return who.(identity).who
	}
	return control.Who{Via: "loopback"}
}
