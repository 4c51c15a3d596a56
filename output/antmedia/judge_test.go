package antmedia

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/output"
)

var (
	here  = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC) // on our clock
	there = here.Add(-37 * time.Minute)                  // the same moment on the server's
)

// held is a broadcast that has been published for so long, as asked so long after here.
func held(after, running time.Duration) Answer {
	a := Answer{Known: true, At: here.Add(after), Date: there.Add(after)}
	a.Status, a.Type = "broadcasting", "liveStream"
	a.StartTime = a.Date.Add(-running).UnixMilli()
	a.UpdateTime = a.StartTime
	return a
}

func TestOwner(t *testing.T) {
	a := held(0, time.Hour)
	old := Past{Opened: here.Add(-time.Hour)}
	broke := func(p Past, ago time.Duration) Past { p.Broke = here.Add(-ago); return p }
	started := func(p Past, ms int64) Past { p.Started = ms; return p }
	change := func(f func(*Answer)) Answer { a := a; f(&a); return a }
	for name, x := range map[string]struct {
		a    Answer
		ours Past
		want Owner
	}{
		"unknown there":                 {Answer{}, old, Nobody},
		"created, never published":      {change(func(a *Answer) { a.Status = "created" }), old, Nobody},
		"finished":                      {change(func(a *Answer) { a.Status = "finished" }), started(old, a.StartTime), Nobody},
		"preparing is held":             {change(func(a *Answer) { a.Status = "preparing" }), Past{}, Stranger},
		"we have not published yet":     {a, Past{}, Stranger},
		"the start is that of ours":     {a, started(old, a.StartTime), Ours},
		"… though the ages differ":      {a, started(Past{Opened: here.Add(-480 * time.Hour)}, a.StartTime), Ours},
		"its start moved by a little":   {a, started(broke(old, time.Second), a.StartTime+12), Ours},
		"its start moved by a second":   {a, started(broke(old, time.Second), a.StartTime-1000), Ours},
		"… and by a millisecond more":   {a, started(broke(old, time.Second), a.StartTime-1001), Stranger},
		"moved, of another age":         {a, started(broke(Past{Opened: here.Add(-2 * time.Hour)}, time.Second), a.StartTime+12), Stranger},
		"moved, and the clock was set":  {change(func(a *Answer) { a.Date = a.Date.Add(-72 * time.Hour) }), started(old, a.StartTime+12), Stranger},
		"moved, no Date, so no age":     {change(func(a *Answer) { a.Date = time.Time{} }), started(old, a.StartTime+12), Stranger},
		"the next began 2 s after ours": {held(0, 2*time.Second), started(broke(Past{Opened: here.Add(-4 * time.Second)}, time.Second), there.Add(-4*time.Second).UnixMilli()), Stranger},
		"as old as ours, which broke":   {a, broke(old, 10*time.Second), Ours},
		"as old as ours, ended well":    {a, old, Stranger},
		"younger than ours":             {a, broke(Past{Opened: here.Add(-2 * time.Hour)}, time.Second), Stranger},
		"older than ours":               {a, broke(Past{Opened: here.Add(-59 * time.Minute)}, time.Second), Stranger},
		"began after ours broke":        {held(0, 2*time.Second), broke(Past{Opened: here.Add(-5 * time.Second)}, 4*time.Second), Stranger},
		"began a moment after it broke": {held(0, 3*time.Second), broke(Past{Opened: here.Add(-5 * time.Second)}, 3*time.Second+100*time.Millisecond), Stranger},
		"began with ours, short":        {held(0, 4*time.Second), broke(Past{Opened: here.Add(-5 * time.Second)}, 4*time.Second), Ours},
		"no Date, so no age":            {change(func(a *Answer) { a.Date = time.Time{} }), broke(old, time.Second), Stranger},
		"no Date, and just begun":       {change(func(a *Answer) { a.Date = time.Time{} }), broke(Past{Opened: here.Add(-time.Second)}, 0), Stranger},
		"no start":                      {change(func(a *Answer) { a.StartTime = 0 }), broke(old, time.Second), Stranger},
		"fetched by the server itself":  {change(func(a *Answer) { a.Type = "streamSource" }), started(old, a.StartTime), Stranger},
		"a server's clock set meantime": {change(func(a *Answer) { a.Date = a.Date.Add(72 * time.Hour) }), started(old, a.StartTime), Ours},
	} {
		require.Equal(t, x.want, OwnerOf(x.a, x.ours, here), name)
	}
}

