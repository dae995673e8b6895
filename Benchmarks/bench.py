"""Side by side in one run: what a request costs in Specula, nginx, HAProxy, a Go proxy and a relay that looks at nothing.

CPU time is the proxy process's own, per answered request. Rounds are interleaved and every ratio is taken within a round, so that a
busy machine is busy for all; the tables show medians. Everything is on 127.0.0.1, bounded in count and time.
"""
import argparse, datetime, json, os, platform, shutil, signal, statistics, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import control, isolation, proxies
from proxies import Peer, Proxy, TOOLS, TOP

LOADS = {  # name: (what the table says, arguments of load, seconds per run)
    "get100": ("GET 100 B", ["--path", "/b/100"], 1.0),
    "get10k": ("GET 10 KiB", ["--path", "/b/10240"], 1.0),
    "post10k": ("POST 10 KiB", ["--path", "/b/100", "--body", "10240"], 1.0),
    "down1m": ("1 MiB down", ["--path", "/b/1048576", "--connections", "8"], 1.0),
    "up1m": ("1 MiB up", ["--path", "/b/100", "--body", "1048576", "--connections", "8"], 1.0),
    "fresh": ("new connection each", ["--path", "/b/100", "--fresh"], 1.0),
}
SHARED = "The machine was busy with other work: ratios of CPU time within a round hold, latencies and times to readiness say little."
QUICK = ("get100", "post10k", "up1m")
KINDS = ("relay", "specula", "nginx", "haproxy", "go")


def load(port, *arguments, timeout=120):
    """Runs load.c against a port and gives what it counted."""
    out = subprocess.run([os.path.join(TOOLS, "load"), "--port", str(port), *map(str, arguments)], check=True, stdout=subprocess.PIPE, timeout=timeout)
    return json.loads(out.stdout)


def measure(proxy, arguments, seconds):
    """CPU microseconds of the proxy per answered request, and what the client saw."""
    before = proxy.cpu_seconds()
    seen = load(proxy.port, *arguments, "--seconds", seconds)
    time.sleep(0.02)  # copies still under way belong to the requests just made
    spent = proxy.cpu_seconds() - before
    return {"us": spent * 1e6 / max(1, seen["ok"]), **seen}


