// SPDX-License-Identifier: GPL-3.0-or-later
//
// The floor: the least that can be called a manager. It binds one socket, runs N workers on it,
// starts a successor for each that dies, replaces them one by one on HUP (new one first, its ack,
// then one old one goes), stops them on TERM, and does nothing else. No manager can be much faster;
// the benchmark states every other figure as a multiple of this one.
//
//   floor PORT WORKERS SOCKET COMMAND [ARGS]...
//
// SOCKET takes the workers' acks (any line with "worker:ack") and answers "status".
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_WORKERS = 8192, WORKER_FD = 3 };

static pid_t pids[MAX_WORKERS];   // oldest first, without those that were told to go
static int alive, children, wanted, to_roll, stopping, listener, own_socket;
static char **command;

static void fail(const char *what) {
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int high(int fd) {   // out of the way of the workers' descriptors
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, 64);
    if (moved < 0) fail("descriptor");
    close(fd);
    return moved;
}

static void spawn(void) {
    sigset_t none;
    sigemptyset(&none);
    pid_t pid = vfork();
    if (pid < 0) fail("vfork");
    if (pid == 0) {
        dup2(listener, WORKER_FD);
        setpgid(0, 0);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execv(command[0], command);
        _exit(127);
    }
    pids[alive++] = pid;
    children++;
}

static void forget(int at) {
    memmove(pids + at, pids + at + 1, (--alive - at) * sizeof *pids);
    if (at < to_roll) to_roll--;    // those to replace stand first
}

static void roll_next(void) {
    if (to_roll > 0) spawn();
}

static void acked(void) {
    if (to_roll == 0 || stopping) return;
    kill(pids[0], SIGTERM);
    forget(0);
    roll_next();
}

static void died(pid_t pid) {
    int at = 0;
    children--;
    while (at < alive && pids[at] != pid) at++;
    if (at == alive) return;
    forget(at);
    if (!stopping && alive < wanted + (to_roll > 0)) spawn();
}

static void signalled(int signals) {
    struct signalfd_siginfo info;
    if (read(signals, &info, sizeof info) != sizeof info) return;
    if (info.ssi_signo == SIGHUP && to_roll == 0) {
        to_roll = wanted;
        roll_next();
    } else if (info.ssi_signo == SIGTERM) {
        stopping = 1;
        for (int i = 0; i < alive; i++) kill(pids[i], SIGTERM);
    }
    for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0;) died(pid);
}

static void heard(int fd) {
    char line[256];
    ssize_t size = read(fd, line, sizeof line - 1);
    if (size <= 0) {
        close(fd);
        return;
    }
    line[size] = 0;
    if (strstr(line, "worker:ack")) acked();
    else if (dprintf(fd, "{\"workers\":%d}\n", alive) < 0) close(fd);
}

static void bind_all(int port, const char *path) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int one = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = high(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
    if (listen(listener, 511) < 0) fail("listen");
    strncpy(name.sun_path, path, sizeof name.sun_path - 1);
    own_socket = high(socket(AF_UNIX, SOCK_STREAM, 0));
    if (bind(own_socket, (struct sockaddr *)&name, sizeof name) < 0) fail(path);
    if (listen(own_socket, 511) < 0) fail("listen");
    setenv("EINHORN_SOCK_PATH", path, 1);
    setenv("EINHORN_FD_COUNT", "1", 1);
    setenv("EINHORN_FD_0", "3", 1);
}

int main(int argc, char **argv) {
    if (argc < 5) return 2;
    wanted = atoi(argv[2]);
    command = argv + 4;
    if (wanted < 1 || wanted > MAX_WORKERS / 2) return 2;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    bind_all(atoi(argv[1]), argv[3]);
    int signals = high(signalfd(-1, &set, SFD_NONBLOCK)), epoll_fd = high(epoll_create1(0));
    struct epoll_event event = {.events = EPOLLIN, .data.fd = signals};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, signals, &event);
    event.data.fd = own_socket;
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, own_socket, &event);
    while (alive < wanted) spawn();
    while (!stopping || children > 0) {
        int count = epoll_wait(epoll_fd, &event, 1, -1);
        if (count < 1) continue;
        if (event.data.fd == signals) signalled(signals);
        else if (event.data.fd != own_socket) heard(event.data.fd);
        else {
            event.data.fd = accept4(own_socket, NULL, NULL, SOCK_CLOEXEC);
            if (event.data.fd >= 0) epoll_ctl(epoll_fd, EPOLL_CTL_ADD, event.data.fd, &event);
        }
    }
    return 0;
}
