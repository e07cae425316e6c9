// closelab in tests written in Go: a server whose every ending of a connection is chosen, and known. One file that needs
// nothing else: copy it beside your tests, and change its package.
//
//	server := StartCloselab(t)
//	server.Rules(`{"connection": 1, "at": "next_request", "close": "abortive"}`)
//	... // your client, twice, against server.URL
//	if record := server.Closed(1); record.Retry != "safe" { ... }
//
// The program is the one that CLOSELAB names, else `closelab` in PATH, else one that was built beside this file. The
// server ends with the test; when that has failed, what became of its connections is in its log. docs/admin.md says
// what is in a record, and which rules there are.
package examples

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"testing"
)

// A Closelab is a running server.
type Closelab struct {
	t     testing.TB
	URL   string `json:"url"`
	Port  int    `json:"port"`
	Admin string `json:"admin_url"`
}

// A Record is what became of a connection; Text says it in a line.
type Record struct {
	ID           int
	Text         string
	CloseReason  string `json:"close_reason"`
	Retry        string
	RequestCount int    `json:"request_count"`
	FinSentBy    string `json:"fin_sent_by"`
	// Whose the client's end is, when it has not closed although our FIN is out.
	LocalClient *struct {
		UID       int
		Processes []struct {
			PID  int
			Name string
		}
	} `json:"local_client"`
	Verdict struct {
		ClosedFirst string `json:"closed_first"`
		ClosedBy    string `json:"closed_by"`
		TimeWait    string `json:"time_wait"`
	}
	Requests []Request
	Evidence []struct {
		AtMs         float64 `json:"at_ms"`
		Source, Text string
	}
}

// A Request is one that came, and on which connection.
type Request struct {
	ConnectionID   int `json:"connection_id"`
	Number, Status int
	Method, Target string
}

func findCloselab(t testing.TB) string {
	if program := os.Getenv("CLOSELAB"); program != "" {
		return program
	}
	if program, err := exec.LookPath("closelab"); err == nil {
		return program
	}
	_, here, _, _ := runtime.Caller(0)
	for _, preset := range []string{"release", "static", "dev"} {
		program := filepath.Join(filepath.Dir(here), "../build", preset, "closelab")
		if _, err := os.Stat(program); err == nil {
			return program
		}
	}
	t.Fatal("no program closelab: install its package, or say where it is in the variable CLOSELAB")
	return ""
}

// StartCloselab starts the program with these options of `closelab serve`, on a port of the kernel's choice.
func StartCloselab(t testing.TB, options ...string) *Closelab {
	t.Helper()
	command := exec.Command(findCloselab(t), append([]string{"serve", "--port", "0", "--log-format", "json"}, options...)...)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &Closelab{t: t}
	t.Cleanup(func() {
		if t.Failed() && s.Admin != "" {
			t.Log(s.Story())
		}
		command.Process.Signal(os.Interrupt)
		command.Wait()
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatalf("%v did not start: %v", command.Args, err)
	}
	if json.Unmarshal([]byte(line), s) != nil {
		t.Fatalf("%v printed %q instead of JSON: closelab.go sets --log-format, which can't be changed", command.Args, line)
	}
	if s.Admin == "" {
		t.Fatalf("%v has no admin port, which closelab.go needs: --admin-port can't be off", command.Args)
	}
	return s
}

// Ask sends a request to the admin port and reads the answer into result.
func (s *Closelab) Ask(method, path, body string, result any) {
	s.t.Helper()
	request, _ := http.NewRequest(method, s.Admin+path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode >= 400 || json.Unmarshal(text, result) != nil {
		s.t.Fatalf("%s %s: %s", method, path, text)
	}
}

// Rules replaces the server's rules by these, each a JSON object.
func (s *Closelab) Rules(rules ...string) {
	s.t.Helper()
	s.Ask("PUT", "rules", "["+strings.Join(rules, ",")+"]", &struct{}{})
}

// UnusedRules tells which rules never acted: what they were to provoke has not been tested.
func (s *Closelab) UnusedRules() (texts []string) {
	var answer struct {
		Rules []struct {
			Text  string
			Fired int
		}
	}
	s.Ask("GET", "rules", "", &answer)
	for _, rule := range answer.Rules {
		if rule.Fired == 0 {
			texts = append(texts, rule.Text)
		}
	}
	return texts
}

func (s *Closelab) wait(connection int, what string) (record Record) {
	s.t.Helper()
	s.Ask("GET", fmt.Sprintf("connections/%d?wait=%s", connection, what), "", &record)
	return record
}

// Accepted, Idle and Closed wait until it has happened, for 5 s at most. No test needs a sleep.
func (s *Closelab) Accepted(connection int) Record { return s.wait(connection, "accepted") }

// Idle waits until it has answered, and waits for the next request.
func (s *Closelab) Idle(connection int) Record { return s.wait(connection, "idle") }

// Closed waits until it has ended at both sides: the verdict is final.
func (s *Closelab) Closed(connection int) Record { return s.wait(connection, "closed") }

// PeerClosed waits until the client has sent its FIN.
func (s *Closelab) PeerClosed(connection int) Record { return s.wait(connection, "peer_closed") }

// Leaked waits until our FIN has been out for so long ("1s") and the client has not closed; ClientProcesses says whose
// its end is.
func (s *Closelab) Leaked(connection int, openFor string) Record {
	return s.wait(connection, "leaked&open_for="+openFor)
}

// AllSettled waits until no connection is open any more; the test fails when one stays.
func (s *Closelab) AllSettled() {
	s.t.Helper()
	s.Ask("GET", "connections?wait=all_settled", "", &struct{}{})
}

// ConnectionsOfRequests tells on which connection each request came: [1 1 2].
func (s *Closelab) ConnectionsOfRequests() (ids []int) {
	var answer struct{ Requests []Request }
	s.Ask("GET", "requests", "", &answer)
	for _, request := range answer.Requests {
		ids = append(ids, request.ConnectionID)
	}
	return ids
}

// Story tells what became of each connection, and how that is known.
func (s *Closelab) Story() string {
	var answer struct{ Connections []Record }
	// More than there can be: without a limit it gives the newest 1,000.
	s.Ask("GET", "connections?limit=4294967296", "", &answer)
	var text strings.Builder
	for _, record := range answer.Connections {
		fmt.Fprintln(&text, record.Text)
		for _, one := range record.Requests {
			fmt.Fprintf(&text, "  request %d: %s %s  %d\n", one.Number, one.Method, one.Target, one.Status)
		}
		// What a capture showed was added last, and happened earlier.
		sort.SliceStable(record.Evidence, func(i, j int) bool { return record.Evidence[i].AtMs < record.Evidence[j].AtMs })
		for _, fact := range record.Evidence {
			fmt.Fprintf(&text, "  %10.3f ms  %s  (%s)\n", fact.AtMs, fact.Text, fact.Source)
		}
	}
	return text.String()
}
