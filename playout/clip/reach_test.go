package clip

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asticode/go-astiav"
	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

func TestClassesOfAddresses(t *testing.T) {
	const public, private, own = 0, 1, 2
	for address, want := range map[string]int{
		"8.8.8.8": public, "172.32.0.1": public, "100.128.0.1": public, "2a00:1450::1": public, "64:ff9b::808:808": public,
		"10.1.2.3": private, "172.16.0.1": private, "172.31.255.255": private, "192.168.0.1": private, "100.64.0.1": private,
		"239.0.0.1": private, "fd00::1": private, "ff02::1": private, "::ffff:192.168.0.1": private, "64:ff9b::a00:1": private, "2002:a00:1::": private,
		"127.0.0.1": own, "127.9.9.9": own, "0.0.0.0": own, "169.254.169.254": own, "::1": own, "::": own, "fe80::1": own,
		"::ffff:127.0.0.1": own, "::127.0.0.1": own, "64:ff9b::7f00:1": own, "2002:7f00:1::": own,
		"x": -1, "127.1": -1,
	} {
		require.Equal(t, want, classOf(address), address)
	}
}

// trap is a server that leads elsewhere, and counts who comes to it by another name.
type trap struct {
	*httptest.Server
	sprung atomic.Int64
}

// there is what lies at the trap under its other name.
func (tr *trap) there(path string) string {
	return strings.Replace(tr.URL, "127.0.0.1", "localhost", 1) + path
}

func newTrap(t *testing.T, clip string) *trap {
	t.Helper()
	tr := &trap{}
	secret := filepath.Join(t.TempDir(), "secret.mp4")
	require.NoError(t, os.WriteFile(secret, bytesOf(t, clip), 0o644))
	mux := http.NewServeMux()
	mux.HandleFunc("/clip.mp4", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Host, "localhost") {
			tr.sprung.Add(1)
		}
		http.ServeFile(w, r, clip)
	})
	leads := func(path, kind, text string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = fmt.Fprint(w, text)
		})
	}
	mux.HandleFunc("/away.mp4", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, tr.there("/clip.mp4"), http.StatusFound)
	})
	mux.HandleFunc("/here.mp4", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/clip.mp4", http.StatusFound) })
	mux.HandleFunc("/file.mp4", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "file://"+secret)
		w.WriteHeader(http.StatusFound)
	})
	tr.Server = httptest.NewServer(mux)
	t.Cleanup(tr.Close)
	const hls = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n%s\n#EXT-X-ENDLIST\n"
	leads("/away.m3u8", "application/vnd.apple.mpegurl", fmt.Sprintf(hls, tr.there("/clip.mp4")))
	leads("/file.m3u8", "application/vnd.apple.mpegurl", fmt.Sprintf(hls, "file://"+secret))
	leads("/concat.m3u8", "application/vnd.apple.mpegurl", fmt.Sprintf(hls, "concat:"+secret+"|"+secret))
	leads("/list.ffconcat", "text/plain", "ffconcat version 1.0\nfile "+secret+"\n")
	leads("/list.mp4", "text/plain", "ffconcat version 1.0\nfile "+tr.there("/clip.mp4")+"\n")
	leads("/ports.sdp", "application/sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n")
	leads("/picture.png", "text/plain", secret)
	return tr
}

// What an address leads to is no file, no script, and no host that may not be named.
func TestAnAddressLeadsNowhereElse(t *testing.T) {
	tr := newTrap(t, made{}.file(t))
	at := func(path string) media.Spec { return media.Spec{Source: tr.URL + path, Hosts: "cam.example,127.0.0.1"} }
	ended(t, read(t, at("/clip.mp4"), 0, house, whole))
	ended(t, read(t, at("/here.mp4"), 0, house, whole))
	for _, path := range []string{"/away.mp4", "/away.m3u8", "/file.mp4", "/file.m3u8", "/concat.m3u8", "/list.ffconcat", "/list.mp4", "/ports.sdp", "/picture.png"} {
		f := refused(t, at(path))
		want := media.FaultUnreadable
		if path == "/file.m3u8" || path == "/concat.m3u8" { // to libav a playlist without anything in it
			want = media.FaultUnsupported
		}
		require.Equal(t, want, f.Kind, path)
		if path == "/away.mp4" {
			require.Contains(t, f.Error(), "leads to localhost, which is not allowed")
		}
	}
	require.Zero(t, tr.sprung.Load(), "nobody came to where it may not be led")

	free := media.Spec{Source: tr.URL + "/away.mp4"} // no hosts are set
	ended(t, read(t, free, 0, house, whole))
	require.Positive(t, tr.sprung.Load())
}