func TestExplain(t *testing.T) {
	a := held(0, 25*time.Minute)
	free := a
	free.Status = "finished"
	with := func(a Answer, f func(*Answer)) Answer { f(&a); return a }
	ago := func(d time.Duration) time.Time { return here.Add(-d) }
	ours := Past{Opened: ago(time.Hour), Broke: ago(40 * time.Second), Started: a.StartTime}
	for name, x := range map[string]struct {
		c     Case
		cause output.Cause
		words string
	}{
		"no API":     {Case{Err: errors.New("nothing listens on x")}, output.CauseNoReason, "without a word, and nothing listens on x"},
		"no token":   {Case{NoToken: errors.New("none"), Answer: a}, output.CauseCredential, "nothing to show that we may publish: none"},
		"unknown":    {Case{}, output.CauseIDUnknown, "create the stream there, or set antmedia.create: true"},
		"not made":   {Case{NotMade: errors.New("forbidden")}, output.CauseIDUnknown, "creating it failed: forbidden"},
		"a ghost":    {Case{Answer: a, Past: Past{Opened: here, Started: a.StartTime}}, output.CauseGhost, "our last session, which began 25 min ago"},
		"a stranger": {Case{Answer: a}, output.CauseIDInUse, "for 25 min now (since 2026-01-01 10:58:00 UTC)"},
		"a silent stranger": {Case{Answer: with(a, func(a *Answer) { a.UpdateTime = a.Date.Add(-15 * time.Second).UnixMilli() })}, output.CauseIDInUse,
			"nothing has come from there for 15s"},
		"the server fetches it": {Case{Answer: with(a, func(a *Answer) { a.Type = "streamSource" })}, output.CauseIDInUse, "the server itself fetches a stream"},
		"too early": {Case{Answer: with(free, func(a *Answer) { a.PlannedStart, a.PlannedEnd = a.Date.Unix()+60, a.Date.Unix()+120 })}, output.CauseNotNow,
			"planned there from 2026-01-01 11:24:00 UTC to 2026-01-01 11:25:00 UTC, and by the server's clock it is 2026-01-01 11:23:00 UTC"},
		"too late": {Case{Answer: with(free, func(a *Answer) { a.PlannedStart, a.PlannedEnd = 1, a.Date.Unix()-1 })}, output.CauseNotNow, "is planned there"},
		"only one date, which the server ignores": {Case{Credential: ByNone, Answer: with(free, func(a *Answer) { a.PlannedStart = a.Date.Unix() + 60 })},
			output.CauseNoReason, "the app may ask for a token"},
		"expired": {Case{Answer: with(free, func(a *Answer) { a.Created, a.Expires = a.Date.UnixMilli()-2000, 1000 })}, output.CauseNotNow, "expired there"},
		"a token": {Case{Answer: free, Credential: ByToken}, output.CauseCredential, "the one-time token that we showed is not accepted"},
		"a JWT":   {Case{Answer: free, Credential: ByJWT}, output.CauseCredential, "the JWT that we showed"},
		"a hash":  {Case{Answer: free, Credential: ByHash}, output.CauseCredential, "the hash that we showed"},
		"TOTP":    {Case{Answer: free, Credential: ByTOTP}, output.CauseCredential, "the one-time password that we showed"},
		"URL":     {Case{Answer: free, Credential: byURL}, output.CauseCredential, "in the output's url"},
		"closing": {Case{Answer: free, Past: ours, Refused: ago(9 * time.Second), Credential: ByNone}, output.CauseGhost, "still closing the last session"},
		"outside, and closing": {Case{Answer: with(free, func(a *Answer) { a.PlannedStart, a.PlannedEnd = 1, 2 }), Past: ours, Refused: here}, output.CauseNotNow,
			"is planned there"},
		"not for so long":         {Case{Answer: free, Past: ours, Refused: ago(closes), Credential: ByNone}, output.CauseNoReason, "antmedia.publish"},
		"that ended well":         {Case{Answer: free, Past: Past{Opened: ours.Opened}, Refused: here, Credential: ByToken}, output.CauseCredential, "not accepted"},
		"the last was another's":  {Case{Answer: with(free, func(a *Answer) { a.StartTime += 60_000 }), Past: ours, Refused: here, Credential: ByNone}, output.CauseNoReason, ""},
		"one that we had stopped": {Case{Answer: free, Stopped: ago(time.Second), Credential: ByNone}, output.CauseGhost, "still closing"},
		"and not for so long":     {Case{Answer: free, Stopped: ago(closes), Credential: ByNone}, output.CauseNoReason, ""},
		"who know":                {Case{Answer: free, Credential: ByNone}, output.CauseNoReason, "antmedia.publish"},
	} {
		x.c.Now = here
		f := Explain(x.c)
		require.Equal(t, x.cause, f.Cause, name)
		require.Equal(t, output.KindRefused, f.Kind, name)
		require.Contains(t, f.Error(), x.words, name)
	}
}

