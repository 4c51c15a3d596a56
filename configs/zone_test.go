package configs

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestZoneName(t *testing.T) {
	require.Equal(t, "Asia/Shanghai", Channel{Timezone: "Asia/Shanghai"}.ZoneName())
	for _, c := range []struct {
		tz   string
		told bool
		link string
		want string
	}{
		{link: "/usr/share/zoneinfo/Europe/Berlin", want: "Europe/Berlin"},
		{link: "../usr/share/zoneinfo/posix/Asia/Shanghai", want: "Asia/Shanghai"},
		{link: "/etc/zone", want: "UTC"},
		{want: "UTC"},
		{tz: "America/New_York", told: true, link: "/usr/share/zoneinfo/Europe/Berlin", want: "America/New_York"},
		{tz: ":Asia/Tokyo", told: true, want: "Asia/Tokyo"},
		{tz: "/usr/share/zoneinfo/Asia/Tokyo", told: true, want: "Asia/Tokyo"},
		{tz: "", told: true, link: "/usr/share/zoneinfo/Europe/Berlin", want: "UTC"},
		{tz: "CET-1CEST", told: true, want: "UTC"},
	} {
		require.Equal(t, c.want, localZone(c.tz, c.told, c.link), "%+v", c)
	}
}
