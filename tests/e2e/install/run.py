# SPDX-License-Identifier: GPL-3.0-or-later
"""packaging/install: into a prefix, into a DESTDIR, over a manager that runs, and away again; the unit is one that systemd takes."""

import os
import shutil
import threading

from lab import ROOT, alive, check, get, nothing_lost, read, same

INSTALL = os.path.join(ROOT, "packaging", "install")


def run(lab):
    prefix = lab.path("usr")
    first = install(lab, prefix)
    refusals(lab)
    belongs_to_root(lab)
    again = install(lab, prefix)
    same(again, first, "files after it was installed once more")
    unit(lab, prefix)
    runs(lab, prefix)
    destdir(lab, first)
    kept = lab.path("etc/einhyrningsins/services.yaml")
    lab.write(os.path.relpath(kept, lab.dir), "programs: {}  # ours\n")
    install(lab, prefix)
    check("# ours" in read(kept), "the configuration that was there is gone")
    done = lab.command(INSTALL, "uninstall", env=places(lab, prefix))
    same(done.code, 0, str(done))
    same([path for path in files(prefix)], [], "files after uninstall")
    check(os.path.exists(kept), "the configuration is removed")
    same(lab.command(INSTALL, "everything").code, 2, "exit status of a wrong word")


def refusals(lab):
    """Nothing is done by halves, and what could not be removed is said."""
    for name in ("PREFIX", "SYSCONFDIR"):
        for value in ("relative/path", lab.path("with space"), "/opt/%i", "/opt/a&b"):
            done = lab.command(INSTALL, env={**places(lab, lab.path("refused")), name: value})
            same(done.code, 1, str(done))
            check(name in done.text, str(done))
    check(not os.path.exists(lab.path("refused")), "something is installed")
    prefix = lab.path("half")
    install(lab, prefix)
    os.remove(os.path.join(prefix, "bin/einhyrningsins"))
    os.mkdir(os.path.join(prefix, "bin/einhyrningsins"))
    done = lab.command(INSTALL, "uninstall", env=places(lab, prefix))
    check(done.code != 0, "it did not remove all, and does not say so: " + str(done))
    done = lab.command(INSTALL, "uninstall", env={**places(lab, prefix), "DIST": lab.path("nowhere")})
    check(done.code == 1 and "there is no" in done.text, str(done))
    shutil.rmtree(prefix)


def belongs_to_root(lab):
    """Else whoever built it could change what root runs."""
    if os.geteuid() != 0:
        lab.say("not root; whose the files are is not looked at")
        return
    built = lab.path("built")
    shutil.copytree(os.path.join(ROOT, "target", "dist"), built, symlinks=True)
    for folder, _, names in os.walk(built):
        for name in [folder] + [os.path.join(folder, name) for name in names]:
            os.lchown(name, 61234, 61234)
            if not os.path.islink(name):
                os.chmod(name, os.stat(name).st_mode | 0o022)
    prefix = lab.path("by root")
    env = {**places(lab, "/usr"), "DIST": built, "DESTDIR": prefix, "SYSCONFDIR": "/etc"}
    done = lab.command("/bin/sh", "-c", 'umask 077; exec "$0"', INSTALL, env=env, within=120)
    same((done.code, done.text), (0, ""), str(done))
    for path in files(prefix):
        status = os.lstat(os.path.join(prefix, path))
        same(status.st_uid, 0, "owner of " + path)
        check(status.st_mode & 0o004, "only root may read " + path)
        check(os.path.islink(os.path.join(prefix, path)) or not status.st_mode & 0o022, "others may write to " + path)
    shutil.rmtree(built)
    shutil.rmtree(prefix)


def places(lab, prefix, dist=os.path.join(ROOT, "target", "dist")):
    return {"PREFIX": prefix, "SYSCONFDIR": lab.path("etc"), "DIST": dist}


def install(lab, prefix, *dist):
    done = lab.command(INSTALL, env=places(lab, prefix, *dist), within=120)
    same((done.code, done.text), (0, ""), str(done))
    if not os.path.exists(lab.path("looked at")):
        lab.write("looked at", "")
        works(lab, prefix)
    return files(prefix)


def works(lab, prefix):
    for program in ("einhyrningsins", "einhyrningsinsctl"):
        version = lab.command(os.path.join(prefix, "bin", program), "--version")
        check(version.code == 0 and version.out, lambda: str(version))
    check(os.path.exists(os.path.join(prefix, "share/man/man1/einhyrningsins.1")), "there is no manual page")
    sample = lab.command(os.path.join(prefix, "bin/einhyrningsins"), "check", "--strict", lab.path("etc/einhyrningsins/services.yaml"))
    same(sample.code, 0, str(sample))


