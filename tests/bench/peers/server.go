// server PORT
package main

import (
	"io"
	"net/http"
	"os"
	"runtime"
)

func main() {
	runtime.GOMAXPROCS(1)
	http.HandleFunc("/", func(response http.ResponseWriter, _ *http.Request) {
		io.WriteString(response, "Hello, world!")
	})
	panic(http.ListenAndServe(":"+os.Args[1], nil))
}
