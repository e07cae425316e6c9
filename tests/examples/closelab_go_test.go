// closelab.go: what it tells of a test that fails. closelab_go_test.sh copies both into one folder.
package examples

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func TestTellsAStoryInTheOrderOfTime(t *testing.T) {
	admin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var evidence []string
		for number, at := range []float64{0, 3.5, 3.5, 1.25, 3.5} {
			evidence = append(evidence, fmt.Sprintf(`{"at_ms": %g, "source": "capture", "text": "fact %d"}`, at, number))
		}
		fmt.Fprintf(w, `{"connections": [{"id": 1, "text": "connection 1", "evidence": [%s]}]}`, strings.Join(evidence, ","))
	}))
	defer admin.Close()
	told := (&Closelab{t: t, Admin: admin.URL + "/"}).Story()
	if order := strings.Join(regexp.MustCompile(`fact \d`).FindAllString(told, -1), ", "); order != "fact 0, fact 3, fact 1, fact 2, fact 4" {
		t.Error(order)
	}
}
