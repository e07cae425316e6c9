// closelab.go: what it tells of a test that fails. closelab_go_test.sh copies both into one folder.
package examples

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// A failing is a test whose failure is noted instead of reported.
type failing struct {
	testing.TB
	said     string
	cleanups []func()
}

func (f *failing) Helper()           {}
func (f *failing) Failed() bool      { return f.said != "" }
func (f *failing) Cleanup(do func()) { f.cleanups = append(f.cleanups, do) }
func (f *failing) Fatalf(format string, values ...any) {
	f.said = fmt.Sprintf(format, values...)
	runtime.Goexit()
}

func TestStopsAServerThatCanNotBeAsked(t *testing.T) {
	for option, want := range map[string]string{
		"--admin-port=off":  "has no admin port, which closelab.go needs: --admin-port can't be off",
		"--log-format=text": "instead of JSON: closelab.go sets --log-format, which can't be changed",
	} {
		f, done := &failing{TB: t}, make(chan bool)
		go func() {
			defer close(done)
			StartCloselab(f, option)
		}()
		<-done
		for _, do := range f.cleanups {
			do()
		}
		if !strings.Contains(f.said, want) {
			t.Errorf("%s: %q", option, f.said)
		}
	}
	// Each thread has children of its own.
	threads, _ := filepath.Glob("/proc/self/task/*/children")
	for _, thread := range threads {
		if children, _ := os.ReadFile(thread); len(children) > 0 {
			t.Error("a server is still there:", string(children))
		}
	}
}

func TestTellsOfAllConnectionsHoweverMany(t *testing.T) {
	s := StartCloselab(t)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for number := 1; number <= 1200; number++ {
		response, err := client.Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	}
	if told := regexp.MustCompile(`(?m)^connection \d+:`).FindAllString(s.Story(), -1); len(told) != 1200 {
		t.Error(len(told), "of 1200")
	}
}

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
	order := strings.Join(regexp.MustCompile(`fact \d`).FindAllString(told, -1), ", ")
	if order != "fact 0, fact 3, fact 1, fact 2, fact 4" {
		t.Error(order)
	}
}
