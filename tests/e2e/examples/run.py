# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples that need no package: python.yaml rolled under load, shop.yaml and production.yaml in all their parts."""

import os
import socket
import time
import urllib.request

from examples import example, roll_example
from lab import ROLLS, answers, check, get, nothing_lost, same, wait_for

NEEDS = {"java": "openjdk-17-jdk-headless"}


def run(lab):
    roll_example(lab, "python.yaml", "web", 4, 8081)
    lab.managers[0].stop()
    shop(lab)
    lab.managers[-1].stop()
    production(lab)


def shop(lab):
    config = example(lab, "shop.yaml")
    manager = lab.start(config)
    window, api = ("127.0.0.1:%d" % lab.port("port%d" % port) for port in (8090, 8091))
    for address in (window, api, lab.path("tmp", "shop-admin.sock")):
        wait_for(lambda: answers(address), address + " answers", 60)
    for name, count in (("window", 2), ("api", 2), ("admin", 1), ("beacon", 1), ("orders", 1)):
        manager.wait_until_up(name, count)
    same(get(api)["version"], "api-1", "version of the API")
    same(echo(lab.port("port8097")), b"anybody?", "answer of the beacon")
    before = manager.worker_pids()
    load = lab.load(window)
    orders = {worker["pid"] for worker in manager.status()["orders"]["workers"]}
    manager.ctl("stop", "orders")
    same(manager.worker_pids(), before - orders, "workers after `stop orders`")
    lab.edit(config, "VERSION: api-1", "VERSION: api-2")
    manager.ctl("reload", "api")
    same(get(api)["version"], "api-2", "version of the API after the reload")
    manager.ctl("start", "orders")
    for program in ("window", "admin", "beacon", "orders") * max(1, ROLLS // 4):
        manager.ctl("upgrade", program)
    same(echo(lab.port("port8097")), b"anybody?", "answer of the beacon after the rolls")
    nothing_lost(load.finish())


def production(lab):
    config = example(lab, "production.yaml")
    manager = lab.start(config)
    web = "127.0.0.1:%d" % lab.port("port8098")
    manager.wait_until_up("web", 4)
    load = lab.load(web)
    lab.edit(config, "VERSION: v1", "VERSION: v2")
    began = time.monotonic()
    manager.ctl("reload")
    check(time.monotonic() - began > 2, "the canary was not watched")
    same(get(web)["version"], "v2", "version after the reload")
    nothing_lost(load.finish())
    metrics = urllib.request.urlopen("http://127.0.0.1:%d/metrics" % lab.port("port9911")).read().decode()
    rolled = [line for line in metrics.splitlines() if "rollout_duration_seconds_count" in line and 'program="web"' in line]
    same(sum(float(line.split()[-1]) for line in rolled), 1.0, "rollouts counted: %s" % rolled)
    manager.ctl("logs", "web")
    check(os.listdir(lab.path("tmp")), "no log was kept")


def echo(port):
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(30)
        client.sendto(b"anybody?", ("127.0.0.1", port))
        return client.recv(99).split(b" ")[0]
