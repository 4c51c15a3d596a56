package clip

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/asticode/go-astiav"
)

// choose picks the picture and the sound that air.
func (r *Reader) choose() (pic, snd *astiav.Stream, why error) {
	var cover *astiav.Stream
	best, _, err := r.src.fc.FindBestStream(astiav.MediaTypeVideo, -1, -1)
	why = err
	for _, s := range r.src.fc.Streams() {
		if s.CodecParameters().MediaType() != astiav.MediaTypeVideo {
			continue
		}
		switch {
		case isCover(s):
			cover = first(cover, s)
		case best != nil && s.Index() == best.Index():
			pic = s
		case pic == nil && (best == nil || isCover(best)):
			pic = s
		}
	}
	if pic == nil {
		pic = cover
	}
	snd, err = r.chooseSound(pic)
	if err != nil {
		why = err
	}
	return pic, snd, why
}

func first(a, b *astiav.Stream) *astiav.Stream {
	if a != nil {
		return a
	}
	return b
}

// chooseSound takes the track that the item names, by number or language, else
// the file's default.
func (r *Reader) chooseSound(pic *astiav.Stream) (*astiav.Stream, error) {
	var all []*astiav.Stream
	for _, s := range r.src.fc.Streams() {
		if s.CodecParameters().MediaType() == astiav.MediaTypeAudio {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	if want := r.spec.Audio; want != "" {
		if s := named(all, want); s != nil {
			return s, nil
		}
		r.note("it has no sound track %q: its default track airs", want)
	}
	related := -1
	if pic != nil {
		related = pic.Index()
	}
	s, _, err := r.src.fc.FindBestStream(astiav.MediaTypeAudio, -1, related)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// named finds a track by its number, from 1, or its language.
func named(all []*astiav.Stream, want string) *astiav.Stream {
	if n, err := strconv.Atoi(want); err == nil {
		if n >= 1 && n <= len(all) {
			return all[n-1]
		}
		return nil
	}
	for _, s := range all {
		d := s.Metadata()
		if d == nil {
			continue
		}
		if e := d.Get("language", nil, 0); e != nil && sameLanguage(e.Value(), want) {
			return s
		}
	}
	return nil
}

// Languages have up to three codes; these are the ones that differ by more than
// their ending.
var languages = []string{
	"de deu ger", "en eng", "fr fra fre", "es spa", "it ita", "pt por", "nl nld dut", "pl pol", "ru rus", "tr tur",
	"cs ces cze", "sk slk slo", "el ell gre", "sv swe", "da dan", "no nor", "nb nob", "nn nno", "fi fin", "hu hun",
	"ro ron rum", "bg bul", "hr hrv scr", "sr srp scc", "sl slv", "uk ukr", "ar ara", "he heb", "fa fas per",
	"hi hin", "zh zho chi", "ja jpn", "ko kor", "th tha", "vi vie", "id ind", "ms msa may", "is isl ice",
	"ga gle", "cy cym wel", "eu eus baq", "ca cat", "gl glg", "sq sqi alb", "hy hye arm", "ka kat geo", "mk mkd mac",
	"lt lit", "lv lav", "et est", "la lat", "bn ben", "ta tam", "te tel", "ur urd",
}

func sameLanguage(a, b string) bool {
	a, _, _ = strings.Cut(strings.ToLower(a), "-")
	b, _, _ = strings.Cut(strings.ToLower(b), "-")
	if a == b {
		return true
	}
	for _, l := range languages {
		l = " " + l + " "
		if strings.Contains(l, " "+a+" ") && strings.Contains(l, " "+b+" ") {
			return true
		}
	}
	return false
}

func isCover(s *astiav.Stream) bool {
	return s.DispositionFlags().Has(astiav.DispositionFlagAttachedPic)
}

// isImage says that the file is one image, not a film.
func isImage(s *source) bool { return strings.HasSuffix(s.fc.InputFormat().Name(), "_pipe") }

// note keeps an oddity worth telling an operator, once.
func (r *Reader) note(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	for _, n := range r.info.Notes {
		if n == s {
			return
		}
	}
	r.info.Notes = append(r.info.Notes, s)
}
