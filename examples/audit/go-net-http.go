// closelab audit --driver: Go's net/http with its default transport.
package main

import ("bufio"; "fmt"; "io"; "net/http"; "os"; "runtime"; "strconv"; "strings"; "time")

var client = http.Client{Timeout: 8 * time.Second}
var methods = map[string]string{"GET": "GET", "HEAD": "HEAD", "POST": "POST", "PUT": "PUT", "DELETE": "DELETE", "GETU": "GET", "GETC": "GET", "GETF": "GET", "UP": "POST"}

func play(word, url, number string) string {
	if word == "VERSION" { return "ok net/http of " + runtime.Version() }
	if methods[word] == "" { return "na" }
	size, _ := strconv.Atoi(number)
	body := map[string]string{"POST": "ping", "PUT": "ping", "UP": strings.Repeat("\x00", size)}[word]
	request, _ := http.NewRequest(methods[word], url, strings.NewReader(body))
	request.Close = word == "GETC"
	response, err := client.Do(request)
	bytes := int64(0)
	if err == nil { defer response.Body.Close() }
	if err == nil && word != "GETU" { bytes, err = io.Copy(io.Discard, response.Body) }
	if err != nil { return "err " + err.Error() }
	return fmt.Sprintf("ok %d %d", response.StatusCode, bytes)
}

func main() { for input := bufio.NewScanner(os.Stdin); input.Scan(); { words := append(strings.Fields(input.Text()), "", ""); fmt.Println(words[0], play(words[1], words[2], words[3])) } }
