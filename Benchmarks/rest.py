"""What proxies hold while nothing happens: ready after a start, memory at rest, memory of each idle connection."""
import os, subprocess, time

from goals import median
from proxies import Proxy, TOOLS


def connections(proxy, count, touch, notes):
    """Bytes of the proxy's own memory for each of so many idle connections, unused or after a request."""
    before = proxy.memory("RssAnon")
    command = [os.path.join(TOOLS, "load"), "--port", str(proxy.port), "--connections", str(count), "--idle", "--timeout", "20", *(["--touch"] if touch else [])]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    ready = int(holder.stdout.readline().split()[1])
    time.sleep(0.3)
    after = proxy.memory("RssAnon")
    holder.communicate("", timeout=20)
    if ready < count:
        notes.append(f"{Proxy.NAMES[proxy.kind]}: only {ready} of {count} idle connections were served.")
    return (after - before) / max(1, ready)


def costs(bench, load):
    count = 2000 if bench.options.quick else 10000
    lines = [f"Memory: two workers at rest, ten routers, and of each of {count:,} idle keep-alive connections", "",
             "| proxy | ready after | at rest | connection, unused | connection, after a request |", "|---|---|---|---|---|"]
    for kind in bench.kinds:
        if kind == "relay":
            continue
        started, rest, cells = [], [], []
        for _ in range(bench.options.rounds):
            proxy = bench.proxy(kind, False, workers=2)
            started.append(proxy.ready_after)
            load(proxy.port, "--requests", 200)
            time.sleep(0.1)
            rest.append(proxy.memory())
            bench.stop(proxy)
        for touch in (False, True):
            proxy = bench.proxy(kind, False, workers=2)
            load(proxy.port, "--requests", 200)
            time.sleep(0.1)
            cells.append(connections(proxy, count, touch, bench.notes))
            bench.stop(proxy)
        ready, resting = median(started), median(rest)
        bench.raw.setdefault("idle", {})[kind] = {"rest": rest, "ready_s": started, "unused": cells[0], "used": cells[1]}
        lines.append(f"| {Proxy.NAMES[kind]} | {ready * 1000:.0f} ms | {resting / 2**20:.1f} MiB | {cells[0]:,.0f} B | {cells[1]:,.0f} B |")
        if kind == "specula":
            bench.goals.at_most("ready after a start", ready * 1000, 50, "{:.0f} ms")
            bench.goals.at_most("memory at rest", resting / 2**20, 16, "{:.1f} MiB")
            bench.goals.at_most("an idle connection that made no request yet", cells[0], 1024, "{:,.0f} B")
            bench.goals.at_most("an idle connection after requests", cells[1], 1024, "{:,.0f} B")
    return "\n".join(lines)
