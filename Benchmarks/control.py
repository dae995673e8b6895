"""What the control plane costs: a scrape of very many series, ten thousand routers, a reload of them, and what requests feel meanwhile."""
import os, socket, threading, time, zlib

import instructions
from goals import median, paired
from proxies import HOST, specula_dynamic

ROUTERS = 10000


def scrape(proxy, compressed=False):
    """The body as it came."""
    coding = b"Accept-Encoding: gzip\r\n" if compressed else b""
    with socket.create_connection(("127.0.0.1", proxy.admin), 30) as s:
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + coding + b"\r\n")
        answer = bytearray()
        while True:
            part = s.recv(1 << 20)
            if not part:
                break
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head[:16] or (b"content-encoding: gzip" in head.lower()) != compressed:
        raise RuntimeError("a scrape was not answered as asked")
    return bytes(body)


def visit_every_router(proxy):
    """One request on each of the Host routers, so that each has its series."""
    with socket.create_connection(("127.0.0.1", proxy.port), 10) as s:
        for first in range(1, ROUTERS, 100):
            last = min(first + 100, ROUTERS)
            s.sendall(b"".join(b"GET /b/1 HTTP/1.1\r\nHost: host-%d.test\r\n\r\n" % i for i in range(first, last)))
            seen = 0
            while seen < last - first:
                part = s.recv(65536)
                if not part:
                    raise RuntimeError("the gateway closed a pipelined connection")
                seen += part.count(b"HTTP/1.1 200")


def shares(proxy, work):
    """CPU seconds of the proxy for `work`, beside its loops (reading, rendering, compressing) and on them (sending)."""
    before = proxy.threads()
    work()
    time.sleep(0.03)
    spent = {"beside": 0.0, "loops": 0.0}
    for thread, (name, seconds) in proxy.threads().items():
        spent["loops" if name.startswith("worker") else "beside"] += seconds - before.get(thread, ("", 0.0))[1]
    return spent


def bare_deflate(text):
    """CPU seconds of deflate, level 1, over a text."""
    before = time.process_time()
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    packer.compress(text) + packer.flush()
    return time.process_time() - before


def scrape_costs(bench, load):
    proxy = bench.proxy("specula", False, routers=ROUTERS)
    visit_every_router(proxy)
    text = scrape(proxy)
    if zlib.decompress(scrape(proxy, True), 31).count(b"\n") != text.count(b"\n"):
        bench.notes.append("A compressed scrape is not the same text.")
    series = sum(1 for line in text.splitlines() if line and not line.startswith(b"#"))

    def once():
        """All three within a round: a busy machine is busy for each."""
        bare = bare_deflate(text)
        return {"deflate": bare, "plain": shares(proxy, lambda: scrape(proxy)), "gzip": shares(proxy, lambda: scrape(proxy, True))}

    results = [once() for _ in range(bench.options.rounds * 2)]
    ratio = {(form, part): median(r[form][part] / r["deflate"] for r in results) for form in ("plain", "gzip") for part in ("beside", "loops")}
    arguments = ["--rate", 2000, "--seconds", 2.0 * bench.options.scale, "--connections", 32]

    def scraped():
        """The scraper is a C program: one in Python takes as much of the two cores as a scrape does, and was half of what was felt."""
        seen = {}
        scraper = threading.Thread(target=lambda: seen.update(load(
            proxy.admin, "--path", "/metrics", "--gzip", "--rate", 5, "--connections", 1, "--seconds", 2.0 * bench.options.scale)))
        scraper.start()
        try:
            return load(proxy.port, *arguments)
        finally:
            scraper.join()
            if seen.get("errors") != 0 or seen.get("ok", 0) < 1:
                raise RuntimeError(f"scrapes failed: {seen}")

    felt = bench.rounds("requests while scraped", {"quiet": lambda: load(proxy.port, *arguments), "scraped": scraped})
    quiet, busy = (median(r["p99"] for r in felt[key]) for key in ("quiet", "scraped"))
    bench.raw["scrape"] = {"series": series, "bytes": len(text), "rounds": results}
    bench.stop(proxy)
    bench.goals.at_most(f"rendering a scrape of {series:,} series, of a bare deflate of its text", ratio["plain", "beside"], 0.25)
    bench.goals.at_most("rendering and compressing it", ratio["gzip", "beside"], 1.25)
    bench.goals.felt("p99 of requests while scraped", busy, quiet, sum(r["errors"] for r in felt["scraped"]))
    whole = {form: ratio[form, "beside"] + ratio[form, "loops"] for form in ("plain", "gzip")}
    return (f"A scrape of {series:,} series ({len(text) / 2**20:.1f} MiB), in units of a bare deflate (level 1) of the same text ({median(r['deflate'] for r in results) * 1000:.0f} ms CPU): "
            f"rendering {ratio['plain', 'beside']:.2f}, sending {ratio['plain', 'loops']:.2f}, together {whole['plain']:.2f}; "
            f"with gzip rendering and compressing {ratio['gzip', 'beside']:.2f}, sending {ratio['gzip', 'loops']:.2f}, together {whole['gzip']:.2f}. "
            f"p99 of requests at 2,000/s: {quiet:.0f} µs, with five such scrapes a second {busy:.0f} µs.")


