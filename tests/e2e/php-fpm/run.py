# SPDX-License-Identifier: GPL-3.0-or-later
"""php-fpm by FPM_SOCKETS, asked by cgi-fcgi, rolled under a load of FastCGI requests: nothing is lost."""

from examples import example, own, roll_server
from lab import check, wait_for

NEEDS = {"php-fpm": "php-fpm", "cgi-fcgi": "libfcgi-bin"}


def run(lab):
    example(lab, "php-fpm.yaml")
    script = lab.path("examples/workers/hello.php")

    def asked():
        request = {"REQUEST_METHOD": "GET", "SCRIPT_FILENAME": script}
        return "Hello" in lab.command("cgi-fcgi", "-bind", "-connect", own(lab, "9000"), env=request).out

    roll_server(lab, "php-fpm.yaml", "app", 2, 9000, told="QUIT", fastcgi=script, asked=asked)
