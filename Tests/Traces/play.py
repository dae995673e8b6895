#!/usr/bin/env python3
"""What the gateway tells a collector, held against what the real Traefik told one (traefik.json), and what it does without one.

    play.py SPECULA [NAME...]     all scenes, or those named; exit 1 with what differs
"""
import http.client, http.server, json, os, pathlib, re, signal, socket, subprocess, sys, tempfile, threading, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from collector import Collector

TRAEFIK = json.loads((HERE / "traefik.json").read_text())
PARENT = "0af7651916cd43dd8448eb211c80319c"


class Upstream:
    """Answers as the query says, and keeps the fields it saw."""

    def __init__(self):
        self.seen = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                if "Content-Length" in self.headers:
                    self.rfile.read(int(self.headers["Content-Length"]))
                outer.seen.append([(name.lower(), value) for name, value in self.headers.items()])
                status = re.search(r"do=status:(\d+)", self.path)
                self.send_response(int(status.group(1)) if status else 200)
                self.send_header("X-Answer", "yes")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            do_GET = do_POST = do_PURGE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def fields(self, name, request=-1):
        until(f"a request at the upstream", lambda: self.seen)
        return [value for key, value in self.seen[request] if key == name]


def until(what, test, limit=15):
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        found = test()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"never: {what}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Gateway:
    def __init__(self, endpoint, dynamic, tracing="", static="", env=None):
        self.folder = tempfile.TemporaryDirectory(prefix="specula-traces-")
        folder = pathlib.Path(self.folder.name)
        self.web, self.admin = free_port(), free_port()
        (folder / "routes.yml").write_text(dynamic)
        section = f"tracing:\n  otlp:\n    http:\n      endpoint: {endpoint}\n{tracing}" if endpoint else ""
        (folder / "traefik.yml").write_text(
            f"workers: 2\nlog: {{level: DEBUG}}\nentryPoints:\n  web:\n    address: 127.0.0.1:{self.web}\n"
            f"  traefik:\n    address: 127.0.0.1:{self.admin}\nproviders:\n  file:\n    filename: {folder}/routes.yml\n"
            f"metrics:\n  prometheus: {{openMetrics: true}}\nping: {{}}\napi: {{insecure: true}}\n{static}{section}")
        self.log = open(folder / "log", "w+b")
        self.process = subprocess.Popen(
            [sys.argv[1], f"--configFile={folder}/traefik.yml"], stdout=self.log, stderr=self.log,
            env={**os.environ, **(env or {})})
        # Before any configuration is in force a request would be a 404, and have a span.
        until("a configuration", lambda: self.process.poll() is not None or "configuration in force" in self.output(), 30)
        until("the gateway is ready", lambda: self.try_get("/api/http/routers", self.admin).count("@file"), 30)

    def try_get(self, path, port):
        if self.process.poll() is not None:
            raise AssertionError(f"the gateway ended: {self.output()}")
        try:
            return self.get(path, port)
        except OSError:
            return ""

    def get(self, path, port=None, fields=()):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.web, timeout=10)
        connection.putrequest("GET", path, skip_accept_encoding=True)
        for name, value in fields:
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return text

    def raw(self, request):
        """Sends bytes on a connection of their own and waits for the end of the answer."""
        with socket.create_connection(("127.0.0.1", self.web), timeout=10) as s:
            s.sendall(request)
            received = b""
            while b"\r\n\r\n" not in received:
                received += s.recv(65536)
            head, _, body = received.partition(b"\r\n\r\n")
            # Whoever leaves before the last byte is a 499.
            missing = int(re.search(rb"(?i)content-length: (\d+)", head).group(1)) - len(body)
            while missing > 0:
                missing -= len(s.recv(65536))
            return received, s.getsockname()[1]

    def metric(self, name, **labels):
        for line in self.get("/metrics", self.admin).splitlines():
            if line.startswith(name) and all(f'{key}="{value}"' in line for key, value in labels.items()):
                return float(line.split()[-1])
        return None

    def output(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def stop(self, limit=8):
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"the gateway did not stop within {limit} s")
        assert status == 0, f"exit status {status}: {self.output()[-2000:]}"
        self.folder.cleanup()
        return time.monotonic() - began


