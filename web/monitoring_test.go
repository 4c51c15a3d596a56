package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// series are the metrics of a scrape, each with the values that its labels have.
type series map[string]map[string][]string

var (
	promLine  = regexp.MustCompile(`^(\w+)(?:\{(.*)\})? \S+$`)
	promLabel = regexp.MustCompile(`(\w+)="([^"]*)"`)
)

func scraped(t *testing.T) series {
	s := series{"up": {}} // made by Prometheus itself
	for line := range strings.Lines(scrape(t)) {
		m := promLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		if s[m[1]] == nil {
			s[m[1]] = map[string][]string{}
		}
		for _, p := range promLabel.FindAllStringSubmatch(m[2], -1) {
			s[m[1]][p[1]] = append(s[m[1]][p[1]], p[2])
		}
	}
	require.Greater(t, len(s), 40)
	return s
}

var promToken = regexp.MustCompile(`^(?:\s+|"[^"]*"|\[\d+[smhd]\]|[a-zA-Z_]\w*|\d+(?:\.\d+)?(?:e\d+)?|=~|!~|!=|==|<=|>=|[-+*/<>=(){},])`)

func tokens(expr string) (list []string, err error) {
	for expr != "" {
		tok := promToken.FindString(expr)
		if tok == "" {
			return nil, fmt.Errorf("what is %q", expr)
		}
		if strings.TrimSpace(tok) != "" {
			list = append(list, tok)
		}
		expr = expr[len(tok):]
	}
	return append(list, ""), nil // "" is the end
}

// check reads an expression as far as ours go: it finds brackets that do not match,
// ranges in the wrong place, and metrics, labels and values that are not there.
func (s series) check(expr string) error {
	list, err := tokens(expr)
	if err != nil {
		return err
	}
	var open []string
	for i := 0; list[i] != ""; i++ {
		tok, next := list[i], list[i+1]
		switch {
		case tok == "(":
			open = append(open, tok)
		case tok == ")":
			if len(open) == 0 {
				return errors.New("one ) too many")
			}
			open = open[:len(open)-1]
		case tok == "by" || tok == "on":
			end := i + slices.Index(list[i:], ")")
			if next != "(" || end < i {
				return fmt.Errorf("%s is followed by %q", tok, next)
			}
			i = end
		case tok == "and" || tok == "or" || tok == "unless" || tok == "sum":
		case tok == "rate" || tok == "increase":
			if next != "(" {
				return fmt.Errorf("%s is followed by %q", tok, next)
			}
		case regexp.MustCompile(`^[a-zA-Z_]`).MatchString(tok):
			ranged := i > 1 && list[i-1] == "(" && (list[i-2] == "rate" || list[i-2] == "increase")
			if i, err = s.selector(list, i); err != nil {
				return err
			}
			if is := strings.HasPrefix(list[i+1], "["); is != ranged {
				return fmt.Errorf("%s: a range is wanted by rate and increase, and by nothing else", tok)
			} else if is {
				i++
			}
		case strings.ContainsAny(tok[:1], `{}[",`):
			return fmt.Errorf("%s has no place here", tok)
		}
	}
	if len(open) > 0 {
		return errors.New("a ( is not closed")
	}
	return nil
}

// selector checks a metric with its matchers, and returns where it ends.
func (s series) selector(list []string, i int) (int, error) {
	name := list[i]
	labels, ok := s[name]
	if !ok {
		return i, fmt.Errorf("there is no metric %s", name)
	}
	if list[i+1] != "{" {
		return i, nil
	}
	for i += 2; ; i += 4 {
		if i+3 >= len(list) || !slices.Contains([]string{"=", "!=", "=~", "!~"}, list[i+1]) {
			return i, fmt.Errorf("%s: a matcher is no label=\"value\"", name)
		}
		label, value := list[i], strings.Trim(list[i+2], `"`)
		if label != "instance" && label != "job" { // which the target has
			for _, one := range strings.Split(value, "|") {
				if !slices.Contains(labels[label], one) {
					return i, fmt.Errorf("%s never has %s=%q", name, label, one)
				}
			}
		}
		if list[i+3] == "}" {
			return i + 3, nil
		}
		if list[i+3] != "," {
			return i, fmt.Errorf("%s: } is missing", name)
		}
	}
}

func TestTheCheckOfExpressions(t *testing.T) {
	s := series{"a_total": {"x": {"1", "2"}}, "b": {}}
	for _, good := range []string{`a_total{x="1"} > 0`, `sum by (x) (increase(a_total{x=~"1|2"}[5m])) / 2 > 1e9`, `b unless on (instance) (a_total == 1)`} {
		require.NoError(t, s.check(good), good)
	}
	for _, bad := range []string{`c`, `a_total{x="3"}`, `a_total{y="1"}`, `rate(a_total)`, `b[5m]`, `(b`, `b)`, `b{x`, `b{x="1"`, `a_total{x="1" "2"}`, `rate b`, `sum by x (b)`, `b ? 1`, `b "x"`} {
		require.Error(t, s.check(bad), bad)
	}
}

