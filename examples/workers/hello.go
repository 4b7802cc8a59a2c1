// SPDX-License-Identifier: GPL-3.0-or-later

// A web server on an inherited socket that loses nothing when it is told to go; standard library only.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

const patience = 2 * time.Second // for connections on which nothing is asked

var (
	told int32
	open int32
)

// inherited is the first socket of LISTEN_FDS, if they are meant for this very process.
func inherited() (net.Listener, error) {
	if os.Getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) || os.Getenv("LISTEN_FDS") == "" {
		return nil, fmt.Errorf("no socket for process %d in LISTEN_FDS and LISTEN_PID", os.Getpid())
	}
	return net.FileListener(os.NewFile(3, "LISTEN_FD_3"))
}

func notify(text string) {
	if address := os.Getenv("NOTIFY_SOCKET"); address != "" {
		manager, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: address, Net: "unixgram"})
		if err != nil {
			log.Fatal("cannot tell the manager that I am up: ", err)
		}
		defer manager.Close()
		manager.Write([]byte(text))
	}
}

func hello(answer http.ResponseWriter, request *http.Request) {
	if atomic.LoadInt32(&told) == 1 {
		answer.Header().Set("Connection", "close")
	}
	fmt.Fprintf(answer, "Hello from version=%s pid=%d slot=%s\n",
		os.Getenv("VERSION"), os.Getpid(), os.Getenv("EINHORN_CHILD_INDEX"))
}

func count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		atomic.AddInt32(&open, 1)
	case http.StateClosed, http.StateHijacked:
		atomic.AddInt32(&open, -1)
	}
}

func main() {
	listener, err := inherited()
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(hello), ConnState: count}
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	go server.Serve(listener)
	notify("READY=1")
	<-term

	// Shutdown cuts kept connections on which nothing is asked, and a request may be on its way on one. So
	// first only the listener is closed (it lives on in the manager and in our siblings), and each kept
	// connection ends with its next answer.
	atomic.StoreInt32(&told, 1)
	listener.Close()
	for end := time.Now().Add(patience); atomic.LoadInt32(&open) > 0 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	server.Shutdown(context.Background())
}