def expect(fact, what):
    if not fact:
        raise AssertionError(what)


def routes(p, x, dead=1):
    text = TRAEFIK["dynamic"]
    return text.replace("{p}", str(p)).replace("{x}", str(x)).replace("{dead}", str(dead))


def without_metrics(spans):
    """Traefik's spans without those of its metrics middleware, which is no middleware here."""
    skipped = {span["id"]: span["parent"] for span in spans if span["name"] == "Metrics"}

    def above(parent):
        while parent in skipped:
            parent = skipped[parent]
        return parent

    return [{**span, "parent": above(span["parent"])} for span in spans if span["id"] not in skipped]


def shape(spans, names):
    """Spans without what differs from run to run: ids become the span's place in the tree, ports their names."""
    by_id = {span["id"]: span for span in spans}

    def named(value):
        if isinstance(value, list):
            return tuple(value)
        if isinstance(value, str):
            return re.sub(r":(\d+)/", lambda found: f":{names.get(int(found.group(1)), found.group(1))}/", value)
        return names.get(value, value)

    def path(span):
        above = by_id.get(span["parent"])
        own = span["name"], named(span["attributes"].get("url.full", ""))
        return (path(above) if above else (span["parent"] or "root",)) + own

    return sorted(((path(span), span["kind"], span["status"], tuple(sorted((key, named(value)) for key, value in span["attributes"].items())))
                   for span in spans), key=str)


# MARK: Scenes


def scene_golden(encoding="protobuf"):
    """Each of Traefik's nine requests makes the same spans here, but that a copy has a trace of its own."""
    p, x, dead, collector = Upstream(), Upstream(), free_port(), Collector()
    gateway = Gateway(
        f"http://127.0.0.1:{collector.port}", routes(p.port, x.port, dead),
        f"      encoding: {encoding}\n      headers: {{X-Key: secret}}\n  serviceName: gateway\n"
        "  capturedRequestHeaders: [X-A]\n  resourceAttributes: {team: red}\n")
    for case in TRAEFIK["requests"]:
        theirs = without_metrics(case["spans"])
        legs = [span for span in theirs if "{x}" in str(span["attributes"].get("url.full", ""))]
        # What Traefik tells of a copy within the client's trace.
        copies = {span["id"] for span in legs} | {span["parent"] for span in legs if span["parent"] != "s2" and not any(
            span["parent"] == other["id"] and other["kind"] == "server" for other in theirs)}
        expected = [span for span in theirs if span["id"] not in copies]
        mark = len(p.seen), len(x.seen)
        _, port = gateway.raw(case["sent"].replace("00-t1-", f"00-{PARENT}-").encode())
        spans = collector.take(len(expected) + len(legs), case["request"])
        names = {p.port: "{p}", x.port: "{x}", dead: "{dead}", port: "{port}"}
        ours = [span for span in spans if span["name"] != "Mirror"]
        mirrored = [span for span in spans if span["name"] == "Mirror"]
        left, right = shape(ours, names), shape(expected, {})
        expect(left == right, f'{case["request"]}:\n  here    {left}\n  Traefik {right}')
        server = next(span for span in ours if span["kind"] == "server")
        expect(len({span["trace"] for span in ours}) == 1, f'{case["request"]}: more than one trace')
        if "t1-b7ad" in case["sent"]:
            expect(server["trace"] == PARENT, f'{case["request"]}: the parent\'s trace was left')
        for span in ours + mirrored:
            expect(server["start"] <= span["start"] <= span["end"], f'{case["request"]}: times of {span["name"]}')
            expect(abs(span["start"] / 1e9 - time.time()) < 60, f'{case["request"]}: the clock of {span["name"]}')
            expect(span["scope"] == "specula", span["scope"])
        client = [span for span in ours if span["kind"] == "client"]
        if case["traceparent_seen"].get("p"):
            expect(p.fields("traceparent") == [f'00-{server["trace"]}-{client[0]["id"]}-01'], f"traceparent of the primary {p.seen[-1]}")
        expect(len(mirrored) == len(legs), f'{case["request"]}: {len(mirrored)} copies')
        for span, leg in zip(mirrored, legs):
            expect(span["trace"] != server["trace"] and span["parent"] is None, "a copy is in the client's trace")
            expect(span["links"] == [(server["trace"], server["id"])], f'link {span["links"]}')
            expect(span["kind"] == "client" and span["status"] == leg["status"], str(span))
            mine = dict(span["attributes"])
            expect(mine.pop("specula.mirroring.service") == "m@file", str(span))
            expect(mine.pop("specula.mirror.name") == "x@file", str(span))
            expect(mine.pop("specula.mirror.outcome") == "complete", str(span))
            expect(shape([{**span, "attributes": mine}], names)[0][2:] == shape([leg], {})[0][2:], f"{mine}\n{leg}")
            expect(x.fields("traceparent") == [f'00-{span["trace"]}-{span["id"]}-01'], "traceparent of the copy")
    path, fields, _ = collector.requests[0]
    expect(path == "/v1/traces", path)
    expect(fields["X-Key"] == "secret", str(fields))
    resource = collector.resource
    expect(resource["service.name"] == "gateway" and resource["team"] == "red", str(resource))
    missing = {"host.name", "os.type", "process.pid", "process.executable.name", "service.version", "telemetry.sdk.language"} - set(resource)
    expect(not missing, f"the resource lacks {missing}")
    total = gateway.metric("specula_trace_spans_exported_total")
    until("the books of spans", lambda: gateway.metric("specula_trace_spans_recorded_total") == gateway.metric("specula_trace_spans_exported_total"))
    expect(total and gateway.metric("specula_trace_spans_dropped_total", reason="buffer_full") == 0, "spans were dropped")
    gateway.stop()


