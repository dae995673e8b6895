"""Side by side in one run: what a request costs in Specula, nginx, HAProxy, a Go proxy and a relay that looks at nothing.

CPU time is the proxy process's own, per answered request. Rounds are interleaved and every ratio is taken within a round, so that a
busy machine is busy for all; the tables show medians. Everything is on 127.0.0.1, bounded in count and time.
"""
import argparse, datetime, json, os, platform, shutil, signal, subprocess, sys, tempfile, time, traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import control, isolation, latency, proxies, records, rest, secure
from goals import Goals, median, paired
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
PARTS = ("cpu", "workers", "latency", "idle", "records", "routers", "scrape", "reload", "tls")
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


PLAIN, MIRRORED = ("specula", False), ("specula", True)
NGINX = ("nginx", False), ("nginx", True)
SMALL = (("plain, of nginx", PLAIN, NGINX[0], 0.9), ("mirrored, of nginx plain", MIRRORED, NGINX[0], 1.4), ("mirrored, of nginx mirrored", MIRRORED, NGINX[1], 0.32),
         ("Go plain, of ours", ("go", False), PLAIN, 4), ("Go mirrored, of ours", ("go", True), MIRRORED, 4))
CPU_GOALS = {  # load: what, whose CPU time, over whose, the limit
    "get100": SMALL, "get10k": SMALL[:3], "post10k": SMALL[:3],
    "down1m": (("plain, of nginx", PLAIN, NGINX[0], 0.8),),
    "up1m": (("plain, of nginx", PLAIN, NGINX[0], 0.8), ("mirrored, of nginx mirrored", MIRRORED, NGINX[1], 0.8)),
    "fresh": (("plain, of nginx", PLAIN, NGINX[0], 1.05),),
}


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.open, self.notes, self.raw = [], [], {}
        self.kinds, self.goals = [], Goals()
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

    def judge(self, rows):
        """The goals that are ratios of CPU time, of one worker's table."""
        for name, results in rows.items():
            title = LOADS[name][0]
            for what, above, below, limit in CPU_GOALS.get(name, ()):
                told = f"{title}: {what}"
                if above in results and below in results:
                    failed = sum(r["errors"] for r in results[above if above[0] == "specula" else below])
                    if what.startswith("Go"):
                        self.goals.at_least(told, paired(results[above], results[below]), limit)
                    else:
                        self.goals.at_most(told, paired(results[above], results[below]), limit, failed=failed)
                else:
                    self.goals.skip(told, f"needs {Proxy.NAMES[above[0]]} and {Proxy.NAMES[below[0]]}")

    def one_worker(self):
        rows = self.cpu(1, tuple(LOADS))
        self.judge(rows)
        return self.cpu_table(rows, 1)

    def two_workers(self):
        table = self.cpu_table(self.cpu(2, ("get100",)), 2)
        return table + "\n\n" + self.second_worker() if "specula" in self.kinds else table

    def second_worker(self):
        """What a request costs with two workers, beside one: they get half of the connections each, and wake more often."""
        fleet = {workers: self.proxy("specula", False, workers) for workers in (1, 2)}
        _, arguments, seconds = LOADS["get100"]
        results = self.rounds("one worker and two", {n: (lambda p=p: measure(p, arguments, seconds * self.options.scale)) for n, p in fleet.items()})
        self.stop(*fleet.values())
        ratio = paired(results[2], results[1])
        self.goals.at_most("GET 100 B with two workers, of one", ratio, 1.1, failed=sum(r["errors"] for r in results[2]))
        return f"GET 100 B with two workers: {ratio:.2f} times the CPU per request of one."


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    def git(*words): return subprocess.run(["git", "-C", TOP, *words], capture_output=True, text=True).stdout.strip()
    # What an earlier run left is not of the tree that is measured.
    commit = git("describe", "--always") + ("-dirty" if git("status", "--porcelain", "--", ".", ":!Benchmarks/results") else "")
    load1 = os.getloadavg()[0]
    return (f"{os.cpu_count()} x {model}, Linux {platform.release()}, load average {load1:.1f} at the start, "
            f"commit {commit or 'unknown'}, {datetime.date.today().isoformat()}")


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="all of it, so short that it only shows that it works: three minutes")
    parser.add_argument("--isolation", action="store_true", help="only the isolation table: broken mirrors x loads, beside nginx")
    parser.add_argument("--rounds", type=int, help="interleaved rounds (default 5, quick 2)")
    parser.add_argument("--proxies", help="only these, comma-separated: " + ",".join(KINDS))
    parser.add_argument("--parts", default=",".join(PARTS), help="comma-separated: " + ",".join(PARTS))
    parser.add_argument("--out", help="folder for raw results (default Benchmarks/results)")
    options = parser.parse_args()
    options.scale = 0.2 if options.quick else 1.0
    options.rounds = options.rounds or (2 if options.quick else 5)
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
    ours = ["records", "routers", "scrape", "reload"]
    work = {"cpu": bench.one_worker, "workers": bench.two_workers, "latency": lambda: latency.costs(bench, load, measure), "idle": lambda: rest.costs(bench, load),
            "records": lambda: records.costs(bench), "routers": lambda: control.router_costs(bench, load, measure), "scrape": lambda: control.scrape_costs(bench, load),
            "reload": lambda: control.reload_costs(bench, load), "tls": lambda: secure.costs(bench)}
    text, failed = [], []
    try:
        for part in PARTS:
            if part not in options.parts.split(",") or part in ours and "specula" not in bench.kinds:
                continue
            try:
                text.append(work[part]())
            except Exception as failure:  # What the other parts measured is not lost with it.
                traceback.print_exc()
                failed.append(part)
                bench.notes.append(f"The part `{part}` could not be measured: {failure}")
        text.append(bench.goals.table())
    finally:
        bench.close()
        shutil.rmtree(folder, ignore_errors=True)
    if options.quick:
        bench.notes.append("A quick run shows that the bench works; it is too short for its numbers to say much.")
    finish(out, "quick" if options.quick else "bench", about, began, text, shared + bench.notes, bench.raw)
    return 1 if failed else 0


def finish(out, name, about, began, text, notes, raw):
    text = text + [f"{about}; {(time.monotonic() - began) / 60:.1f} minutes."] + [f"- {note}" for note in notes]
    with open(os.path.join(out, name + ".md"), "w") as f:
        f.write("\n\n".join(text) + "\n")
    with open(os.path.join(out, name + ".json"), "w") as f:
        json.dump({"machine": about, "raw": raw}, f, indent=1)
    print("\n\n".join(text))


if __name__ == "__main__":
    sys.exit(main())
