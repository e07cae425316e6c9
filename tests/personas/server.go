// Go's net/http for the comparison with conf/personas/go.toml: its defaults on port 8031, small limits on 8032.
package main

import (
	"io"
	"net/http"
	"strings"
	"time"
)

var sizes = map[string]int{"/bytes/64": 64, "/bytes/1MiB": 1 << 20, "/bytes/16MiB": 16 << 20}

func handle(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.ContentLength > 256<<10:
		http.Error(w, "too long", http.StatusRequestEntityTooLarge)
	case r.URL.Path == "/delay/300ms":
		time.Sleep(300 * time.Millisecond)
		io.WriteString(w, "late\n")
	case r.URL.Path == "/echo":
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		w.Write(body)
	case r.Method != http.MethodGet:
		http.Error(w, "GET only", http.StatusMethodNotAllowed)
	default:
		io.WriteString(w, strings.Repeat("x", sizes[r.URL.Path]))
	}
}

func main() {
	go http.ListenAndServe("127.0.0.1:8031", http.HandlerFunc(handle))
	small := &http.Server{
		Addr:              "127.0.0.1:8032",
		Handler:           http.HandlerFunc(handle),
		IdleTimeout:       time.Second,
		ReadHeaderTimeout: time.Second,
		ReadTimeout:       time.Second,
	}
	small.ListenAndServe()
}
