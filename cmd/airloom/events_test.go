package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/web/hooks"
)

// logged are the events of all log lines of the program, with a place of each.
func logged(t *testing.T) map[string]string {
	found := map[string]string{
		// What is put together from an outcome, or from what was asked for.
		"item-skipped": "", "item-ended-early": "", "item-crashed": "", "item-cut": "", "command": "", "change": "",
	}
	files := token.NewFileSet()
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "internal" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "worker/child.go") {
			return nil // a child speaks to the keeper, which says it anew
		}
		file, err := parser.ParseFile(files, path, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			level, event, ours := logLine(call)
			place := files.Position(call.Pos()).String()
			switch {
			case !ours:
			case event != "":
				found[event] = place
			case level == "Warn" || level == "Error":
				t.Errorf(`%s: a line of the log that an operator should see has no event: write "event" and a word of configs/monitoring/events.md after the message, or add one there`, place)
			}
			return true
		})
		return nil
	}))
	return found
}

// logLine takes a call apart: log.Warn("…", "event", "word", …). An event that is no
// plain word is "?".
func logLine(call *ast.CallExpr) (level, event string, ours bool) {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", "", false
	}
	of := ""
	switch x := f.X.(type) {
	case *ast.Ident:
		of = x.Name
	case *ast.SelectorExpr:
		of = x.Sel.Name
	}
	switch f.Sel.Name {
	case "Info", "Warn", "Error", "Debug", "Log":
	default:
		return "", "", false
	}
	if !regexp.MustCompile(`^(?i:s?log|to)$`).MatchString(of) || len(call.Args) == 0 {
		return "", "", false
	}
	for i, arg := range call.Args {
		if lit, ok := arg.(*ast.BasicLit); ok && lit.Value == `"event"` && i+1 < len(call.Args) {
			if word, ok := call.Args[i+1].(*ast.BasicLit); ok {
				event, _ = strconv.Unquote(word.Value)
				return f.Sel.Name, event, true
			}
			return f.Sel.Name, "", false // put together, see logged
		}
	}
	return f.Sel.Name, "", true
}

// What the list says and what the program logs are the same words.
func TestEventsOfTheLog(t *testing.T) {
	raw, err := os.ReadFile("../../configs/monitoring/events.md")
	require.NoError(t, err)
	listed := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)`( °)? \\| .+ \\|$").FindAllStringSubmatch(string(raw), -1) {
		require.Regexp(t, `^[a-z]+(-[a-z]+)*$`, m[1])
		require.False(t, listed[m[1]], "%s is listed twice", m[1])
		listed[m[1]] = true
		if m[2] != "" {
			require.Contains(t, hooks.Events, m[1])
		}
	}
	found := logged(t)
	for event, place := range found {
		require.True(t, listed[event], "%s: %s is not in configs/monitoring/events.md", place, event)
	}
	for event := range listed {
		require.Contains(t, found, event, "nothing logs it")
	}
	require.Greater(t, len(listed), 50)
}