def files(top):
    return sorted(
        os.path.relpath(os.path.join(folder, name), top) for folder, _, names in os.walk(top) for name in names
    )


def unit(lab, prefix):
    """It names what is installed; of an older systemd, only settings that it does not know are complained of."""
    path = os.path.join(prefix, "lib/systemd/system/einhyrningsins.service")
    text = read(path)
    check("ExecStart=%s/bin/einhyrningsins -c %s/einhyrningsins/services.yaml" % (prefix, lab.path("etc")) in text, text)
    check("=/usr/bin" not in text, "a path of the sources is left: " + text)
    if shutil.which("systemd-analyze") is None:
        lab.say("there is no systemd-analyze (Debian package systemd); the unit is not verified")
        return
    done = lab.command("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", path)
    older = "Unknown key 'DelegateSubgroup'"  # before systemd 254
    said = [line for line in done.text.splitlines() if "einhyrningsins" in line and older not in line]
    same((done.code if older not in done.text else 0, said), (0, []), "what systemd says of the unit")


def runs(lab, prefix):
    """Installed over a manager that runs, and that then becomes what was installed."""
    lab.config()
    binary = os.path.join(prefix, "bin", "einhyrningsins")
    manager = lab.launch(through=["/bin/sh", "-c", 'shift; exec "%s" "$@"' % binary, "sh"])
    manager.wait_until_answering()
    manager.wait_until_up("web", 2)
    first = version_of(manager, prefix)
    pids, load = manager.pids_of("web"), lab.load()
    watch = Watch(binary)
    others = [first]
    for round in ("second", "third"):  # the one before stays, and the one that runs
        install(lab, prefix, changed(lab, round))
        others.append(os.readlink(binary).split("/")[-3])
        same(version_of(manager, prefix), first, "what runs after another version was installed")
        same(sorted(os.listdir(os.path.join(prefix, "lib/einhyrningsins"))), sorted(others), "versions")
    manager.ctl("plan", code=None)  # loads what it did not load before
    same(watch.end(), 0, "moments without a program to start")
    manager.ctl("reexec")
    same(version_of(manager, prefix), others[2], "what runs after reexec")
    same((manager.pids_of("web"), all(map(alive, pids))), (pids, True), "workers")
    install(lab, prefix)
    left = sorted(os.listdir(os.path.join(prefix, "lib/einhyrningsins")))
    same(left, sorted([others[0], others[2]]), "versions: the second is neither run nor the one before")
    manager.ctl("reexec")
    same(version_of(manager, prefix), first, "what runs after a way back")
    nothing_lost(load.finish())
    same(get("127.0.0.1:%d" % lab.port())["version"], "v1", "version")
    manager.stop()


def version_of(manager, prefix):
    """The directory that its runtime and its jar are in, which is there."""
    runtime = os.readlink("/proc/%d/exe" % manager.pid)
    top = os.path.join(prefix, "lib/einhyrningsins/")
    check(runtime.startswith(top) and runtime.endswith("/runtime/bin/java"), "another runtime: " + runtime)
    return runtime[len(top) :].split("/")[0]


def changed(lab, name):
    """A build that is not the one of target/dist."""
    built = lab.path(name)
    shutil.copytree(os.path.join(ROOT, "target", "dist"), built, symlinks=True)
    with open(os.path.join(built, "bin", "einhyrningsinsctl"), "a") as file:
        file.write("# %s\n" % name)
    return built


class Watch(threading.Thread):
    """Looks all the time whether a program is there."""

    def __init__(self, program):
        super().__init__(daemon=True)
        self.program, self.over, self.gone = program, False, 0
        self.start()

    def run(self):
        while not self.over:
            self.gone += not os.access(self.program, os.X_OK)

    def end(self):
        self.over = True
        self.join()
        return self.gone


def destdir(lab, expected):
    root = lab.path("root")
    done = lab.command(INSTALL, env={"DESTDIR": root, "PREFIX": "/usr", "SYSCONFDIR": "/etc"}, within=120)
    same(done.code, 0, str(done))
    same(files(root + "/usr"), expected, "files in DESTDIR")
    check("ExecStart=/usr/bin/einhyrningsins -c /etc/" in read(root + "/usr/lib/systemd/system/einhyrningsins.service"), "paths")
    link = os.readlink(root + "/usr/bin/einhyrningsins")
    check(link.startswith("../lib/einhyrningsins/") and link.endswith("/bin/einhyrningsins"), "the link: " + link)
    check(os.access(root + "/usr/bin/einhyrningsins", os.X_OK), "it leads nowhere: " + link)
    shutil.rmtree(root)