def router_costs(bench, load, measure):
    """What ten thousand Host routers cost per request, beside ten: requests to one host, and to each host in turn."""
    few, many = bench.proxy("specula", False), bench.proxy("specula", False, routers=ROUTERS)
    seconds = 1.0 * bench.options.scale
    one = ["--path", "/b/100"]
    results = bench.rounds("routers", {
        "10": lambda: measure(few, one, seconds), "10,000": lambda: measure(many, one, seconds),
        "10, in turn": lambda: measure(few, [*one, "--hosts", 9], seconds), "10,000, in turn": lambda: measure(many, [*one, "--hosts", ROUTERS - 1], seconds)})
    ready = [p.ready_after for p in (few, many)]
    asked = 1000 if bench.options.quick else 4000
    ask = lambda port, count: load(port, *one, "--requests", count)
    counted = [instructions.by_perf(p, lambda port, count: ask(port, count), 20000) for p in (few, many)]
    bench.stop(few, many)
    if not all(counted):
        counted = [instructions.by_callgrind(bench.folder, bench.primary.port, routers, ask, asked) for routers in (10, ROUTERS)]
    told = f"{ROUTERS:,} Host routers: "
    goal = f"user instructions of a request among {ROUTERS:,} routers, of one among 10"
    if all(counted):
        told += f"{counted[1]:,.0f} user instructions per request, among 10 {counted[0]:,.0f}: {counted[1] / counted[0]:.3f} times (which is the goal's measure); "
        bench.goals.at_most(goal, counted[1] / counted[0], 1.05, "{:.3f}")
    else:
        bench.goals.skip(goal, "needs perf's counters, or valgrind and objcopy")
    bench.raw["router instructions"] = counted
    return told + (f"CPU {paired(results['10,000'], results['10']):.2f} times, and {paired(results['10,000, in turn'], results['10, in turn']):.2f} times when each request asks for the next host, "
                   f"so that nothing of it is in a cache. Ready after {ready[1] * 1000:.0f} ms (10: {ready[0] * 1000:.0f} ms).")


def reload_costs(bench, load):
    proxy = bench.proxy("specula", False, routers=10)
    path, fresh = os.path.join(proxy.folder, "dynamic.yml"), os.path.join(proxy.folder, "fresh.yml")
    with open(fresh, "w") as f:
        f.write(specula_dynamic(bench.primary.port, None, ROUTERS))
    wanted = f"GET /b/1 HTTP/1.1\r\nHost: host-{ROUTERS - 1}.test\r\nConnection: close\r\n\r\n".encode()
    result, arguments = {}, ["--rate", 2000, "--seconds", max(1.5, 3.0 * bench.options.scale), "--connections", 32]
    began = time.monotonic()
    quiet = load(proxy.port, *arguments)
    # A change soon after another, the start's among them, waits its turn: providersThrottleDuration is 2 s.
    time.sleep(max(0.0, began + 2.2 - time.monotonic()))
    thread = threading.Thread(target=lambda: result.update(load(proxy.port, *arguments)))
    thread.start()
    time.sleep(0.3)
    before, began = proxy.cpu_seconds(), time.monotonic()
    os.replace(fresh, path)
    in_force = None
    while time.monotonic() - began < 10 and in_force is None:
        with socket.create_connection(("127.0.0.1", proxy.port), 5) as s:
            s.sendall(wanted)
            if b" 200 " in s.recv(64)[:16]:
                in_force = time.monotonic() - began
        time.sleep(0.005)
    thread.join()
    with_load = proxy.cpu_seconds() - before
    # The load goes on until its end; what it costs without a reload is taken off.
    before = proxy.cpu_seconds()
    again = load(proxy.port, *arguments)
    spent = max(0.0, with_load - (proxy.cpu_seconds() - before) * result["ok"] / max(1, again["ok"]))
    bench.goals.at_most(f"a reload to {ROUTERS:,} routers is in force after", in_force, 0.5, "{:.2f} s")
    bench.goals.at_most("its CPU time", spent, 0.5, "{:.2f} s")
    without = (quiet["p99"] + again["p99"]) / 2
    bench.goals.felt("p99 of requests during it", result["p99"], without, result["errors"])
    bench.raw["reload"] = {"in_force_s": in_force, "cpu_s": spent, "before": quiet, "busy": result, "after": again}
    bench.stop(proxy)
    when = f"in force after {in_force:.2f} s" if in_force is not None else "not in force within 10 s"
    return (f"A reload from 10 to {ROUTERS:,} routers: {when}, about {spent:.2f} s CPU; of {result['requests']:,} requests meanwhile {result['errors']} failed, "
            f"p99 {result['p99']:.0f} µs (without a reload {without:.0f} µs).")