def scene_json():
    """The same in JSON."""
    scene_golden("json")


def scene_context():
    """Whose trace a request belongs to, by the letter of W3C Trace Context."""
    p, x, collector = Upstream(), Upstream(), Collector()
    dynamic = routes(p.port, x.port).replace(
        "  services:\n", "    quiet: {entryPoints: [web], rule: 'PathPrefix(`/q`)', service: p, observability: {tracing: false}}\n  services:\n", 1)
    gateway = Gateway(f"http://127.0.0.1:{collector.port}/custom/path", dynamic, env={"OTEL_SERVICE_NAME": "named"})
    good = f"00-{PARENT}-b7ad6b7169203331-01"

    def ask(path, *fields):
        count = len(p.seen)
        gateway.get(path, fields=fields)
        until("the primary's request", lambda: len(p.seen) > count)
        return p.fields("traceparent"), p.fields("tracestate")

    parent, state = ask("/a", ("traceparent", good), ("tracestate", "a=1, b=2"), ("tracestate", "c=3"))
    expect(parent[0].startswith(f"00-{PARENT}-") and parent[0].endswith("-01") and parent != [good], str(parent))
    expect(state == ["a=1, b=2", "c=3"], f"a good tracestate is changed: {state}")
    _, state = ask("/a", ("traceparent", good), ("tracestate", "broken"))
    expect(state == [], f"a broken tracestate passes: {state}")
    for bad in [good.upper(), good + "-00", "00-" + "0" * 32 + "-b7ad6b7169203331-01", "nonsense"]:
        parent, state = ask("/a", ("traceparent", bad), ("tracestate", "a=1"))
        expect(len(parent) == 1 and PARENT not in parent[0] and parent[0].endswith("-01"), f"{bad}: {parent}")
        expect(state == [], f"{bad}: the state of no trace passes: {state}")
    parent, _ = ask("/a", ("traceparent", good), ("traceparent", good))
    expect(len(parent) == 1 and PARENT not in parent[0], f"two parents: {parent}")
    collector.wait("spans", lambda self: len(self.spans) == 14)
    collector.take(14, "spans")
    # Not sampled: the trace goes on, nothing is recorded.
    parent, _ = ask("/a", ("traceparent", good[:-2] + "00"))
    expect(parent[0].startswith(f"00-{PARENT}-") and parent[0].endswith("-00"), str(parent))
    # Not traced: nothing is touched.
    parent, state = ask("/q", ("traceparent", "nonsense"), ("tracestate", "broken"))
    expect((parent, state) == (["nonsense"], ["broken"]), f"{parent} {state}")
    # A copy of it is not traced either.
    parent, state = ask("/m", ("traceparent", good), ("tracestate", "a=1"))
    until("the copy", lambda: x.seen)
    expect(PARENT not in x.fields("traceparent")[0] and x.fields("tracestate") == [], str(x.seen))
    spans = collector.take(3, "the mirrored request's spans")
    expect(sorted(span["name"] for span in spans) == ["GET", "Mirror", "ReverseProxy"], str(spans))
    expect(not collector.spans, f"unsampled requests left spans: {collector.spans}")
    expect(collector.requests[0][0] == "/custom/path", str(collector.requests[0]))
    expect(collector.resource["service.name"] == "named", str(collector.resource))
    gateway.stop()


