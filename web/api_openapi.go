package web

import (
	_ "embed" // the document
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"
	"gopkg.in/yaml.v3"
)

//go:embed openapi.yaml
var openAPIText []byte

// openAPI is the document as JSON.
var openAPI = sync.OnceValue(func() []byte {
	var doc map[string]any
	if err := yaml.Unmarshal(openAPIText, &doc); err != nil {
		panic(fmt.Errorf("openapi.yaml: %w", err)) // a test reads it
	}
	data, err := json.Marshal(doc)
	if err != nil {
		panic(fmt.Errorf("openapi.yaml: %w", err))
	}
	return data
})

func (s *Server) openAPI(c *gin.Context) {
	c.Header("Cache-Control", "no-cache")
	c.Data(http.StatusOK, "application/json", openAPI())
}
