package airtest

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// spoil does to a finished file what its recipe asks for.
func (r recipe) spoil(t testing.TB, path string) error {
	switch r.Spoil {
	case "":
		return nil
	case "rotate":
		return rotate(t, path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	mdat := mediaData(data)
	if mdat <= 0 {
		return fmt.Errorf("no media data in %s", path)
	}
	switch r.Spoil {
	case "truncate":
		data = data[:(mdat+len(data))/2]
	case "header":
		data = data[:mdat]
	case "corrupt":
		n := len(data) - mdat
		for i := mdat + n*2/5; i < mdat+n*3/5; i++ {
			data[i] = byte(i*31 + i*i>>3)
		}
	}
	return os.WriteFile(path, data, 0o644)
}

// mediaData finds where an MP4's media begins, past its index.
func mediaData(data []byte) int {
	for at := 0; at+8 <= len(data); {
		size := int(binary.BigEndian.Uint32(data[at:]))
		if string(data[at+4:at+8]) == "mdat" {
			return at + 8
		}
		if size < 8 {
			return -1
		}
		at += size
	}
	return -1
}

// rotate writes a display matrix that turns the picture upright.
func rotate(t testing.TB, path string) error {
	out := path + ".turned.mp4"
	cmd := exec.Command(need(t, "ffmpeg", "ffmpeg"), "-v", "error", "-y", "-i", path, "-c", "copy",
		"-metadata:s:v:0", "rotate=270", "-movflags", "+faststart", out)
	if words, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("rotate: %w\n%s", err, words)
	}
	return os.Rename(out, path)
}

// makeNoMedia makes what is no media at all.
func makeNoMedia(dir string, k Kind) (Clip, error) {
	path := filepath.Join(dir, string(k)+".mp4")
	c := Clip{Kind: k, Path: path}
	switch k {
	case Missing:
		return c, nil
	case Directory:
		return c, os.MkdirAll(path, 0o755)
	}
	if _, err := os.Lstat(path); err == nil {
		return c, nil
	}
	data := make([]byte, 0, 200_000)
	for i := range cap(data) {
		switch k {
		case Garbage, NoRead:
			data = append(data, byte(i*31+i*i>>3+i>>7))
		case ZeroedStart:
			data = append(data, 0)
		}
	}
	mode := os.FileMode(0o644)
	if k == NoRead {
		mode = 0
	}
	return c, os.WriteFile(path, data, mode)
}
