// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

/// A way of telling a worker under which numbers it finds its sockets. Most do not disturb each
/// other and are always there; the others are variables by which a server hands its sockets to its
/// own successor, and a worker is told them only on request.
public enum SocketProtocol {
    /// `EINHORN_FD_0` and its like, see einhorn's README; always there.
    EINHORN,
    /// `LISTEN_FDS`, `LISTEN_PID` and `LISTEN_FDNAMES`, see sd_listen_fds(3); always there.
    LISTEN_FDS,
    /// `SERVER_STARTER_PORT`, see start_server(1); always there.
    SERVER_STARTER,
    /// `NGINX=3;4;`, as ngx_add_inherited_sockets() reads it.
    NGINX,
    /// `UNICORN_FD=3,4`, as Unicorn::HttpServer#inherit_listeners! reads it.
    UNICORN,
    /// `PUMA_INHERIT_0=3:tcp://127.0.0.1:80`, as Puma::Binder reads it.
    PUMA,
    /// `FPM_SOCKETS=127.0.0.1:9000=3,/run/php.sock=4`, as fpm_sockets_init_main() reads it.
    PHP_FPM,
    /// The first socket is descriptor 0 too. In a program's definition this is its `stdin`.
    FD0;

    /// True if a worker needs an extra variable that is set only on request.
    public boolean onRequest() {
        return switch (this) {
            case EINHORN, LISTEN_FDS, SERVER_STARTER, FD0 -> false;
            case NGINX, UNICORN, PUMA, PHP_FPM -> true;
        };
    }
}