def scene_rate():
    """A rate of zero records nothing and still passes a context on; exemplars are of recorded traces alone."""
    p, x, collector = Upstream(), Upstream(), Collector()
    gateway = Gateway(f"http://127.0.0.1:{collector.port}", routes(p.port, x.port), "  sampleRate: 0\n")
    good = f"00-{PARENT}-b7ad6b7169203331-01"
    for _ in range(20):
        gateway.get("/a")
    expect(p.fields("traceparent")[0].endswith("-00"), str(p.fields("traceparent")))
    scrape = lambda: gateway.get("/metrics", gateway.admin, [("Accept", "application/openmetrics-text; version=1.0.0")])
    expect("trace_id" not in scrape(), "an exemplar of a trace that is not recorded")
    gateway.get("/m", fields=[("traceparent", good)])
    spans = collector.take(3, "a client's own trace is recorded at any rate")
    text = until("an exemplar", lambda: (scrape() if "trace_id" in scrape() else None))
    shown = {re.search(r'service="(\w+)@', line).group(1): re.search(r'trace_id="(\w+)"', line).group(1)
             for line in text.splitlines() if "trace_id" in line and "service=" in line}
    copy = next(span for span in spans if span["name"] == "Mirror")
    expect(shown == {"p": PARENT, "x": copy["trace"]}, f"{shown} of {copy['trace']}")
    expect(not collector.spans, str(collector.spans))
    gateway.stop()


def scene_off():
    """Without `tracing` nothing is touched, and nothing is counted."""
    p, x = Upstream(), Upstream()
    gateway = Gateway(None, routes(p.port, x.port))
    gateway.get("/m", fields=[("traceparent", "nonsense"), ("tracestate", "broken")])
    until("the copy", lambda: x.seen)
    for upstream in (p, x):
        expect(upstream.fields("traceparent") == ["nonsense"] and upstream.fields("tracestate") == ["broken"], str(upstream.seen))
    expect("specula_trace" not in gateway.get("/metrics", gateway.admin), "series of tracing without tracing")
    gateway.stop()


