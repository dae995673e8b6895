"""A collector for tests: takes OTLP/HTTP in protobuf or JSON and gives spans as plain dictionaries.

Reads protobuf by field numbers of its own, so that nothing of the writer is believed.
"""
import gzip, http.server, json, ssl, struct, threading


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 1:
            value, at = struct.unpack_from("<Q", data, at)[0], at + 8
        elif kind == 5:
            value, at = struct.unpack_from("<I", data, at)[0], at + 4
        elif kind == 2:
            count, at = varint(data, at)
            value, at = data[at:at + count], at + count
            assert len(value) == count, "a length goes past the end"
        else:
            raise ValueError(f"wire type {kind}")
        yield tag >> 3, value


def any_value(data):
    for number, value in fields(data):
        if number == 1:
            return value.decode()
        if number == 3:
            return value - (1 << 64) if value >> 63 else value
        if number == 5:
            return [any_value(item) for number, item in fields(value) if number == 1]
        raise ValueError(f"value of kind {number}")
    return ""


def attributes(items):
    made = {}
    for item in items:
        parts = dict(fields(item))
        made[parts[1].decode()] = any_value(parts[2])
    return made


KINDS = {1: "internal", 2: "server", 3: "client"}
STATUS = {0: "unset", 1: "ok", 2: "error"}


def span(data, scope):
    made = {"scope": scope, "parent": None, "status": "unset", "links": []}
    items = []
    for number, value in fields(data):
        if number == 1: made["trace"] = value.hex()
        elif number == 2: made["id"] = value.hex()
        elif number == 4: made["parent"] = value.hex()
        elif number == 5: made["name"] = value.decode()
        elif number == 6: made["kind"] = KINDS[value]
        elif number == 7: made["start"] = value
        elif number == 8: made["end"] = value
        elif number == 9: items.append(value)
        elif number == 13:
            link = dict(fields(value))
            made["links"].append((link[1].hex(), link[2].hex()))
        elif number == 15: made["status"] = STATUS[dict(fields(value)).get(3, 0)]
        elif number != 16: raise ValueError(f"span field {number}")
    made["attributes"] = attributes(items)
    return made


def from_protobuf(body):
    resource, spans = {}, []
    for number, resource_spans in fields(body):
        assert number == 1
        for number, value in fields(resource_spans):
            if number == 1:
                resource = attributes(item for number, item in fields(value) if number == 1)
            elif number == 2:
                scope = ""
                for number, part in fields(value):
                    if number == 1: scope = dict(fields(part))[1].decode()
                    elif number == 2: spans.append(span(part, scope))
    return resource, spans


def json_value(value):
    if "stringValue" in value: return value["stringValue"]
    if "intValue" in value: return int(value["intValue"])
    return [json_value(item) for item in value["arrayValue"]["values"]]


def from_json(body):
    resource, spans = {}, []
    plain = lambda items: {item["key"]: json_value(item["value"]) for item in items}
    for part in json.loads(body)["resourceSpans"]:
        resource = plain(part["resource"]["attributes"])
        for scope in part["scopeSpans"]:
            for item in scope["spans"]:
                spans.append({
                    "scope": scope["scope"]["name"], "trace": item["traceId"], "id": item["spanId"],
                    "parent": item.get("parentSpanId"), "name": item["name"], "kind": KINDS[item["kind"]],
                    "start": int(item["startTimeUnixNano"]), "end": int(item["endTimeUnixNano"]),
                    "attributes": plain(item["attributes"]), "status": STATUS[item.get("status", {}).get("code", 0)],
                    "links": [(link["traceId"], link["spanId"]) for link in item.get("links", [])]})
    return resource, spans


class Collector:
    """Listens on a port of its own; `answer` says what it answers."""

    def __init__(self, answer=(200, b"", {}), certificate=None):
        self.spans, self.requests, self.resource, self.answer = [], [], {}, answer
        self.changed = threading.Condition()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                # As Traefik's exporter, and as every collector must be able to read it.
                assert self.headers["Content-Encoding"] == "gzip", str(self.headers)
                body = gzip.decompress(body)
                kind = self.headers["Content-Type"]
                resource, spans = (from_json if kind == "application/json" else from_protobuf)(body)
                status, text, more = outer.answer
                with outer.changed:
                    outer.requests.append((self.path, dict(self.headers), len(spans)))
                    if status == 200:
                        outer.resource = resource
                        outer.spans += spans
                    outer.changed.notify_all()
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, what, test, limit=15):
        with self.changed:
            assert self.changed.wait_for(lambda: test(self), limit), f"{what}: {len(self.spans)} spans, {len(self.requests)} requests"

    def take(self, count, what):
        """The next `count` spans, once they are there."""
        self.wait(what, lambda self: len(self.spans) >= count)
        with self.changed:
            taken, self.spans = self.spans[:count], self.spans[count:]
        return taken
