"""User instructions of a proxy per request: perf's count where the machine has counters, else callgrind's."""
import os, re, shutil, signal, subprocess, time

import proxies
from proxies import Proxy


def by_perf(proxy, ask, requests):
    perf = proxies.find("perf")
    if not perf:
        return None
    # perf ends by an interrupt, which who is started in the background ignores, and all that he starts.
    watcher = subprocess.Popen([perf, "stat", "-x,", "-e", "instructions:u", "-p", str(proxy.child.pid)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    time.sleep(0.2)
    seen = ask(proxy.port, requests)
    watcher.send_signal(signal.SIGINT)
    try:
        told = watcher.communicate(timeout=10)[1]
    except subprocess.TimeoutExpired:
        watcher.kill()
        watcher.communicate()
        return None
    count = told.strip().split("\n")[-1].split(",")[0]
    return int(count) / seen["ok"] if count.isdigit() else None


def by_callgrind(folder, primary, routers, ask, requests):
    """The same program under valgrind; counted from when it is warm. Debug sections go: valgrind does not read all of Swift's."""
    if not all(map(proxies.find, ("valgrind", "callgrind_control", "objcopy"))):
        return None
    bare, out = os.path.join(folder, "specula-bare"), os.path.join(folder, f"callgrind.{routers}")
    if not os.path.exists(bare):
        if subprocess.run(["objcopy", "--strip-debug", proxies.specula(), bare]).returncode:
            shutil.copy(proxies.specula(), bare)
    proxy = Proxy("specula", folder, primary, routers=routers, prefix=["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"],
                  binary=bare, patience=120)
    try:
        ask(proxy.port, 500)
        switch(proxy, "on")
        seen = ask(proxy.port, requests)
        switch(proxy, "off")
    finally:
        proxy.end()
    with open(out) as f:
        totals = re.search(r"^totals: (\d+)", f.read(), re.M)
    return int(totals.group(1)) / seen["ok"] if totals and seen["ok"] else None


def switch(proxy, way):
    subprocess.run(["callgrind_control", "-i", way, str(proxy.child.pid)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
