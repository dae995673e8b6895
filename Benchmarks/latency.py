"""What clients feel at a fixed rate: p50 and p99, plain and with a mirror that is healthy, dead or never answers."""
from goals import median, paired
from proxies import Peer, Proxy

BUSIEST = 0.6


def busy_share(work):
    """Runs `work`; gives what it gave and the share of the machine's time that was not idle meanwhile."""
    def times():
        with open("/proc/stat") as f:
            fields = list(map(int, f.readline().split()[1:9]))
        return sum(fields), fields[3] + fields[4]
    (all_before, idle_before), result, (all_after, idle_after) = times(), work(), times()
    return result, 1 - (idle_after - idle_before) / max(1, all_after - all_before)


def choose_rate(load, proxy):
    """Half of what a proxy answers in a closed loop, with the client and the servers on the same cores.

    An open loop wakes everybody once a request, which costs more than a closed loop's batches: while the machine is busier than
    it should be, the rate is lowered. Gives the rate, the closed loop's and the share of the machine that the rate takes.
    """
    full = median(load(proxy.port, "--connections", 64, "--seconds", 0.5)["rate"] for _ in range(3))
    rate = full / 2
    for attempt in range(4):
        _, share = busy_share(lambda: load(proxy.port, "--rate", round(rate), "--connections", 64, "--timeout", 3, "--seconds", 0.5))
        if share <= BUSIEST or attempt == 3:
            return round(rate), full, share
        rate *= max(0.5, BUSIEST * 0.9 / share)


def costs(bench, load, measure):
    seconds = 2.0 * bench.options.scale
    kinds = [kind for kind in bench.kinds if kind != "relay"]
    plain = {kind: bench.proxy(kind, False) for kind in kinds}
    mirrors = {"healthy": bench.mirror, "dead": bench.start(Peer, "refuse"), "never answers": bench.start(Peer, "delay", "--delay", "3600000")}
    copying = {(kind, state): bench.proxy(kind, True, mirror=f"127.0.0.1:{peer.port}")
               for kind in ("specula", "nginx", "go") if kind in kinds for state, peer in mirrors.items()}
    rates = [choose_rate(load, plain.get("nginx") or next(iter(plain.values())))]
    if copying:
        rates.append(choose_rate(load, copying.get(("nginx", "healthy")) or next(iter(copying.values()))))

    def run(proxy, rate):
        seen, share = busy_share(lambda: measure(proxy, ["--rate", rate, "--connections", 64, "--timeout", 3], seconds))
        return {**seen, "machine": share}

    first = bench.rounds("latency, plain", {kind: (lambda p=p: run(p, rates[0][0])) for kind, p in plain.items()})
    second = bench.rounds("latency, mirrored", {key: (lambda p=p: run(p, rates[1][0])) for key, p in copying.items()}) if copying else {}
    bench.stop(*plain.values(), *copying.values(), mirrors["dead"], mirrors["never answers"])
    bench.raw["latency, rates"] = rates
    told = "; ".join(f"{name} at {rate:,} requests a second (a closed loop through nginx, with its client and servers on the same cores: {closed:,.0f}; the machine is {share:.0%} busy at that rate)"
                     for name, (rate, closed, share) in zip(("plain", "mirrored"), rates))
    full = []
    lines = [f"Latency of GET 100 B in µs, 64 connections, open loop: {told}", "", "| proxy | mirror | p50 | p99 | machine | failed |", "|---|---|---|---|---|---|"]
    for key, results in [((kind, "none"), r) for kind, r in first.items()] + list(second.items()):
        p50, p99, share = (median(r[name] for r in results) for name in ("p50", "p99", "machine"))
        lines.append(f"| {Proxy.NAMES[key[0]]} | {key[1]} | {p50:.0f} | {p99:.0f} | {share:.0%} | {sum(r['errors'] for r in results)} |")
        if share > 0.9:
            full.append(Proxy.NAMES[key[0]] + (f", mirror {key[1]}" if key[1] != "none" else ""))
    if full:
        bench.notes.append(f"Latency: the machine was full, which is what these latencies tell: {'; '.join(full)}.")
    judge(bench.goals, first, second)
    return "\n".join(lines)


def judge(goals, first, second):
    for name in ("p50", "p99"):
        if "specula" in first and "nginx" in first:
            goals.at_most(f"{name} at half the capacity, plain, of nginx's", paired(first["specula"], first["nginx"], name), 1.0, failed=sum(r["errors"] for r in first["specula"]))
        else:
            goals.skip(f"{name} at half the capacity, plain, of nginx's", "needs nginx and Specula")
    for state in ("dead", "never answers"):
        results = second.get(("specula", state))
        if results:
            goals.felt(f"p99 with a mirror that {'is dead' if state == 'dead' else state}, beside a healthy one", median(r["p99"] for r in results),
                       median(r["p99"] for r in second[("specula", "healthy")]), failed=sum(r["errors"] for r in results))
