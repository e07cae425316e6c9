// closelab audit --driver: Go's net/http with its default transport.
package main

import ("bufio"; "fmt"; "io"; "net/http"; "os"; "runtime"; "strconv"; "strings"; "time")

var client = http.Client{Timeout: 8 * time.Second}
var methods = map[string]string{"GET": "GET", "HEAD": "HEAD", "POST": "POST", "PUT": "PUT", "DELETE": "DELETE", "GETU": "GET", "GETC": "GET", "UP": "POST"}

func play(word, url, number string) string {
	body := ""
	if size, _ := strconv.Atoi(number); word == "UP" { body = strings.Repeat("\x00", size) }
	if word == "POST" || word == "PUT" { body = "ping" }
	request, _ := http.NewRequest(methods[word], url, strings.NewReader(body))
	request.Close = word == "GETC"
	response, err := client.Do(request)
	if err != nil { return "err " + err.Error() }
	defer response.Body.Close()
	if word == "GETU" { return fmt.Sprint("ok ", response.StatusCode, " 0") }
	bytes, err := io.Copy(io.Discard, response.Body)
	if err != nil { return "err " + err.Error() }
	return fmt.Sprintf("ok %d %d", response.StatusCode, bytes)
}

func main() {
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		words := append(strings.Fields(input.Text()), "", "")
		answer := "na"
		if words[1] == "VERSION" { answer = "ok net/http of " + runtime.Version() } else if methods[words[1]] != "" { answer = play(words[1], words[2], words[3]) }
		fmt.Println(words[0], answer)
	}
}
