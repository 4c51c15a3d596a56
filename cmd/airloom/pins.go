package main

// Holds every pinned module in go.mod while the rooms that use them are being
// built. Goes away with the last of them.
import (
	_ "github.com/Shopify/toxiproxy/v2"
	_ "github.com/Shopify/toxiproxy/v2/toxics"
	_ "github.com/asticode/go-astiav"
	_ "github.com/bluenviron/gohlslib/v2"
	_ "github.com/bluenviron/gohlslib/v2/pkg/codecs"
	_ "github.com/bluenviron/gortmplib"
	_ "github.com/bluenviron/gortmplib/pkg/codecs"
	_ "github.com/bluenviron/gortmplib/pkg/message"
	_ "github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	_ "github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	_ "github.com/coreos/go-systemd/v22/daemon"
	_ "github.com/fsnotify/fsnotify"
	_ "github.com/gin-gonic/gin"
	_ "github.com/landlock-lsm/go-landlock/landlock"
	_ "github.com/prometheus/client_golang/prometheus/promhttp"
	_ "github.com/robfig/cron/v3"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/spf13/cobra"
	_ "github.com/stretchr/testify/require"
	_ "go.uber.org/goleak"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/sys/unix"
	_ "gopkg.in/yaml.v3"
)