def median(values):
    return statistics.median(values) if values else float("nan")


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.open, self.notes, self.raw = [], [], {}
        self.kinds = []
        for kind in KINDS:
            why = proxies.present(kind)
            if options.proxies and kind not in options.proxies.split(","):
                continue
            if why:
                self.notes.append(f"{Proxy.NAMES[kind]} is left out: {why}.")
            else:
                self.kinds.append(kind)
        self.primary, self.mirror = self.start(Peer), self.start(Peer)

    def start(self, make, *arguments, **options):
        process = make(*arguments, **options)
        self.open.append(process)
        return process

    def proxy(self, kind, mirrored, workers=1, **options):
        mirror = f"127.0.0.1:{self.mirror.port}" if mirrored else None
        return self.start(Proxy, kind, self.folder, self.primary.port, options.pop("mirror", mirror), workers, **options)

    def stop(self, *processes):
        for process in processes:
            process.end()
            self.open.remove(process)

    def close(self):
        for process in reversed(self.open):
            process.end()

    def rounds(self, title, runs):
        """Interleaves runs {key: () -> result}; the order turns with every round. Gives {key: [result per round]}."""
        results, keys = {key: [] for key in runs}, list(runs)
        for round in range(self.options.rounds):
            proxies.progress(f"{title}: round {round + 1} of {self.options.rounds}")
            turn = round % len(keys)
            for key in keys[turn:] + keys[:turn]:
                results[key].append(runs[key]())
        proxies.progress("")
        self.raw[title] = {" ".join(map(str, key)) if isinstance(key, tuple) else str(key): value for key, value in results.items()}
        return results

    def cpu(self, workers, names):
        """CPU per request of every proxy under every load, plain and mirrored."""
        fleet = {(kind, mirrored): self.proxy(kind, mirrored, workers)
                 for kind in self.kinds for mirrored in (False, True) if not (mirrored and kind == "haproxy")}
        rows = {}
        for name in names:
            title, arguments, seconds = LOADS[name]
            seconds *= self.options.scale
            # A relay that looks at nothing cannot pool: it has no place where connections are new.
            runs = {key: (lambda p=proxy, a=arguments, s=seconds: measure(p, a, s)) for key, proxy in fleet.items() if not (name == "fresh" and key[0] == "relay")}
            rows[name] = self.rounds(f"{title}, {workers} worker{'s' * (workers > 1)}", runs)
        self.stop(*fleet.values())
        return rows

    def cpu_table(self, rows, workers):
        """Units of one plain request through nginx in the same round."""
        base = ("nginx", False) if "nginx" in self.kinds else (self.kinds[0], False)
        keys = [(kind, mirrored) for mirrored in (False, True) for kind in self.kinds if not (mirrored and kind == "haproxy")]
        head = [f"{Proxy.NAMES[kind]}{' mirrored' if mirrored else ''}" for kind, mirrored in keys]
        lines = [f"CPU per request, {workers} worker{'s' * (workers > 1)}; 1.00 = nginx plain with the same load (its µs in the second column)", "",
                 "| load | nginx µs | " + " | ".join(head) + " |", "|---|---|" + "---|" * len(keys)]
        for name, results in rows.items():
            cells = []
            for key in keys:
                ratios = [a["us"] / b["us"] for a, b in zip(results.get(key, []), results[base])]
                cells.append(f"{median(ratios):.2f}" if ratios else "–")
                bad = sum(r["errors"] for r in results.get(key, []))
                if bad:
                    self.notes.append(f"{LOADS[name][0]}, {Proxy.NAMES[key[0]]}{' mirrored' if key[1] else ''}: {bad} failed requests.")
            lines.append(f"| {LOADS[name][0]} | {median([r['us'] for r in results[base]]):.1f} | " + " | ".join(cells) + " |")
        return "\n".join(lines)

    def latency(self):
        """p50 and p99 at half of nginx's capacity, and with a mirror that is dead or never answers."""
        seconds = 2.0 * self.options.scale
        kinds = [kind for kind in self.kinds if kind != "relay"]
        plain = {kind: self.proxy(kind, False) for kind in kinds}
        reference = plain.get("nginx") or next(iter(plain.values()))
        rate = median([load(reference.port, "--seconds", 0.5)["rate"] for _ in range(3)]) / 2
        at_rate = ["--rate", round(rate), "--connections", 64, "--timeout", 3]
        # The load that a mirror doubles must still be half of what nginx can do with copies.
        mirrors = {"healthy": self.mirror, "dead": self.start(Peer, "refuse"), "never answers": self.start(Peer, "delay", "--delay", "3600000")}
        copying = {(kind, state): self.proxy(kind, True, mirror=f"127.0.0.1:{peer.port}")
                   for kind in ("specula", "nginx", "go") if kind in kinds for state, peer in mirrors.items()}
        slow = median([load((copying.get(("nginx", "healthy")) or next(iter(copying.values()))).port, "--seconds", 0.5)["rate"] for _ in range(3)]) / 2
        at_slow = ["--rate", round(slow), "--connections", 64, "--timeout", 3]
        first = self.rounds("latency, plain", {kind: (lambda p=p: measure(p, at_rate, seconds)) for kind, p in plain.items()})
        second = self.rounds("latency, mirrored", {key: (lambda p=p: measure(p, at_slow, seconds)) for key, p in copying.items()})
        self.stop(*plain.values(), *copying.values(), mirrors["dead"], mirrors["never answers"])
        lines = [f"Latency of GET 100 B in µs: plain at {rate:,.0f} requests a second, mirrored at {slow:,.0f} (half of what nginx can), 64 connections, open loop", "",
                 "| proxy | mirror | p50 | p99 | failed |", "|---|---|---|---|---|"]
        for key, results in [((k, "none"), v) for k, v in first.items()] + list(second.items()):
            lines.append(f"| {Proxy.NAMES[key[0]]} | {key[1]} | {median([r['p50'] for r in results]):.0f} | {median([r['p99'] for r in results]):.0f} | {sum(r['errors'] for r in results)} |")
        return "\n".join(lines)

    def idle(self):
        """Memory of each proxy at rest and of each of many idle connections, before and after a request."""
        count = 10000 if not self.options.quick else 2000
        lines = [f"Memory: at rest, and of each of {count:,} idle keep-alive connections", "",
                 "| proxy | ready after | at rest | connection, unused | connection, after a request |", "|---|---|---|---|---|"]
        for kind in self.kinds:
            if kind == "relay":
                continue
            cells = []
            for touch in ([], ["--touch"]):
                proxy = self.proxy(kind, False)
                load(proxy.port, "--requests", 200)
                time.sleep(0.1)
                rest, before = proxy.memory(), proxy.memory("RssAnon")
                holder = subprocess.Popen([os.path.join(TOOLS, "load"), "--port", str(proxy.port), "--connections", str(count), "--idle", "--timeout", "20", *touch],
                                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                ready = int(holder.stdout.readline().split()[1])
                time.sleep(0.3)
                after = proxy.memory("RssAnon")
                cells.append((after - before) / max(1, ready))
                if ready < count:
                    self.notes.append(f"{Proxy.NAMES[kind]}: only {ready} of {count} idle connections were served.")
                holder.communicate("", timeout=20)
                started = proxy.ready_after
                self.stop(proxy)
            self.raw.setdefault("idle", {})[kind] = {"rest": rest, "ready_s": started, "unused": cells[0], "used": cells[1]}
            lines.append(f"| {Proxy.NAMES[kind]} | {started * 1000:.0f} ms | {rest / 2**20:.1f} MiB | {cells[0]:,.0f} B | {cells[1]:,.0f} B |")
        return "\n".join(lines)

    def routers(self):
        """What ten thousand Host routers cost per request, beside ten."""
        few, many = self.proxy("specula", False), self.proxy("specula", False, routers=10000)
        arguments, seconds = LOADS["get100"][1], 1.0 * self.options.scale
        results = self.rounds("routers", {"10": lambda: measure(few, arguments, seconds), "10,000": lambda: measure(many, arguments, seconds)})
        ratio = median([b["us"] / a["us"] for a, b in zip(results["10"], results["10,000"])])
        told = f"10,000 Host routers: {ratio:.2f} times the CPU of a request among 10; ready after {many.ready_after * 1000:.0f} ms (10: {few.ready_after * 1000:.0f} ms)."
        instructions = [user_instructions(p, arguments) for p in (few, many)]
        if all(instructions):
            told += f" User instructions per request: {instructions[0]:,.0f} and {instructions[1]:,.0f}, ratio {instructions[1] / instructions[0]:.3f}."
        self.stop(few, many)
        return told


def user_instructions(proxy, arguments):
    """User instructions per request by perf, where the machine counts them; else None."""
    perf = proxies.find("perf")
    if not perf:
        return None
    watcher = subprocess.Popen([perf, "stat", "-x,", "-e", "instructions:u", "-p", str(proxy.child.pid)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    time.sleep(0.2)
    seen = load(proxy.port, *arguments, "--requests", 20000)
    watcher.send_signal(signal.SIGINT)
    told = watcher.communicate(timeout=10)[1]
    count = told.strip().split("\n")[-1].split(",")[0]
    return int(count) / seen["ok"] if count.isdigit() else None


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    commit = subprocess.run(["git", "-C", TOP, "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    load1 = os.getloadavg()[0]
    return (f"{os.cpu_count()} x {model}, Linux {platform.release()}, load average {load1:.1f} at the start, "
            f"commit {commit or 'unknown'}, {datetime.date.today().isoformat()}")


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer loads and rounds: one to two minutes")
    parser.add_argument("--isolation", action="store_true", help="only the isolation table: broken mirrors x loads, beside nginx")
    parser.add_argument("--rounds", type=int, help="interleaved rounds (default 5, quick 3)")
    parser.add_argument("--proxies", help="only these, comma-separated: " + ",".join(KINDS))
    parser.add_argument("--parts", default="cpu,workers,latency,idle,routers,scrape,reload", help="of the full bench, comma-separated (default: all)")
    parser.add_argument("--out", help="folder for raw results (default Benchmarks/results)")
    options = parser.parse_args()
    options.scale = 0.4 if options.quick else 1.0
    options.rounds = options.rounds or (3 if options.quick else 5)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    proxies.build_tools()
    out = options.out or os.path.join(TOP, "Benchmarks", "results")
    os.makedirs(out, exist_ok=True)
    about, began, folder = machine(), time.monotonic(), tempfile.mkdtemp(prefix="specula-bench-")
    shared = [SHARED] if os.getloadavg()[0] > os.cpu_count() else []
    if options.isolation:
        try:
            text, raw = isolation.run(options, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return finish(out, "isolation", about, began, [text], shared, raw)
    bench = Bench(options, folder)
    parts, text = options.parts.split(","), []
    try:
        names = QUICK if options.quick else tuple(LOADS)
        if "cpu" in parts:
            text.append(bench.cpu_table(bench.cpu(1, names), 1))
        if "workers" in parts and not options.quick:
            text.append(bench.cpu_table(bench.cpu(2, ("get100",)), 2))
        if "latency" in parts:
            text.append(bench.latency())
        if "idle" in parts:
            text.append(bench.idle())
        if "routers" in parts and "specula" in bench.kinds and not options.quick:
            text.append(bench.routers())
        if "scrape" in parts and "specula" in bench.kinds and not options.quick:
            text.append(control.scrape_costs(bench, load))
        if "reload" in parts and "specula" in bench.kinds and not options.quick:
            text.append(control.reload_costs(bench, load))
    finally:
        bench.close()
        shutil.rmtree(folder, ignore_errors=True)
    finish(out, "quick" if options.quick else "bench", about, began, text, shared + bench.notes, bench.raw)


def finish(out, name, about, began, text, notes, raw):
    text = text + [f"{about}; {(time.monotonic() - began) / 60:.1f} minutes."] + [f"- {note}" for note in notes]
    with open(os.path.join(out, name + ".md"), "w") as f:
        f.write("\n\n".join(text) + "\n")
    with open(os.path.join(out, name + ".json"), "w") as f:
        json.dump({"machine": about, "raw": raw}, f, indent=1)
    print("\n\n".join(text))


if __name__ == "__main__":
    main()
