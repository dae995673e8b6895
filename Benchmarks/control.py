"""What the control plane costs: a scrape of very many series, a reload of ten thousand routers, and what requests feel meanwhile."""
import gzip, os, socket, threading, time, urllib.request, zlib

from proxies import HOST, specula_dynamic

ROUTERS = 10000


def scrape(proxy, compressed):
    request = urllib.request.Request(f"http://127.0.0.1:{proxy.admin}/metrics", headers={"Accept-Encoding": "gzip"} if compressed else {})
    with urllib.request.urlopen(request, timeout=30) as answer:
        data = answer.read()
    return gzip.decompress(data) if answer.headers.get("Content-Encoding") == "gzip" else data


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


def median_cpu(proxy, times, work):
    spent = []
    for _ in range(times):
        before = proxy.cpu_seconds()
        work()
        time.sleep(0.02)
        spent.append(proxy.cpu_seconds() - before)
    return sorted(spent)[len(spent) // 2]


def bare_deflate(text):
    """CPU seconds of deflate, level 1, over the same text: the median of five."""
    spent = []
    for _ in range(5):
        before = time.process_time()
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        packer.compress(text) + packer.flush()
        spent.append(time.process_time() - before)
    return sorted(spent)[2]


def scrape_costs(bench, load):
    proxy = bench.proxy("specula", False, routers=ROUTERS)
    visit_every_router(proxy)
    text = scrape(proxy, False)
    series = sum(1 for line in text.splitlines() if line and not line.startswith(b"#"))
    deflate = bare_deflate(text)
    plain, packed = median_cpu(proxy, 5, lambda: scrape(proxy, False)), median_cpu(proxy, 5, lambda: scrape(proxy, True))
    arguments = ["--rate", 2000, "--seconds", 3.0 * bench.options.scale, "--connections", 32]
    quiet = load(proxy.port, *arguments)
    stop = threading.Event()

    def again():
        while not stop.wait(0.2):
            scrape(proxy, True)

    scraper = threading.Thread(target=again)
    scraper.start()
    busy = load(proxy.port, *arguments)
    stop.set()
    scraper.join()
    bench.raw["scrape"] = {"series": series, "bytes": len(text), "deflate_s": deflate, "plain_s": plain, "gzip_s": packed, "quiet": quiet, "busy": busy}
    bench.stop(proxy)
    return (f"A scrape of {series:,} series ({len(text) / 2**20:.1f} MiB): {plain * 1000:.0f} ms CPU, with gzip {packed * 1000:.0f} ms; a bare deflate (level 1) of the same text takes "
            f"{deflate * 1000:.0f} ms: {plain / deflate:.2f} and {packed / deflate:.2f} of it. p99 of requests at 2,000/s: {quiet['p99']:.0f} µs, with five such scrapes a second {busy['p99']:.0f} µs.")


def reload_costs(bench, load):
    proxy = bench.proxy("specula", False, routers=10)
    path, fresh = os.path.join(proxy.folder, "dynamic.yml"), os.path.join(proxy.folder, "fresh.yml")
    with open(fresh, "w") as f:
        f.write(specula_dynamic(bench.primary.port, None, ROUTERS))
    wanted = f"GET /b/1 HTTP/1.1\r\nHost: host-{ROUTERS - 1}.test\r\nConnection: close\r\n\r\n".encode()
    result, arguments = {}, ["--rate", 2000, "--seconds", 3.0 * bench.options.scale, "--connections", 32]
    quiet = load(proxy.port, *arguments)
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
    bench.raw["reload"] = {"in_force_s": in_force, "cpu_s": spent, "quiet": quiet, "busy": result}
    bench.stop(proxy)
    when = f"in force after {in_force:.2f} s" if in_force is not None else "not in force within 10 s"
    return (f"A reload from 10 to {ROUTERS:,} routers: {when}, about {spent:.2f} s CPU; of {result['requests']:,} requests meanwhile {result['errors']} failed, "
            f"p99 {result['p99']:.0f} µs (without a reload {quiet['p99']:.0f} µs).")