// poll is what one look sees, so long after the session's start.
type poll struct {
	at       time.Duration
	update   time.Duration // after the start, of the server's figures
	bytes    int64
	speed    float64
	playlist string
	err      *Error
	gone     bool // the server does not know the stream
	status   string
	foreign  bool // the session is somebody else's
}

// foreign is what is seen of a session that is not ours.
func foreign(polls []poll) (list []poll) {
	for _, p := range polls {
		p.foreign = true
		list = append(list, p)
	}
	return list
}

func seen(polls ...poll) sight {
	s := sight{opened: here}
	for _, p := range polls {
		l := look{at: here.Add(p.at), err: p.err, playlist: p.playlist, age: time.Second, foreign: p.foreign}
		if l.answer = held(p.at, p.at); p.gone {
			l.answer = Answer{At: l.at, Date: there.Add(p.at)}
		}
		l.answer.UpdateTime = there.Add(p.update).UnixMilli()
		l.answer.ReceivedBytes, l.answer.Speed, l.answer.Width, l.answer.Height = p.bytes, p.speed, 320, 180
		if p.status != "" {
			l.answer.Status = p.status
		}
		s = s.see(l)
	}
	return s
}

const s1 = time.Second

func TestArrival(t *testing.T) {
	forbidden := &Error{Cause: output.CauseForbidden, words: "no"}
	for name, x := range map[string]struct {
		polls []poll
		now   time.Duration
		state State
		cause output.Cause
		age   time.Duration
		words string
	}{
		"not looked yet":             {nil, 0, NotProven, "", 0, "the session is new"},
		"broadcasting is nothing":    {[]poll{{at: 1 * s1, bytes: 9000}}, 2 * s1, NotProven, "", 0, "the session is new"},
		"figures moved":              {[]poll{{at: 1 * s1}, {at: 11 * s1, update: 10 * s1, bytes: 9}}, 12 * s1, Proven, "", 2 * s1, ""},
		"bytes alone moved":          {[]poll{{at: 1 * s1}, {at: 11 * s1, bytes: 9}}, 12 * s1, Proven, "", 12 * s1, ""},
		"the playlist moved":         {[]poll{{at: 1 * s1}, {at: 6 * s1, playlist: "a"}, {at: 11 * s1, playlist: "b"}}, 12 * s1, Proven, "", 2 * s1, ""},
		"a playlist appeared":        {[]poll{{at: 1 * s1}, {at: 6 * s1, playlist: "a"}}, 7 * s1, NotProven, "", 0, "new"},
		"an old one stands":          {[]poll{{at: 1 * s1, playlist: "a"}, {at: 6 * s1, playlist: "a"}}, 7 * s1, NotProven, "", 0, "new"},
		"the figures went back":      {[]poll{{at: 1 * s1, bytes: 90, update: 9 * s1}, {at: 6 * s1, bytes: 9, update: 8 * s1}}, 7 * s1, NotProven, "", 0, "new"},
		"19 s without a change":      {[]poll{{at: 1 * s1}, {at: 11 * s1, update: 11 * s1, bytes: 9}, {at: 26 * s1, update: 11 * s1, bytes: 9}}, 30 * s1, Proven, "", 19 * s1, ""},
		"20 s without a change":      {[]poll{{at: 1 * s1}, {at: 11 * s1, update: 11 * s1, bytes: 9}, {at: 26 * s1, update: 11 * s1, bytes: 9}}, 31 * s1, NotProven, "", 20 * s1, "has changed for 20s"},
		"never a change":             {[]poll{{at: 1 * s1}, {at: 16 * s1}}, 21 * s1, NotProven, "", 0, "has changed for 21s"},
		"unknown there":              {[]poll{{at: 1 * s1, gone: true}, {at: 16 * s1, gone: true}}, 21 * s1, NotProven, output.CauseIDUnknown, 0, "knows nothing"},
		"no answer, still fresh":     {[]poll{{at: 1 * s1}, {at: 11 * s1, update: 11 * s1, bytes: 9}, {at: 16 * s1, err: forbidden}}, 20 * s1, Proven, "", 9 * s1, ""},
		"no answer, and old":         {[]poll{{at: 1 * s1}, {at: 11 * s1, update: 11 * s1, bytes: 9}, {at: 16 * s1, err: forbidden}}, 40 * s1, NotProven, output.CauseForbidden, 29 * s1, "no"},
		"no answer ever":             {[]poll{{at: 1 * s1, err: forbidden}}, 2 * s1, NotProven, output.CauseForbidden, 0, "no"},
		"22 s, the last look failed": {[]poll{{at: 1 * s1}, {at: 11 * s1, update: 11 * s1, bytes: 9}, {at: 28 * s1, err: forbidden}}, 33 * s1, Proven, "", 22 * s1, ""},
		"25 s, the last look failed": {[]poll{{at: 1 * s1}, {at: 11 * s1, update: 11 * s1, bytes: 9}, {at: 28 * s1, err: forbidden}}, 36 * s1, NotProven, output.CauseForbidden, 25 * s1, "no"},
		"another's figures moved":    {foreign([]poll{{at: 1 * s1}, {at: 21 * s1, update: 20 * s1, bytes: 9}}), 22 * s1, NotProven, output.CauseIDInUse, 0, "not ours"},
		"another's playlist moved":   {foreign([]poll{{at: 1 * s1}, {at: 16 * s1, playlist: "a"}, {at: 21 * s1, playlist: "b"}}), 22 * s1, NotProven, output.CauseIDInUse, 0, "not ours"},
		"another's since a moment":   {append([]poll{{at: 1 * s1}, {at: 11 * s1, update: 11 * s1, bytes: 9}}, foreign([]poll{{at: 16 * s1, bytes: 10}})...), 17 * s1, NotProven, output.CauseIDInUse, 6 * s1, "not ours"},
		"playlists of both":          {append(foreign([]poll{{at: 1 * s1, playlist: "a"}}), poll{at: 16 * s1, playlist: "b"}), 17 * s1, NotProven, "", 0, "new"},
		"an answer again":            {[]poll{{at: 1 * s1, err: forbidden}, {at: 6 * s1}}, 7 * s1, NotProven, "", 0, "new"},
	} {
		v := seen(x.polls...).arrival(here.Add(x.now))
		require.Equal(t, []any{x.state, x.cause, x.age}, []any{v.State, v.Cause, v.Age}, "%s: %+v", name, v)
		if x.words == "" {
			require.Empty(t, v.Detail, name)
		}
		require.Contains(t, v.Detail, x.words, name)
	}
}

