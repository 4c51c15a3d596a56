package web

import (
	"io/fs"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBuiltPage holds the built page to what the server promises browsers: it
// loads what is in it, nothing else, and needs no exception from the policy.
func TestBuiltPage(t *testing.T) {
	html, err := fs.ReadFile(embedded(), "index.html")
	if err != nil {
		lacking(t, "the page is not built: run make, which builds it")
	}
	page := string(html)
	require.NotRegexp(t, `\{\{|<style|\sstyle=|\son\w+=|<script[^>]*>[^<]`, page)
	named := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page, -1)
	require.NotEmpty(t, named)
	for _, n := range named {
		if strings.HasPrefix(n[1], "#") {
			continue // a picture of the page's own
		}
		path, ok := strings.CutPrefix(n[1], "/")
		require.True(t, ok, "%s is loaded from elsewhere", n[1])
		require.Regexp(t, `^assets/\w+-\w{8}\.\w+$`, path)
		_, err := fs.Stat(embedded(), path)
		require.NoError(t, err)
	}
}

// lacking ends a test that lacks what it needs. Under `make test`, which brings
// all of it (AIRLOOM_TOOLS is set), that is a failure.
func lacking(t testing.TB, words string) {
	t.Helper()
	if os.Getenv("AIRLOOM_TOOLS") != "" {
		t.Fatal(words)
	}
	t.Skip(words)
}

// TestPageScripts runs the page's own tests.
func TestPageScripts(t *testing.T) {
	if _, err := os.Stat("ui/node_modules/vite"); err != nil {
		lacking(t, "the page's packages are not installed: run make clean build, which installs them")
	}
	for _, script := range []string{"check", "test"} {
		cmd := exec.CommandContext(t.Context(), "npm", "run", "--silent", script)
		cmd.Dir = "ui"
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "npm run %s:\n%s", script, out)
	}
}
