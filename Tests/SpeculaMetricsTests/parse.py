"""Reads an exposition with a parser that is not ours and prints its series as the text format would: NAME{LABELS}<tab>VALUE.

usage: parse.py text|openmetrics|protobuf < exposition     (exit 77: the parser is not installed)
"""
import math, os, re, struct, subprocess, sys, tempfile

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
    from prometheus_client.parser import text_string_to_metric_families as parse_text
except ImportError:
    sys.exit(77)


def escaped(text):
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def number(value):
    """A bound as Go prints it."""
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0:
        return "0"
    exponent = int(("%e" % value).split("e")[1])
    text = repr(value)
    if exponent < -4 or exponent >= 6:
        mantissa, _, exponent = (text if "e" in text else next(t for t in ("%.*e" % (n, value) for n in range(17)) if float(t) == value)).partition("e")
        mantissa = re.sub(r"\.?0*$", "", mantissa) if "." in mantissa else mantissa
        return "%se%s%02d" % (mantissa, "-" if int(exponent) < 0 else "+", abs(int(exponent)))
    return text[:-2] if text.endswith(".0") else text


def show(name, labels, value):
    labels = dict(labels)
    bound = labels.pop("le", None)
    pairs = ['%s="%s"' % (key, escaped(labels[key])) for key in sorted(labels)]
    if bound is not None:
        pairs.append('le="%s"' % number(float(bound)))
    sys.stdout.write("%s%s\t%r\n" % (name, "{%s}" % ",".join(pairs) if pairs else "", float(value)))


SCHEMA = """
syntax = "proto2";
package io.prometheus.client;
message LabelPair { optional string name = 1; optional string value = 2; }
message Time { optional int64 seconds = 1; optional int32 nanos = 2; }
message Exemplar { repeated LabelPair label = 1; optional double value = 2; optional Time timestamp = 3; }
message Number { optional double value = 1; optional Exemplar exemplar = 2; }
message Span { optional sint32 offset = 1; optional uint32 length = 2; }
message Bucket { optional uint64 cumulative_count = 1; optional double upper_bound = 2; optional Exemplar exemplar = 3; }
message Histogram {
  optional uint64 sample_count = 1; optional double sample_sum = 2; repeated Bucket bucket = 3; optional sint32 schema = 5;
  optional double zero_threshold = 6; optional uint64 zero_count = 7; repeated Span positive_span = 12;
  repeated sint64 positive_delta = 13 [packed = true];
}
message Metric { repeated LabelPair label = 1; optional Number gauge = 2; optional Number counter = 3; optional Histogram histogram = 7; }
enum MetricType { COUNTER = 0; GAUGE = 1; SUMMARY = 2; UNTYPED = 3; HISTOGRAM = 4; }
message MetricFamily { optional string name = 1; optional string help = 2; optional MetricType type = 3; repeated Metric metric = 4; optional string unit = 5; }
message Families { repeated MetricFamily family = 1; }
"""


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def unquoted(text):
    """A string as protoc prints it, octal escapes and all."""
    return text[1:-1].encode("latin-1").decode("unicode_escape").encode("latin-1").decode("utf-8")


def tree(lines):
    """protoc's text: nested messages as lists of (key, value)."""
    items = []
    for line in lines:
        line = line.strip()
        if line == "}":
            return items
        if line.endswith("{"):
            items.append((line[:-2], tree(lines)))
        else:
            key, _, value = line.partition(": ")
            items.append((key, value))
    return items


def parse_protobuf(data):
    wrapped, at = b"", 0
    while at < len(data):
        length, start = varint(data, at)
        # Each family becomes a field of one message: its key, then what was there.
        wrapped += b"\x0a" + data[at:start + length]
        at = start + length
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "metrics.proto"), "w") as file:
            file.write(SCHEMA)
        done = subprocess.run(["protoc", "--decode=io.prometheus.client.Families", "-I", folder, "metrics.proto"], input=wrapped,
                              capture_output=True, cwd=folder)
    if done.returncode or done.stderr:
        sys.exit(done.stderr.decode() or "protoc failed")
    text = done.stdout.decode()
    if re.search(r"^\s*\d+(:| \{)", text, re.M):
        sys.exit("a field that the schema does not have")
    for _, family in tree(iter(text.splitlines())):
        fields = dict((key, value) for key, value in family if key != "metric")
        name = unquoted(fields["name"])
        for metric in (value for key, value in family if key == "metric"):
            labels = {unquoted(dict(value)["name"]): unquoted(dict(value).get("value", '""')) for key, value in metric if key == "label"}
            for key, value in metric:
                if key in ("gauge", "counter"):
                    assert fields["type"] == key.upper(), name
                    show(name, labels, dict(value)["value"])
                elif key == "histogram":
                    assert fields["type"] == "HISTOGRAM", name
                    histogram(name, labels, value)


def histogram(name, labels, items):
    one = dict(items)
    count, total = int(one["sample_count"]), float(one["sample_sum"])
    for bucket in (dict(value) for key, value in items if key == "bucket"):
        if bucket["upper_bound"] != "inf":
            show(name + "_bucket", {**labels, "le": bucket["upper_bound"]}, bucket["cumulative_count"])
    show(name + "_bucket", {**labels, "le": "inf"}, count)
    show(name + "_sum", labels, total)
    show(name + "_count", labels, count)
    if "schema" in one:
        native, last = int(one["zero_count"]), 0
        for delta in (int(value) for key, value in items if key == "positive_delta"):
            last += delta
            assert last > 0
            native += last
        assert native == count, "%s: native buckets hold %d of %d" % (name, native, count)
        spans = [dict(value) for key, value in items if key == "positive_span"]
        assert sum(int(span["length"]) for span in spans) == sum(1 for key, _ in items if key == "positive_delta")


data = sys.stdin.buffer.read()
if sys.argv[1] == "protobuf":
    parse_protobuf(data)
else:
    for family in (parse_openmetrics if sys.argv[1] == "openmetrics" else parse_text)(data.decode()):
        for sample in family.samples:
            show(sample.name, sample.labels, sample.value)
            if sample.exemplar:
                assert re.fullmatch("[0-9a-f]{32}", sample.exemplar.labels["trace_id"])
