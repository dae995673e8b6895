// A small reverse proxy on Go's standard library that copies each request to a mirror: what a team writes in an afternoon.
package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"runtime"
	"time"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address")
	primary := flag.String("primary", "", "URL of the primary")
	mirror := flag.String("mirror", "", "URL of the mirror, empty for none")
	workers := flag.Int("workers", 1, "GOMAXPROCS")
	flag.Parse()
	runtime.GOMAXPROCS(*workers)

	target, err := url.Parse(*primary)
	if err != nil {
		log.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConns: 0, MaxIdleConnsPerHost: 1024, IdleConnTimeout: 90 * time.Second, DisableCompression: true}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = transport

	var handler http.Handler = proxy
	if *mirror != "" {
		copyTo, err := url.Parse(*mirror)
		if err != nil {
			log.Fatal(err)
		}
		inFlight := make(chan struct{}, 1024)
		handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var body []byte
			if r.ContentLength != 0 {
				if body, err = io.ReadAll(r.Body); err != nil {
					http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
					return
				}
				r.Body = io.NopCloser(bytes.NewReader(body))
			}
			select {
			case inFlight <- struct{}{}:
				ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
				clone := r.Clone(ctx)
				clone.URL.Scheme, clone.URL.Host, clone.RequestURI = copyTo.Scheme, copyTo.Host, ""
				clone.Body = io.NopCloser(bytes.NewReader(body))
				go func() {
					defer func() { cancel(); <-inFlight }()
					response, err := transport.RoundTrip(clone)
					if err != nil {
						return
					}
					io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
					response.Body.Close()
				}()
			default:
			}
			proxy.ServeHTTP(w, r)
		})
	}
	log.Fatal(http.ListenAndServe(*listen, handler))
}
