package when

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRulesInWords(t *testing.T) {
	for text, want := range map[string]string{
		"0 20 * * *":               "every day at 20:00",
		"@daily":                   "every day at 00:00",
		"@weekly":                  "every Sunday at 00:00",
		"@monthly":                 "on the 1st of every month at 00:00",
		"@yearly":                  "on 1 January at 00:00",
		"@hourly":                  "every hour",
		"0 20 * * 1-5":             "every weekday at 20:00",
		"0 20 * * sat,sun":         "every Saturday and Sunday at 20:00",
		"0 20 * * sun,mon":         "every Monday and Sunday at 20:00",
		"0 20 * * 0-6":             "every day at 20:00",
		"30 6,12,18 * * *":         "every day at 06:30, 12:30 and 18:30",
		"0,30 20 * * fri":          "every Friday at 20:00 and 20:30",
		"15 10 1,15,22,3 * *":      "on the 1st, 3rd, 15th and 22nd of every month at 10:15",
		"0 0 11-13 * *":            "on the 11th, 12th and 13th of every month at 00:00",
		"0 0 29 2 *":               "on 29 February at 00:00",
		"0 0 24,31 dec *":          "on the 24th and 31st of December at 00:00",
		"0 20 * jul,aug *":         "every day in July and August at 20:00",
		"0 20 * dec mon":           "every Monday in December at 20:00",
		"0 20 1 * mon":             "on the 1st of every month and every Monday at 20:00",
		"0 20 1-31 * mon":          "every day at 20:00", // either will do
		"0 20 1 * 0-6":             "every day at 20:00",
		"* * * * *":                "every minute",
		"*/15 * * * *":             "every 15 minutes",
		"5/15 * * * *":             "every day, every 15 minutes from 5 past",
		"*/15 9-17 * * *":          "every day, every 15 minutes from 09:00 to 17:45",
		"*/20 * * * 1-5":           "every weekday, every 20 minutes",
		"15 * * * *":               "every hour at 15 past",
		"0 */2 * * *":              "every 2 hours",
		"0 1-23/2 * * *":           "every day, every 2 hours from 01:00",
		"30 */3 * * *":             "every 3 hours at 30 past",
		"0 9-17 * * 1-5":           "every weekday, every hour from 09:00 to 17:00",
		"0 8-18/2 * * *":           "every day, every 2 hours from 08:00 to 18:00",
		"* 20 * * *":               "* 20 * * *",
		"1,2,5,9,14 * * * *":       "1,2,5,9,14 * * * *",
		"*/7 * * * *":              "*/7 * * * *",
		"*/15 9-11,13 * * *":       "*/15 9-11,13 * * *",
		"0 1,2,3,5,8,13 * * *":     "0 1,2,3,5,8,13 * * *",
		"0 20 1 dec mon":           "0 20 1 dec mon",
		"0 20 1,2,3,4,5,6,7 */2 *": "0 20 1,2,3,4,5,6,7 */2 *",
	} {
		require.Equal(t, want, rule(t, text).Words(), text)
	}
	require.Equal(t, "", Cron{}.Words())
}