func TestAlertRules(t *testing.T) {
	raw, err := os.ReadFile("../configs/monitoring/airloom.rules.yml")
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	d := yaml.NewDecoder(strings.NewReader(string(raw)))
	d.KnownFields(true)
	require.NoError(t, d.Decode(&file))
	s, seen, exprs := scraped(t), map[string]bool{}, map[string]string{}
	for _, g := range file.Groups {
		require.NotEmpty(t, g.Name)
		for _, r := range g.Rules {
			require.Regexp(t, `^Airloom[A-Z][A-Za-z]+$`, r.Alert)
			require.False(t, seen[r.Alert], r.Alert)
			seen[r.Alert], exprs[r.Alert] = true, r.Expr
			require.NoError(t, s.check(r.Expr), "%s: %s", r.Alert, r.Expr)
			require.Regexp(t, `^\d+[smh]$`, r.For, r.Alert)
			require.Contains(t, []string{"warning", "critical"}, r.Labels["severity"], r.Alert)
			require.NotEmpty(t, r.Annotations["summary"], r.Alert)
			require.Regexp(t, `[.?]$`, r.Annotations["description"], "%s does not say what to do", r.Alert)
			for _, words := range r.Annotations {
				require.Equal(t, strings.Count(words, "{{"), strings.Count(words, "}}"), r.Alert)
			}
		}
	}
	require.Greater(t, len(seen), 15)
	for _, name := range []string{"AirloomOutputDown", "AirloomNotArriving"} {
		require.Regexp(t, `unless on \(.*\) \(airloom_output_state\{state="stopped"\} == 1`, exprs[name], "%s is no alarm where an operator stopped the output", name)
	}
}

// What Grafana needs of a dashboard, and that its panels lie beside each other.
func TestDashboard(t *testing.T) {
	raw, err := os.ReadFile("../configs/monitoring/grafana.json")
	require.NoError(t, err)
	type source struct{ Type, UID string }
	var board struct {
		UID, Title    string
		SchemaVersion int
		Time          map[string]string
		Templating    struct {
			List []struct{ Name, Type, Definition string }
		}
		Panels []struct {
			ID          int
			Type, Title string
			Datasource  source
			GridPos     struct{ X, Y, W, H int }
			FieldConfig map[string]any
			Targets     []struct {
				RefID, Expr string
				Datasource  source
			}
		}
	}
	require.NoError(t, json.Unmarshal(raw, &board))
	require.Equal(t, "airloom", board.UID)
	require.NotEmpty(t, board.Title)
	require.Greater(t, board.SchemaVersion, 30)
	require.NotEmpty(t, board.Time["from"])
	require.Len(t, board.Templating.List, 2)
	s, ids, taken := scraped(t), map[int]bool{}, map[[2]int]string{}
	for _, p := range board.Panels {
		require.NotEmpty(t, p.Title)
		require.False(t, ids[p.ID], p.Title)
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				require.Less(t, x, 24, p.Title)
				require.Empty(t, taken[[2]int{x, y}], "%s lies over another", p.Title)
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		require.Contains(t, []string{"timeseries", "stat", "table"}, p.Type)
		require.Equal(t, source{"prometheus", "${datasource}"}, p.Datasource, p.Title)
		require.Contains(t, p.FieldConfig, "defaults", p.Title)
		require.NotEmpty(t, p.Targets, p.Title)
		refs := map[string]bool{}
		for _, q := range p.Targets {
			require.False(t, refs[q.RefID] || q.RefID == "", p.Title)
			refs[q.RefID] = true
			require.Equal(t, p.Datasource, q.Datasource)
			require.NoError(t, s.check(q.Expr), "%s: %s", p.Title, q.Expr)
			require.Contains(t, q.Expr, `instance=~"$instance"`, p.Title)
		}
	}
	require.Greater(t, len(ids), 20)
}

// Nothing is measured that nobody is shown, but for what only serves as a label.
func TestAllThatIsMeasuredIsShown(t *testing.T) {
	raw, err := os.ReadFile("../configs/monitoring/grafana.json")
	require.NoError(t, err)
	rules, err := os.ReadFile("../configs/monitoring/airloom.rules.yml")
	require.NoError(t, err)
	for name := range scraped(t) {
		if strings.HasPrefix(name, "airloom_") && !slices.Contains([]string{"airloom_output_info", "airloom_output_sessions_total", "airloom_server_received_bytes_total"}, name) {
			require.Contains(t, string(raw)+string(rules), name)
		}
	}
}
