"""The isolation table: each way a mirror can be broken, under each load, beside nginx's mirror module doing the same.

The client runs at a fixed rate and checks every byte. A row is good when nothing failed and its p99 is that of no mirror at all.
"""
import json, os, shutil, subprocess, urllib.request

import proxies
from proxies import Peer, Proxy, TOOLS

MIRRORS = ("none", "healthy", "delay", "slow-body", "backlog", "blackhole", "refuse", "reset-accept", "reset-body", "never-read", "early-413", "endless", "storm-1xx", "garbage", "silent-names")
WORDS = {"delay": "answers after 5 s", "slow-body": "slow body", "backlog": "backlog full", "refuse": "refuses", "reset-accept": "resets on accept", "reset-body": "resets mid-body",
         "never-read": "never reads", "early-413": "answers 413 early", "endless": "endless response", "storm-1xx": "1xx storm", "garbage": "garbage bytes", "silent-names": "silent name server"}
LOADS = {  # what the table says: arguments, requests a second
    "GET 1 KiB": (["--path", "/b/1024"], 1000),
    "POST 1 MiB": (["--path", "/b/1024", "--body", 1 << 20], 40),
    "POST 100 KiB chunked": (["--path", "/b/1024", "--body", 100 << 10, "--chunked"], 200),
    "16 pipelined": (["--path", "/b/1024", "--pipeline", 16], 1600),
}


def silent_resolver(folder):
    """A command prefix under which names are asked of 127.0.0.85, where nobody answers; None where that cannot be had."""
    path = os.path.join(folder, "resolv.conf")
    with open(path, "w") as f:
        f.write("nameserver 127.0.0.85\noptions timeout:30 attempts:1\n")
    prefix = ["unshare", "--mount", "sh", "-c", f'mount --bind "{path}" /etc/resolv.conf && exec "$@"', "sh"]
    tried = subprocess.run([*prefix, "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) if shutil.which("unshare") else None
    return prefix if tried and tried.returncode == 0 else None


def books(proxy):
    """Sums of the decisions and outcomes on Specula's /metrics."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{proxy.admin}/metrics", timeout=5).read().decode()
    sums, sent = {"decisions": 0, "outcomes": 0, "in_flight": 0}, 0
    for line in text.splitlines():
        name, _, value = line.rpartition(" ")
        if name.startswith("specula_mirror_decisions_total{"):
            sums["decisions"] += float(value)
            sent += float(value) if 'decision="sent"' in name else 0
        elif name.startswith("specula_mirror_outcomes_total{"):
            sums["outcomes"] += float(value)
        elif name.startswith("specula_mirror_in_flight_requests{"):
            sums["in_flight"] += float(value)
    return {**sums, "sent": sent}


def cell(proxy, arguments, rate, seconds):
    command = [os.path.join(TOOLS, "load"), "--port", proxy.port, *arguments, "--rate", rate, "--connections", 32, "--seconds", seconds, "--timeout", 4, "--verify"]
    return json.loads(subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, timeout=60).stdout)


def run(options, folder):
    seconds = 1.0 if options.quick else 2.5
    kinds = [k for k in ("specula", "nginx") if proxies.present(k) is None and (not options.proxies or k in options.proxies.split(","))]
    primary, raw, rows, notes = Peer(), {}, [], []
    resolver = silent_resolver(folder)
    try:
        for state in MIRRORS:
            if state == "silent-names" and not resolver:
                notes.append("The silent name server needs a mount namespace of its own, which this machine refuses: left out.")
                continue
            for kind in kinds:
                proxies.progress(f"{kind}, mirror {state}")
                peer = Peer(state) if state != "none" else None
                proxy = None
                try:
                    mirror = peer and ("replica.specula.test:80" if state == "silent-names" else f"127.0.0.1:{peer.port}")
                    if kind == "nginx" and state == "silent-names":
                        rows.append((WORDS.get(state, state), kind, ["does not start"] * len(LOADS), "–", "–"))
                        continue  # nginx resolves a configured upstream at start, and ends when that fails.
                    proxy = Proxy(kind, folder, primary.port, mirror, prefix=resolver if state == "silent-names" else ())
                    rest, cells = (proxy.memory(), proxy.descriptors()), []
                    peak = rest[0]
                    for name, (arguments, rate) in LOADS.items():
                        seen = cell(proxy, arguments, rate, seconds)
                        raw[f"{kind} {state} {name}"] = seen
                        peak = max(peak, proxy.memory())
                        cells.append(f"{seen['p50']:,.0f} / {seen['p99']:,.0f}" + (f", **{seen['errors']} failed**" if seen["errors"] else ""))
                    balance = "–"
                    if kind == "specula" and peer:
                        now = books(proxy)
                        asked = sum(raw[f"specula {state} {n}"]["requests"] for n in LOADS)
                        exact = now["sent"] == now["outcomes"] + now["in_flight"] and now["decisions"] == asked + 1
                        balance = "exact" if exact else f"**off: {now} of {asked + 1}**"
                        raw[f"{kind} {state} books"] = now
                    rows.append((WORDS.get(state, state), kind, cells, f"{(peak - rest[0]) / 2**20:+.1f} MiB", balance))
                finally:
                    if proxy:
                        proxy.end()
                    if peer:
                        peer.end()
    finally:
        primary.end()
        proxies.progress("")
    lines = ["Isolation: p50 / p99 in µs that the client sees, every byte checked, at a fixed rate (" + ", ".join(f"{n}: {r}/s" for n, (_, r) in LOADS.items()) + ")", "",
             "| mirror | proxy | " + " | ".join(LOADS) + " | memory | books |", "|---|---|" + "---|" * (len(LOADS) + 2)]
    lines += [f"| {state} | {Proxy.NAMES[kind]} | " + " | ".join(cells) + f" | {memory} | {balance} |" for state, kind, cells, memory, balance in rows]
    return "\n".join(lines + [""] + notes), raw
