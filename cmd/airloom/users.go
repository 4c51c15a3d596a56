package main

import (
	"context"
	"errors"
	"fmt"

	"airloom/configs"
	"airloom/web"
)

// signIns is who may come in, as the web server wants it.
func signIns(cfg *configs.Config) (users []web.User, tokens []web.Token) {
	for _, u := range cfg.Web.Users {
		role, _ := web.RoleOf(u.Role) // the config has been checked
		users = append(users, web.User{Name: u.Name, Hash: u.PasswordHash.Reveal(), Role: role})
	}
	for _, t := range cfg.Web.Tokens {
		role, _ := web.RoleOf(t.Role)
		tokens = append(tokens, web.Token{Name: t.Name, Hash: t.Hash.Reveal(), Role: role})
	}
	return users, tokens
}

// reloader reads anew, with the playlists, who may come in.
type reloader struct {
	*programme
	users func(ctx context.Context) error
}

func (r reloader) Reload(ctx context.Context) error {
	return errors.Join(r.programme.Reload(ctx), r.users(ctx))
}

// readUsers takes users and tokens from the config file as it is now. A file with
// a mistake changes nothing.
func (c *channel) readUsers(ctx context.Context) error {
	if c.web == nil || c.path == "" {
		return nil
	}
	read := make(chan error, 1)
	go func() { // storage may hang
		cfg, problems := configs.Load(c.path)
		if problems.Fatal() {
			read <- fmt.Errorf("users and tokens are as they were, as the config has mistakes: %w", problems.Err())
			return
		}
		read <- c.web.SetUsers(signIns(cfg))
	}()
	select {
	case err := <-read:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