// A figure of another session of the same id is no progress of ours.
func TestArrivalIsOfOneSession(t *testing.T) {
	s := seen(poll{at: s1, bytes: 10})
	l := s.last
	l.at, l.answer.StartTime, l.answer.UpdateTime, l.answer.ReceivedBytes = l.at.Add(5*s1), l.answer.StartTime+1, l.answer.UpdateTime+1, 99
	require.Equal(t, NotProven, s.see(l).arrival(l.at).State)
	l.answer.StartTime--
	require.Equal(t, Proven, s.see(l).arrival(l.at).State)
}

func TestAlerts(t *testing.T) {
	forbidden := &Error{Cause: output.CauseForbidden, words: "no"}
	credential := &Error{Cause: output.CauseCredential, words: "no"}
	away := &Error{Cause: CauseUnreachable, words: "no"}
	good := []poll{{at: 1 * s1}, {at: 11 * s1, update: 10 * s1, bytes: 9, speed: 0.99}}
	slow := func(speeds ...float64) (list []poll) {
		for i, v := range speeds {
			at := time.Duration(1+10*i) * s1
			list = append(list, poll{at: at, update: at, bytes: int64(i), speed: v})
		}
		return list
	}
	for name, x := range map[string]struct {
		polls []poll
		now   time.Duration
		size  [2]int
		other bool
		want  []string
	}{
		"all is well":            {good, 12 * s1, [2]int{320, 180}, false, nil},
		"new":                    {nil, 30 * s1, [2]int{320, 180}, false, nil},
		"nothing arrives":        {[]poll{{at: 1 * s1}, {at: 16 * s1}}, 21 * s1, [2]int{320, 180}, false, []string{"error antmedia-not-received"}},
		"no longer":              {good, 31 * s1, [2]int{320, 180}, false, []string{"error antmedia-not-received"}},
		"no such session":        {[]poll{{at: 1 * s1, gone: true}, {at: 16 * s1, gone: true}}, 21 * s1, [2]int{320, 180}, false, []string{"error antmedia-not-received"}},
		"another id":             {[]poll{{at: 1 * s1, gone: true}}, 12 * s1, [2]int{320, 180}, true, []string{"error antmedia-other-id"}},
		"not ours":               {foreign(good), 31 * s1, [2]int{640, 360}, false, []string{"error antmedia-not-received"}},
		"another size":           {good, 12 * s1, [2]int{640, 360}, false, []string{"warning antmedia-size"}},
		"no speed yet":           {slow(0, 0, 0), 23 * s1, [2]int{320, 180}, false, nil},
		"another width":          {good, 12 * s1, [2]int{640, 180}, false, []string{"warning antmedia-size"}},
		"slow once":              {slow(0, 0.9), 13 * s1, [2]int{320, 180}, false, nil},
		"slow twice":             {slow(0, 0.9, 0.96), 23 * s1, [2]int{320, 180}, false, []string{"warning antmedia-slow"}},
		"slow, then not":         {slow(0, 0.9, 0.96, 0.97), 33 * s1, [2]int{320, 180}, false, nil},
		"at 0.97":                {slow(0, 0.97, 0.97), 23 * s1, [2]int{320, 180}, false, nil},
		"forbidden, starting":    {[]poll{{at: 1 * s1, err: forbidden}}, 60 * s1, [2]int{320, 180}, false, nil},
		"forbidden":              {[]poll{{at: 1 * s1, err: forbidden}}, 61 * s1, [2]int{320, 180}, false, []string{"warning antmedia-forbidden"}},
		"wrong token":            {[]poll{{at: 1 * s1, err: credential}}, 2 * s1, [2]int{320, 180}, false, []string{"warning antmedia-credential"}},
		"away":                   {[]poll{{at: 1 * s1, err: away}, {at: 56 * s1, err: away}}, 61 * s1, [2]int{320, 180}, false, []string{"warning antmedia-api"}},
		"away and back":          {[]poll{{at: 1 * s1, err: away}, {at: 56 * s1, bytes: 1}, {at: 59 * s1, bytes: 2}}, 61 * s1, [2]int{320, 180}, false, nil},
		"away: no word on media": {append(good, poll{at: 40 * s1, err: away}), 50 * s1, [2]int{320, 180}, false, nil},
	} {
		var got []string
		for _, a := range seen(x.polls...).alerts(here.Add(x.now), x.size[0], x.size[1], x.other) {
			got = append(got, a.Severity+" "+a.Code)
			require.Contains(t, Codes(), a.Code)
			require.NotEmpty(t, a.Message)
		}
		require.Equal(t, x.want, got, name)
	}
}

// These are the values that Ant Media Server 2.17.1's own TOTPGenerator gives.
func TestTOTP(t *testing.T) {
	for counter, want := range map[int64]string{0: "282760", 1: "996554", 29321654: "544484", 37037036: "071271"} {
		for _, at := range []int64{0, 59} {
			code, err := TOTP("JBSW y3dp EHPK3PXP==", time.Unix(counter*60+at, 0))
			require.NoError(t, err)
			require.Equal(t, want, code)
		}
	}
	_, err := TOTP("geheim-0815", here)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "geheim")
}

func TestHash(t *testing.T) { // printf ch1publishs3cret | sha256sum
	require.Equal(t, "2f57cdc84c1c65e359a3b1cfe9a99213f0eda9f6b6c5e26e2fc3e3a7522a0c16", Hash("ch1", "s3cret"))
}
