package configs

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The example is the manual: what stands in it plainly are the defaults.
func TestExampleIsTheDefaults(t *testing.T) {
	c, ps := Parse("airloom.example.yml", Example)
	require.Empty(t, ps.String())
	want := place(Default(), "airloom.example.yml")
	want.Outputs = []Output{{Name: "main", URL: TargetOf("rtmp://ams.example/LiveApp/channel1"), RenewAfter: defaultRenew, Key: "output"}}
	want.reading = c.reading
	require.Equal(t, want, c)
	for _, key := range keys(reflect.TypeFor[Config](), "") {
		if !c.reading.Has(key) && !strings.HasPrefix(key, "outputs") {
			require.True(t, isZero(c, key), "%s has a default that the example does not show", key)
		}
	}
}

// commented finds keys that are shown but not set: "#key: value".
var commented = regexp.MustCompile(`(?m)^( *)#([a-z])`)

// Set or shown, every key is in the example, and what is shown is right as well.
func TestExampleNamesEveryKey(t *testing.T) {
	for _, name := range []string{"AMS_TOKEN", "AMS_SECRET"} {
		t.Setenv(name, "geheim")
	}
	t.Setenv("HLS_TOKEN", "geheim-geheim-geheim")
	t.Setenv("STUDIO_KEY", "geheim-geheim")
	t.Setenv("HOOK_SECRET", "geheim-geheim-geheim")
	t.Setenv("OPS_HASH", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaY")
	t.Setenv("PROMETHEUS_HASH", "sha256:"+strings.Repeat("0f", 32))
	c, ps := Parse("airloom.example.yml", commented.ReplaceAll(Example, []byte("$1$2")))
	require.Empty(t, ps.String())
	defaults := place(Default(), "airloom.example.yml")
	require.Equal(t, defaults.Playlists, c.Playlists)
	require.Equal(t, defaults.State, c.State)
	require.Equal(t, defaults.AsRun, c.AsRun)
	for _, key := range keys(reflect.TypeFor[Config](), "") {
		key = strings.Replace(key, "outputs[0]", "output", 1)
		if key != "outputs" {
			require.True(t, c.reading.Has(key), "the example does not name %s", key)
		}
	}
	require.Contains(t, string(Example), "outputs:")
}

// keys is every key of the config, from its types.
func keys(t reflect.Type, path string) (all []string) {
	for f := range t.Fields() {
		name := f.Tag.Get("yaml")
		if name == "" || name == "-" {
			continue
		}
		key := strings.TrimPrefix(path+"."+name, ".")
		all = append(all, key)
		switch {
		case f.Type.Kind() == reflect.Struct:
			all = append(all, keys(f.Type, key)...)
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
			all = append(all, keys(f.Type.Elem(), key+"[0]")...)
		}
	}
	return all
}

func isZero(c *Config, key string) bool {
	if strings.Contains(key, "[") {
		return true // what an entry of a list leaves out is explained beside it
	}
	v := reflect.ValueOf(*c)
	for part := range strings.SplitSeq(key, ".") {
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("yaml") == part {
				v = v.Field(i)
				break
			}
		}
	}
	return v.IsZero()
}
