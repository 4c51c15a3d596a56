package worker

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Where as many children hang as may, no more are started.
func TestHelpThatHangs(t *testing.T) {
	h := NewHelp(HelpOptions{Args: []string{"none"}, Log: slog.New(slog.DiscardHandler)})
	h.stuck.Store(maxHung)
	_, err := h.Ask(t.Context(), time.Second, struct{}{}, &struct{}{})
	require.ErrorIs(t, err, errStuck)
	require.Nil(t, h.proc)
}
