// What a client that keeps connections must get right, with Go's net/http. CLOSELAB is the program.
//
//	go test examples/closelab.go examples/pool_test.go
package examples

import (
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

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
	s, p := StartCloselab(t), newPool(t)
	p.get(s.URL)
	p.get(s.URL)
	expect(t, s.ConnectionsOfRequests(), []int{1, 1}, "")
}

func TestSurvivesAStaleConnection(t *testing.T) {
	s, p := StartCloselab(t), newPool(t)
	s.Rules(`{"connection": 1, "at": "next_request", "close": "lingering"}`)
	p.get(s.URL)
	if text := p.get(s.URL); !strings.Contains(text, "connection 2") {
		t.Error(text)
	}
	r := s.Closed(1)
	expect(t, r.CloseReason, "rule", r.Text)
	expect(t, r.Retry, "safe", r.Text)
}

func TestDoesNotSendAPostAgain(t *testing.T) {
	s, p := StartCloselab(t), newPool(t)
	s.Rules(`{"connection": 1, "request": 2, "at": "before_response", "close": "lingering"}`)
	p.get(s.URL)
	if _, err := p.client.Post(s.URL+"echo", "text/plain", strings.NewReader("order 1 book")); err == nil {
		t.Error("the POST was answered")
	}
	r := s.Closed(1)
	expect(t, r.Retry, "if_idempotent", r.Text)
	expect(t, s.ConnectionsOfRequests(), []int{1, 1}, "")
}

func TestNoticesConnectionClose(t *testing.T) {
	s, p := StartCloselab(t), newPool(t)
	p.get(s.URL + "close/lingering")
	p.get(s.URL)
	expect(t, s.ConnectionsOfRequests(), []int{1, 2}, "")
	r := s.Closed(1)
	expect(t, r.Verdict.ClosedFirst, "server", r.Text)
}

func TestClosesAConnectionThatTheServerHasClosed(t *testing.T) {
	s, p := StartCloselab(t), newPool(t)
	p.get(s.URL + "close/lingering")
	r := s.PeerClosed(1)
	expect(t, r.FinSentBy, "both", r.Text)
	s.AllSettled()
}
