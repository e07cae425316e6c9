// What a client that keeps connections must get right, with Go's net/http. CLOSELAB is the program.
//
//	go test examples/pool_test.go
package examples

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
)

// A server is the running program; its admin port's page is docs/admin.md.
type server struct {
	t     *testing.T
	URL   string `json:"url"`
	Admin string `json:"admin_url"`
}

type record struct {
	Text        string
	CloseReason string `json:"close_reason"`
	Retry       string
	Verdict     struct {
		ClosedFirst string `json:"closed_first"`
	}
}

func start(t *testing.T) *server {
	program := os.Getenv("CLOSELAB")
	if program == "" {
		program = "../build/release/closelab"
	}
	command := exec.Command(program, "serve", "--port", "0", "--log-format", "json")
	output, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Signal(os.Interrupt)
		command.Wait()
	})
	line, err := bufio.NewReader(output).ReadBytes('\n')
	s := &server{t: t}
	if err == nil {
		err = json.Unmarshal(line, s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ask sends a request to the admin port and reads the answer into result.
func (s *server) ask(method, path, body string, result any) {
	request, _ := http.NewRequest(method, s.Admin+path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode >= 400 || json.Unmarshal(text, result) != nil {
		s.t.Fatalf("%s %s: %s", method, path, text)
	}
}

func (s *server) rule(text string) { s.ask("PUT", "rules", "["+text+"]", &struct{}{}) }

// closed waits until that connection has ended at both sides.
func (s *server) closed(connection int) (r record) {
	s.ask("GET", fmt.Sprintf("connections/%d?wait=closed", connection), "", &r)
	return r
}

// connections tells on which connection each request came.
func (s *server) connections() (ids []int) {
	var answer struct {
		Requests []struct {
			ConnectionID int `json:"connection_id"`
		}
	}
	s.ask("GET", "requests", "", &answer)
	for _, request := range answer.Requests {
		ids = append(ids, request.ConnectionID)
	}
	return ids
}

// A pool is the client under test.
type pool struct {
	t      *testing.T
	client http.Client
}

func newPool(t *testing.T) *pool {
	p := &pool{t: t, client: http.Client{Transport: &http.Transport{}}}
	t.Cleanup(p.client.CloseIdleConnections)
	return p
}

func (p *pool) get(url string) string {
	response, err := p.client.Get(url)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return string(text)
}

func expect(t *testing.T, got, want any, story string) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v %s", got, want, story)
	}
}

func TestReusesAConnection(t *testing.T) {
	s, p := start(t), newPool(t)
	p.get(s.URL)
	p.get(s.URL)
	expect(t, s.connections(), []int{1, 1}, "")
}

func TestSurvivesAStaleConnection(t *testing.T) {
	s, p := start(t), newPool(t)
	s.rule(`{"connection": 1, "at": "next_request", "close": "lingering"}`)
	p.get(s.URL)
	if text := p.get(s.URL); !strings.Contains(text, "connection 2") {
		t.Error(text)
	}
	r := s.closed(1)
	expect(t, r.CloseReason, "rule", r.Text)
	expect(t, r.Retry, "safe", r.Text)
}

func TestDoesNotSendAPostAgain(t *testing.T) {
	s, p := start(t), newPool(t)
	s.rule(`{"connection": 1, "request": 2, "at": "before_response", "close": "lingering"}`)
	p.get(s.URL)
	if _, err := p.client.Post(s.URL+"echo", "text/plain", strings.NewReader("order 1 book")); err == nil {
		t.Error("the POST was answered")
	}
	r := s.closed(1)
	expect(t, r.Retry, "if_idempotent", r.Text)
	expect(t, s.connections(), []int{1, 1}, "")
}

func TestNoticesConnectionClose(t *testing.T) {
	s, p := start(t), newPool(t)
	p.get(s.URL + "close/lingering")
	p.get(s.URL)
	expect(t, s.connections(), []int{1, 2}, "")
	r := s.closed(1)
	expect(t, r.Verdict.ClosedFirst, "server", r.Text)
}
