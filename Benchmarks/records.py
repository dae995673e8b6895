"""What the metrics of one request cost, by the room's own benchmark."""
import os, re, subprocess

from proxies import TOP


def costs(bench):
    goal, program = "all metrics of one request", os.path.join(TOP, ".build", "release", "MetricsBenchmark")
    if not os.path.exists(program):
        bench.goals.skip(goal, "MetricsBenchmark is not built")
        return "The metrics of one request are left out: MetricsBenchmark is not built."
    told = subprocess.run([program], stdout=subprocess.PIPE, text=True, timeout=300).stdout
    found = {name.strip(): float(value) for name, value in re.findall(r"^(\D.*?) ([0-9.]+) (?:ns|x|ms|MiB)\b", told, re.M)}
    bench.raw["records"] = found
    bench.goals.at_most(goal, found["record one request in three scopes"], 150, "{:.0f} ns")
    return (f"The metrics of one request (entry point, router, service): {found['record one request in three scopes']:.0f} ns, "
            f"{found['among twenty statuses']:.0f} ns with twenty statuses in turn.")
