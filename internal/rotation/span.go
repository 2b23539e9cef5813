package rotation

import (
	"strings"
	"time"
)

// Span writes a duration as people do, without the zeros of time.Duration: "48h", "1h30m", "90s" as "1m30s".
func Span(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