// What is on the Internet leads to no address of the house or the machine.
func TestNoAddressLeadsNearerThanItIs(t *testing.T) {
	tr := newTrap(t, made{}.file(t))
	open := func(source string) (string, error) {
		r := newReach(media.Spec{Source: source})
		defer r.free()
		fc := astiav.AllocFormatContext()
		err := r.during(func() error { return fc.OpenInput(tr.there("/clip.mp4"), nil, nil) })
		if err == nil {
			fc.CloseInput()
		}
		return r.refused(), err
	}
	host, err := open("http://198.51.100.7/live") // and from there a redirect to us
	require.Error(t, err)
	require.Equal(t, "localhost", host)
	require.Zero(t, tr.sprung.Load())
	host, err = open(tr.there("/"))
	require.NoError(t, err)
	require.Empty(t, host)
}

// A name that was on the Internet leads nowhere nearer when it is asked for again.
func TestANameStaysWhereItWas(t *testing.T) {
	r := newReach(media.Spec{Source: "rtsp://cam.example/live"})
	defer r.free()
	require.True(t, r.answers("CAM.example", "8.8.8.8"))
	require.False(t, r.answers("cam.example", "192.168.0.1"), "bound anew to the house")
	require.Equal(t, "cam.example", r.refused())
	require.False(t, r.answers("cam.example", "127.0.0.1"), "to the machine")
	require.False(t, r.answers("other.example", "10.0.0.1"))
	require.True(t, r.answers("cam.example", "8.8.4.4"))

	house := newReach(media.Spec{Source: "rtsp://cam.example/live"})
	defer house.free()
	require.False(t, house.answers("other.example", "10.0.0.1"), "before it is known where the source is")
	require.False(t, house.answers("cam.example", "169.254.169.254"), "no answer to go by")
	require.True(t, house.answers("cam.example", "192.168.0.1"))
	require.True(t, house.answers("cam.example", "8.8.8.8"))
	require.False(t, house.answers("cam.example", "127.0.0.1"))
}

// What clouds tell a machine of itself is out of reach, also where a source names it.
func TestWhatCloudsKeepIsBarred(t *testing.T) {
	for address, want := range map[string]bool{
		"169.254.169.254": true, "169.254.0.1": true, "100.100.100.200": true, "192.0.0.192": true, "168.63.129.16": true, "fe80::1": true, "fd20:ce::254": true, "fd00:ec2::254": true,
		"::ffff:169.254.169.254": true, "64:ff9b::a9fe:a9fe": true, "2002:a9fe:a9fe::": true,
		"127.0.0.1": false, "192.168.1.1": false, "100.100.100.201": false, "fd00:ec2::253": false, "fd20:ce::253": false, "168.63.129.17": false, "8.8.8.8": false,
	} {
		require.Equal(t, want, barred(address), address)
	}
	for _, source := range []string{"rtsp://169.254.169.254/x", "http://[fd00:ec2::254]/x", "rtmp://100.100.100.200/x/y", "srt://169.254.169.254:99"} {
		began := time.Now()
		f := refused(t, media.Spec{Source: source})
		require.Contains(t, f.Error(), "which is not allowed", source)
		require.Equal(t, media.FaultUnreadable, f.Kind, source)
		require.Less(t, time.Since(began), 6*time.Second, source)
	}
}
