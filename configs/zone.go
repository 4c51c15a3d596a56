package configs

import (
	"os"
	"strings"
	"time"
)

// ZoneName is the IANA name of the channel's zone, which a browser needs: for Local
// that of the machine's, and UTC where the machine does not say which that is.
func (c Channel) ZoneName() string {
	if c.Timezone != "Local" {
		return c.Timezone
	}
	link, _ := os.Readlink("/etc/localtime")
	zone, told := os.LookupEnv("TZ")
	return localZone(zone, told, link)
}

// localZone names the zone that Go takes for Local: TZ where it is set, else the one
// that /etc/localtime leads to.
func localZone(tz string, told bool, link string) string {
	name := strings.TrimPrefix(tz, ":")
	if !told {
		name = link
	}
	if _, below, ok := strings.Cut(name, "zoneinfo/"); ok {
		name = below
	}
	for _, same := range []string{"posix/", "right/"} {
		name = strings.TrimPrefix(name, same)
	}
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return "UTC"
	}
	return name
}
