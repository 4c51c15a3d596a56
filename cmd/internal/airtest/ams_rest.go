package airtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sort"
	"time"

	"airloom/output"
	"airloom/output/rtmp"
)

// Broadcast is what the server says of a stream. It changes each 10 s, no faster.
type Broadcast struct {
	StreamID      string  `json:"streamId"`
	Status        string  // created, broadcasting, finished
	Speed         float64 // 0 during the first 10 s
	Width         int
	Height        int
	Bitrate       int64  // bits a second
	ReceivedBytes int64  // of this session
	UpdateTime    int64  // ms of the epoch
	StartTime     int64  // ms of the epoch
	Duration      int64  // ms
	HLSViewers    int    `json:"hlsViewerCount"`
	PublishType   string // RTMP, Pull, …
}

// URL is where a stream is published.
func (s *AntMedia) URL(id string) string {
	return fmt.Sprintf("rtmp://127.0.0.1:%d/%s/%s", s.RTMPPort, amsApp, id)
}

// API is what antmedia.api wants: the application, without the REST API's own path.
func (s *AntMedia) API() string { return fmt.Sprintf("http://127.0.0.1:%d/%s", s.HTTPPort, amsApp) }

// HLS is where a stream's playlist is.
func (s *AntMedia) HLS(id string) string { return s.API() + "/streams/" + id + ".m3u8" }

// Accepts waits until the server takes a stream, tried ten times a second under an
// id of no other's, and returns that moment.
func (s *AntMedia) Accepts(within time.Duration) (at time.Time) {
	s.t.Helper()
	dial, err := rtmp.New(s.URL("accepts"), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for limit := time.Now().Add(within); ; <-tick.C {
		steps := dial.Try(s.t.Context(), output.Trial{ID: "accepts", Upto: output.StagePublish})
		if last := steps[len(steps)-1]; last.Stage == output.StagePublish && last.Err == nil {
			return time.Now()
		}
		if time.Now().After(limit) {
			s.t.Fatalf("Ant Media Server accepts nothing within %v: %+v", within, steps)
		}
	}
}

// ask asks the REST API; code is 0 where nobody answers.
func (s *AntMedia) ask(method, path string, body any) (answer []byte, code int) {
	s.t.Helper()
	var b io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		b = bytes.NewReader(text)
	}
	r, err := http.NewRequest(method, s.API()+"/rest/v2"+path, b)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	c := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	a, err := c.Do(r)
	if err != nil {
		return []byte(err.Error()), 0
	}
	defer a.Body.Close()
	answer, _ = io.ReadAll(a.Body)
	return answer, a.StatusCode
}

// Broadcast is what the server says of a stream; ok is false where it knows none
// of that name, or says nothing.
func (s *AntMedia) Broadcast(id string) (b Broadcast, ok bool) {
	s.t.Helper()
	answer, code := s.ask(http.MethodGet, "/broadcasts/"+id, nil)
	return b, code == http.StatusOK && json.Unmarshal(answer, &b) == nil
}

// Create makes a stream known before it is published, so that it outlives its
// sessions. more are further fields, such as "mp4Enabled": 1.
func (s *AntMedia) Create(id string, more map[string]any) {
	s.t.Helper()
	fields := map[string]any{"streamId": id, "name": id, "type": "liveStream"}
	for k, v := range more {
		fields[k] = v
	}
	if answer, code := s.ask(http.MethodPost, "/broadcasts/create", fields); code != http.StatusOK {
		s.t.Fatalf("create %s: %d %s", id, code, answer)
	}
}

// StopPublisher closes the stream's publisher, and says whether there was one.
func (s *AntMedia) StopPublisher(id string) bool {
	s.t.Helper()
	answer, code := s.ask(http.MethodPost, "/broadcasts/"+id+"/stop", nil)
	var said struct{ Success bool }
	return code == http.StatusOK && json.Unmarshal(answer, &said) == nil && said.Success
}

// Delete makes the server forget a stream.
func (s *AntMedia) Delete(id string) { s.ask(http.MethodDelete, "/broadcasts/"+id, nil) }

// Playlist is the text of the stream's HLS playlist, "" while there is none. Each
// call counts as another viewer for a while: a [Viewer] does not.
func (s *AntMedia) Playlist(id string) string {
	body, code := get(client, s.HLS(id))
	if code != http.StatusOK {
		return ""
	}
	return string(body)
}

// get fetches an address; code is 0 where nobody answers.
func get(c http.Client, url string) (body []byte, code int) {
	a, err := c.Get(url)
	if err != nil {
		return nil, 0
	}
	defer a.Body.Close()
	body, err = io.ReadAll(a.Body)
	if err != nil {
		return nil, 0
	}
	return body, a.StatusCode
}

// Recordings lists the MP4 files that the server made of a stream ("mp4Enabled":
// 1), one for each session, oldest first. They are there once a session has ended.
func (s *AntMedia) Recordings(id string) []string {
	list, _ := filepath.Glob(s.path("webapps/" + amsApp + "/streams/" + id + "*.mp4"))
	sort.Slice(list, func(i, j int) bool { return modified(list[i]).Before(modified(list[j])) })
	return list
}