def scene_broken():
    """A collector that is gone, hangs, is busy or does not want spans leaves requests alone, and is counted."""
    p, x = Upstream(), Upstream()

    def requests(gateway, count=100):
        began = time.monotonic()
        for _ in range(count):
            expect(gateway.get("/a") == "ok", "a request suffered")
        expect(time.monotonic() - began < 10, "requests are slow")

    gateway = Gateway(f"http://127.0.0.1:{free_port()}", routes(p.port, x.port))
    requests(gateway)
    until("a failure is counted", lambda: gateway.metric("specula_trace_export_failures_total"))
    expect(gateway.output().count("traces cannot be sent") == 1, gateway.output())
    gateway.stop()

    with socket.create_server(("127.0.0.1", 0)) as hanging:
        gateway = Gateway(f"http://127.0.0.1:{hanging.getsockname()[1]}", routes(p.port, x.port))
        requests(gateway)
        hanging.settimeout(10)
        held = hanging.accept()[0]
        requests(gateway)
        took = gateway.stop()
        expect(took < 6, f"a hanging collector held up the stop for {took:.1f} s")
        held.close()

    busy = Collector((503, b"", {"Retry-After": "1"}))
    gateway = Gateway(f"http://127.0.0.1:{busy.port}", routes(p.port, x.port))
    requests(gateway, 5)
    busy.wait("two tries", lambda self: len(self.requests) >= 2)
    busy.answer = (200, b"", {})
    busy.take(10, "what a busy collector takes later")
    until("the export is counted", lambda: gateway.metric("specula_trace_spans_exported_total") == 10)
    gateway.stop()

    # {partial_success: {rejected_spans: 3}}
    choosy = Collector((200, bytes([0x0A, 2, 0x08, 3]), {"Content-Type": "application/x-protobuf"}))
    gateway = Gateway(f"http://127.0.0.1:{choosy.port}", routes(p.port, x.port))
    requests(gateway, 5)
    until("what was rejected", lambda: (gateway.metric("specula_trace_spans_dropped_total", reason="rejected") or 0) >= 3)
    choosy.answer = (400, b"", {})
    requests(gateway, 5)
    until("what was refused", lambda: (gateway.metric("specula_trace_spans_dropped_total", reason="rejected") or 0) >= 13)
    recorded = gateway.metric("specula_trace_spans_recorded_total")
    expect(recorded == 20, f"{recorded} spans of ten requests")
    gateway.stop()


def scene_log():
    """A line of the access log names the trace and the span of its request."""
    p, x, collector = Upstream(), Upstream(), Collector()
    gateway = Gateway(f"http://127.0.0.1:{collector.port}", routes(p.port, x.port), static="accessLog: {format: json}\n")
    gateway.get("/a", fields=[("traceparent", f"00-{PARENT}-b7ad6b7169203331-01")])
    server = next(span for span in collector.take(2, "a request's spans") if span["kind"] == "server")
    line = json.loads(until("the line", lambda: next((line for line in gateway.output().splitlines() if '"RequestPath":"/a"' in line), None)))
    expect((line["TraceId"], line["SpanId"]) == (PARENT, server["id"]), str(line))
    expect((line["trace_id"], line["span_id"]) == (PARENT, server["id"]), str(line))
    gateway.stop()


def scene_tls():
    """A collector behind https: trusted by its own authority, taken unseen where asked for, else left alone."""
    with tempfile.TemporaryDirectory(prefix="specula-traces-") as folder:
        pair = [f"{folder}/collector.pem", f"{folder}/collector.key"]
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=collector", "-addext", "subjectAltName=IP:127.0.0.1", "-out", pair[0], "-keyout", pair[1]],
            check=True, capture_output=True)
        p, x, collector = Upstream(), Upstream(), Collector(certificate=pair)
        for keys in (f"ca: {pair[0]}", "insecureSkipVerify: true"):
            gateway = Gateway(f"https://127.0.0.1:{collector.port}", routes(p.port, x.port), tracing=f"      tls:\n        {keys}\n")
            gateway.get("/a")
            gateway.stop()
            collector.wait(keys, lambda self: len(self.spans) >= 2)
            collector.spans.clear()
        gateway = Gateway(f"https://127.0.0.1:{collector.port}", routes(p.port, x.port))
        gateway.get("/a")
        until("the export has failed", lambda: (gateway.metric("specula_trace_export_failures_total") or 0) > 0)
        gateway.stop()
        expect(not collector.spans, "spans went to a collector that nobody vouches for")


def scene_last():
    """Spans of requests just before the stop still arrive."""
    p, x, collector = Upstream(), Upstream(), Collector()
    gateway = Gateway(f"http://127.0.0.1:{collector.port}", routes(p.port, x.port))
    for _ in range(50):
        gateway.get("/a")
    gateway.stop()
    collector.wait("the last spans", lambda self: len(self.spans) == 100)


if __name__ == "__main__":
    scenes = {name[6:]: scene for name, scene in globals().items() if name.startswith("scene_")}
    failed = 0
    for name in sys.argv[2:] or scenes:
        try:
            scenes[name]()
            print(f"ok {name}")
        except AssertionError as error:
            failed += 1
            print(f"FAILED {name}: {error}")
    sys.exit(1 if failed else 0)
