// SPDX-License-Identifier: GPL-3.0-or-later
//
// The worker that every manager of the benchmark runs: a small epoll HTTP server that answers each
// request with its pid, tells the benchmark when it is executing, ready and gone (a line with its
// pid and CLOCK_MONOTONIC on a FIFO), and drains on TERM, USR2, QUIT or INT.
//
//   --fd N          listen on descriptor N; default: EINHORN_FD_0, else LISTEN_FDS (3), else
//                   SERVER_STARTER_PORT, else 0
//   --bind PORT     bind 127.0.0.1:PORT with SO_REUSEPORT, for managers that hold no sockets
//   --report FIFO   where "exec|ready|exit TAG PID NANOSECONDS" goes
//   --tag WORD      the TAG of those lines
//   --boot-ms N     pretend to need N ms to start
//   --ack           write worker:ack to EINHORN_SOCK_PATH once ready
//   --notify        send READY=1 to NOTIFY_SOCKET once ready
//   --crash         exit 1 instead of becoming ready
//   --deaf          never become ready, ignore every signal that can be ignored
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FD = 1024 };

// One connection: how much of "\r\n\r\n" was seen, and whether a request has begun.
static struct { int open, matched, begun, close_after; } conn[MAX_FD];
static int epoll_fd, listener = -1, report_fd = -1, draining, open_count;
static const char *tag = "-";

static long long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void report(const char *what, long long moment) {
    if (report_fd < 0) return;
    char line[160];
    int length = snprintf(line, sizeof line, "%s %s %d %lld\n", what, tag, (int)getpid(), moment);
    if (write(report_fd, line, length) != length) _exit(98);
}

static void fail(const char *what) {
    fprintf(stderr, "bench worker: %s: %s\n", what, strerror(errno));
    exit(97);
}

static int unix_socket(const char *path, int type) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    socklen_t length = sizeof address;
    if (path[0] == '@') {
        address.sun_path[0] = 0;
        length = offsetof(struct sockaddr_un, sun_path) + strlen(path);
    }
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, length) < 0) fail(path);
    return fd;
}

static void ack(void) {
    const char *path = getenv("EINHORN_SOCK_PATH");
    if (!path) fail("--ack without EINHORN_SOCK_PATH");
    char line[80];
    int length = snprintf(line, sizeof line, "{\"command\":\"worker:ack\",\"pid\":%d}\n", (int)getpid());
    int fd = unix_socket(path, SOCK_STREAM);
    if (write(fd, line, length) != length) fail("cannot ack");
    close(fd);
}

static void notify(void) {
    const char *path = getenv("NOTIFY_SOCKET");
    if (!path) fail("--notify without NOTIFY_SOCKET");
    int fd = unix_socket(path, SOCK_DGRAM);
    if (write(fd, "READY=1", 7) != 7) fail("cannot notify");
    close(fd);
}

static int bind_port(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("cannot bind");
    if (listen(fd, 511) < 0) fail("cannot listen");
    return fd;
}

static int inherited(void) {
    const char *value;
    if ((value = getenv("EINHORN_FD_0"))) return atoi(value);
    if (getenv("LISTEN_FDS")) return 3;
    if ((value = getenv("SERVER_STARTER_PORT")) && (value = strrchr(value, '='))) return atoi(value + 1);
    return 0;
}

static void watch(int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

static void hang_up(int fd) {
    close(fd);
    conn[fd].open = 0;
    open_count--;
}

static void take_connections(void) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        if (fd >= MAX_FD) { close(fd); continue; }
        memset(&conn[fd], 0, sizeof conn[fd]);
        conn[fd].open = 1;
        open_count++;
        watch(fd, EPOLLIN);
    }
}

static int answer(int fd) {
    char body[16], reply[160];
    int size = snprintf(body, sizeof body, "%d\n", (int)getpid());
    int length = snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n%s", size,
                          draining ? "Connection: close\r\n" : "", body);
    return send(fd, reply, length, MSG_NOSIGNAL) == length;
}

static void serve(int fd) {
    char bytes[4096];
    ssize_t count = read(fd, bytes, sizeof bytes);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) { hang_up(fd); return; }
    for (ssize_t i = 0; i < count; i++) {
        int at = conn[fd].matched;
        conn[fd].begun = 1;
        conn[fd].matched = bytes[i] == "\r\n\r\n"[at] ? at + 1 : bytes[i] == '\r';
        if (conn[fd].matched < 4) continue;
        conn[fd].matched = conn[fd].begun = 0;
        if (!answer(fd) || draining) { hang_up(fd); return; }
    }
}

// No new connections; idle ones are closed, those within a request are answered first.
static void drain(void) {
    draining = 1;
    close(listener);
    for (int fd = 0; fd < MAX_FD; fd++)
        if (conn[fd].open && !conn[fd].begun) hang_up(fd);
}

static void leave(void) {
    report("exit", now_ns());
    _exit(0);
}

static void boot(int boot_ms, int signals) {
    if (boot_ms == 0) return;
    struct pollfd stop = {.fd = signals, .events = POLLIN};
    if (poll(&stop, 1, boot_ms) > 0) leave();
}

int main(int argc, char **argv) {
    int fd = -1, port = 0, boot_ms = 0, acks = 0, notifies = 0, crash = 0, deaf = 0;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(word, "--ack")) acks = 1;
        else if (!strcmp(word, "--notify")) notifies = 1;
        else if (!strcmp(word, "--crash")) crash = 1;
        else if (!strcmp(word, "--deaf")) deaf = 1;
        else if (!strcmp(word, "--fd")) fd = atoi(value), i++;
        else if (!strcmp(word, "--bind")) port = atoi(value), i++;
        else if (!strcmp(word, "--boot-ms")) boot_ms = atoi(value), i++;
        else if (!strcmp(word, "--tag")) tag = value, i++;
        else if (!strcmp(word, "--report")) report_fd = open(value, O_WRONLY | O_CLOEXEC), i++;
        else { fprintf(stderr, "bench worker: unknown option %s\n", word); return 2; }
    }
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGUSR2);
    sigaddset(&stops, SIGQUIT);
    sigaddset(&stops, SIGINT);
    sigprocmask(SIG_BLOCK, &stops, NULL);
    report("exec", now_ns());
    if (deaf) for (;;) pause();
    if (crash) return 1;

    int signals = signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK);
    boot(boot_ms, signals);
    listener = port ? bind_port(port) : fd >= 0 ? fd : inherited();
    if (fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK) < 0) fail("no listener");
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    watch(signals, EPOLLIN);
    watch(listener, EPOLLIN | EPOLLEXCLUSIVE);
    long long ready = now_ns();
    if (acks) ack();
    if (notifies) notify();
    report("ready", ready);    // after the ack, so that one killed on this word was up for its manager too

    while (!draining || open_count > 0) {
        struct epoll_event events[32];
        int count = epoll_wait(epoll_fd, events, 32, -1);
        for (int i = 0; i < count; i++) {
            int from = events[i].data.fd;
            if (from == signals) { if (!draining) drain(); epoll_ctl(epoll_fd, EPOLL_CTL_DEL, signals, NULL); }
            else if (from == listener && !draining) take_connections();
            else if (from < MAX_FD && conn[from].open) serve(from);
        }
    }
    leave();
}
