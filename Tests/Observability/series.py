"""What the gateway can show, and what an expression asks for: names of series on both sides."""
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What Prometheus itself adds to every target, and the alerts it keeps.
OF_PROMETHEUS = {"up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling", "ALERTS"}

_WORDS = set(
    """by without on ignoring group_left group_right and or unless bool offset sum avg min max count topk bottomk quantile
    group stddev stdvar count_values inf nan start end atan2""".split()
)


def catalogue() -> set[str]:
    """Every name that a scrape may show, from MetricCatalog."""
    names: set[str] = set()
    for file in (ROOT / "Sources" / "SpeculaMetrics").glob("MetricCatalog*.swift"):
        for name, kind in re.findall(r'MetricFamily\(\s*"([a-z_]+)",\s*\.(\w+)', file.read_text()):
            names |= {name + end for end in ("_bucket", "_sum", "_count")} if kind == "histogram" else {name}
    if not names:
        raise SystemExit("no metric family found in MetricCatalog")
    return names


def named(expression: str) -> set[str]:
    """The names of the series that an expression reads: identifiers that are no function, keyword, label or text."""
    text = re.sub(r'"(?:[^"\\]|\\.)*"', '""', expression)
    text = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", text)
    text = re.sub(r"\{[^}]*\}", "{}", text)
    text = re.sub(r"\[[^\]]*\]", "", text)
    found = set()
    for match in re.finditer(r"(?<![\w.$:])[a-zA-Z_:][\w:]*", text):
        if match[0].lower() in _WORDS or text[match.end():].lstrip().startswith("("):
            continue
        found.add(match[0])
    return found


def syntax_errors(expressions: dict[str, str]) -> str:
    """What promtool says about the expressions, each under its name; empty when all are well-formed."""
    lines = ["groups:", "- name: syntax", "  rules:"]
    names = {}
    for number, (name, expression) in enumerate(expressions.items()):
        names[f"syntax:{number}"] = name
        quoted = expression.replace("'", "''").replace("\n", "\n      ")
        lines += [f"  - record: syntax:{number}", f"    expr: '{quoted}'"]
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "syntax.yml"
        file.write_text("\n".join(lines) + "\n")
        told = subprocess.run(["promtool", "check", "rules", str(file)], capture_output=True, text=True)
    if told.returncode == 0:
        return ""
    return re.sub(r"syntax:\d+", lambda m: names.get(m[0], m[0]), told.stdout + told.stderr)
