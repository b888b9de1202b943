// net/http with its cookiejar: go run main.go ORIGIN [setting]
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"runtime"
)

// secureJar sends Secure cookies to http addresses too: the setting for Go before localhost counted as secure.
type secureJar struct{ http.CookieJar }

func (jar secureJar) Cookies(address *url.URL) []*http.Cookie {
	secure := *address
	secure.Scheme = "https"
	return jar.CookieJar.Cookies(&secure)
}

func main() {
	fmt.Println(runtime.Version())
	jar, err := cookiejar.New(nil)
	check(err)
	client := &http.Client{Jar: jar}
	if len(os.Args) > 2 && os.Args[2] == "setting" {
		client.Jar = secureJar{jar}
	}
	account, err := json.Marshal(map[string]string{
		"email": key() + "@example.com", "password": "velvet otter under glass", "name": "Ada",
	})
	check(err)
	for _, call := range []string{"register", "refresh", "refresh", "logout", "refresh"} {
		request, err := http.NewRequest("POST", os.Args[1]+"/api/auth/"+call, nil)
		check(err)
		request.Header.Set("Idempotency-Key", key())
		if call == "register" {
			request.Body = io.NopCloser(bytes.NewReader(account))
			request.Header.Set("Content-Type", "application/json")
		}
		answer, err := client.Do(request)
		check(err)
		text, err := io.ReadAll(answer.Body)
		check(err)
		answer.Body.Close()
		fmt.Println(answer.StatusCode, string(text))
	}
}

func key() string {
	bytes := make([]byte, 16)
	_, err := rand.Read(bytes)
	check(err)
	return fmt.Sprintf("%x", bytes)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
