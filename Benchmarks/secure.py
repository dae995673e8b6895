"""What TLS costs on the client's side: requests on kept connections, large answers, and a handshake for each request; by wrk."""
import os, re, subprocess

from proxies import Proxy, find

LOADS = {"GET 100 B over TLS": ("/b/100", []), "1 MiB down over TLS": ("/b/1048576", []), "handshake each": ("/b/100", ["-H", "Connection: close"])}


def certificate(folder):
    """A key and a certificate that vouches for itself."""
    key, crt = os.path.join(folder, "tls.key"), os.path.join(folder, "tls.crt")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=bench.test", "-days", "2",
                    "-addext", "subjectAltName=DNS:bench.test", "-keyout", key, "-out", crt], check=True, stderr=subprocess.DEVNULL)
    return crt, key


def wrk(port, path, options, seconds):
    told = subprocess.run([find("wrk"), "-t1", "-c32", f"-d{max(1, round(seconds))}s", "-H", "Host: bench.test", *options, f"https://127.0.0.1:{port}{path}"],
                          check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    return int(re.search(r"(\d+) requests in", told).group(1)), int(bad.group(1)) if bad else 0


def costs(bench):
    """CPU per request in units of nginx's, both with one worker and the same certificate."""
    if not find("wrk") or "nginx" not in bench.kinds or "specula" not in bench.kinds:
        return "TLS is left out: it needs wrk, nginx and Specula."
    pair = certificate(bench.folder)
    fleet = {kind: bench.start(Proxy, kind, bench.folder, bench.primary.port, secure=pair) for kind in ("specula", "nginx")}
    lines = ["TLS 1.3 with a P-256 certificate, CPU per request, 1 worker; 1.00 = nginx", "", "| load | nginx µs | Specula |", "|---|---|---|"]
    for title, (path, options) in LOADS.items():
        def run(proxy):
            before = proxy.cpu_seconds()
            answered, bad = wrk(proxy.port, path, options, bench.options.scale)
            return {"us": (proxy.cpu_seconds() - before) * 1e6 / max(1, answered), "bad": bad}
        results = bench.rounds(title, {kind: (lambda p=proxy: run(p)) for kind, proxy in fleet.items()})
        ratios = sorted(a["us"] / b["us"] for a, b in zip(results["specula"], results["nginx"]))
        base = sorted(r["us"] for r in results["nginx"])
        lines.append(f"| {title} | {base[len(base) // 2]:.1f} | {ratios[len(ratios) // 2]:.2f} |")
        if any(r["bad"] for r in results["specula"]):
            bench.notes.append(f"{title}: Specula failed requests.")
    bench.stop(*fleet.values())
    return "\n".join(lines)
