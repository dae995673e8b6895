"""A laboratory of real programs on free ports: nginx as servers, the gateway, Prometheus, Alertmanager, a webhook, load.

Everything lives in one temporary folder and ends with the laboratory; each program's output is in the folder and is shown
when something did not come up. `SPECULA_BINARY` names the gateway; otherwise a release or debug build of this repository.
"""
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Failure(Exception):
    """Something did not come up or did not happen in time."""


def gateway_binary() -> str:
    for candidate in (os.environ.get("SPECULA_BINARY", ""), ROOT / ".build/release/specula", ROOT / ".build/debug/specula"):
        if candidate and os.access(candidate, os.X_OK):
            return str(candidate)
    raise Failure("no gateway: build it (scripts/build) or set SPECULA_BINARY")


def get(url: str, timeout: float = 5) -> tuple[int, str]:
    """Status and body; a refused connection has the status 0."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except OSError:
        return 0, ""


def until(what: str, condition, seconds: float = 15, every: float = 0.1):
    """Asks again and again until the answer is true, and returns it."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {seconds:g} s")
        time.sleep(every)


class Laboratory:
    """Starts programs and ends them again, by their own handles."""

    def __init__(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="specula-laboratory-"))
        self.folder.chmod(0o755)
        self.running: dict[str, subprocess.Popen] = {}
        self.loads: list[Load] = []
        self.taken: set[int] = set()

    def __enter__(self) -> "Laboratory":
        return self

    def __exit__(self, kind, error, trace) -> None:
        for load in self.loads:
            load.stop()
        for name in list(self.running):
            self.stop(name)
        if kind is not None:
            for log in sorted(self.folder.glob("*.log")):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}")
        shutil.rmtree(self.folder, ignore_errors=True)

    def port(self) -> int:
        """A port that nobody listens on, and that was not given out before."""
        while True:
            with socket.socket() as listener:
                listener.bind(("127.0.0.1", 0))
                number = listener.getsockname()[1]
            if number not in self.taken:
                self.taken.add(number)
                return number

    def start(self, name: str, *command: str, ready: str | None = None, seconds: float = 20) -> None:
        with open(self.folder / f"{name}.log", "ab") as log:
            environment = {**os.environ, "GOMAXPROCS": "1"}
            self.running[name] = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, env=environment)
        process = self.running[name]

        def is_ready() -> bool:
            if process.poll() is not None:
                raise Failure(f"{name} ended with {process.returncode}")
            return ready is None or get(ready, timeout=1)[0] in (200, 404)

        until(f"{name} ready", is_ready, seconds, every=0.05)

    def stop(self, name: str) -> int:
        process = self.running.pop(name)
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        return process.returncode

    def write(self, name: str, text: str) -> pathlib.Path:
        """Replaces a file in one step, so that a watcher never sees half of it."""
        path = self.folder / name
        fresh = path.with_suffix(path.suffix + ".new")
        fresh.write_text(text)
        fresh.rename(path)
        return path

    def server(self, name: str, port: int) -> None:
        """nginx: answers 200, on /fail 500, on /missing 404, on /slow after a second and a half; with a file NAME.fails, 503 to
        everything else, with NAME.lame everything is /slow."""
        text = f"""
daemon off; worker_processes 1; pid {self.folder}/{name}.pid; error_log stderr error;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_max_body_size 64m;
  client_body_temp_path {self.folder}/{name}-body; proxy_temp_path {self.folder}/{name}-proxy;
  fastcgi_temp_path {self.folder}/{name}-f; uwsgi_temp_path {self.folder}/{name}-u; scgi_temp_path {self.folder}/{name}-s;
  server {{
    listen 127.0.0.1:{port}; default_type text/plain; root {self.folder}/pages; error_page 405 =200 $uri;
    location / {{
      if (-f {self.folder}/{name}.fails) {{ return 503 "failing\\n"; }}
      if (-f {self.folder}/{name}.lame) {{ rewrite ^ /slow last; }}
      return 200 "{name}\\n";
    }}
    location = /fail {{ return 500 "fault\\n"; }}
    location = /missing {{ return 404 "missing\\n"; }}
    location = /slow {{ limit_rate 1000; }}
  }}
}}
"""
        pages = self.folder / "pages"
        pages.mkdir(exist_ok=True)
        # limit_rate: the first second's bytes at once, the rest a second and a half later.
        (pages / "slow").write_text("x" * 2500)
        self.start(name, "nginx", "-e", "stderr", "-c", str(self.write(f"{name}.conf", text)), ready=f"http://127.0.0.1:{port}/health")

    def gateway(self, static: str, dynamic: str, ready: str, name: str = "gateway") -> None:
        self.write("dynamic.yml", dynamic)
        self.start(name, gateway_binary(), f"--configFile={self.write(f'{name}.yml', static)}", ready=ready)

    def prometheus(self, configuration: str) -> "Prometheus":
        port = self.port()
        self.start(
            "prometheus", "prometheus", f"--config.file={self.write('prometheus.yml', configuration)}",
            f"--storage.tsdb.path={self.folder}/prometheus-data", f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
            "--enable-feature=exemplar-storage", "--web.enable-lifecycle", ready=f"http://127.0.0.1:{port}/-/ready")
        return Prometheus(f"http://127.0.0.1:{port}")

    def alertmanager(self, configuration: str) -> str:
        port = self.port()
        self.start(
            "alertmanager", "prometheus-alertmanager", f"--config.file={self.write('alertmanager.yml', configuration)}",
            f"--storage.path={self.folder}/alertmanager-data", f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=", "--log.level=warn", ready=f"http://127.0.0.1:{port}/-/ready")
        return f"127.0.0.1:{port}"

    def load(self, port: int, rate: float, requests: list[tuple[str, str, int]]) -> "Load":
        load = Load(port, rate, requests)
        self.loads.append(load)
        return load


class Load(threading.Thread):
    """A steady trickle over one keep-alive connection: the requests in turn, so many a second."""

    def __init__(self, port: int, rate: float, requests: list[tuple[str, str, int]]) -> None:
        super().__init__(daemon=True)
        self.port, self.rate, self.requests = port, rate, requests
        self.sent, self.failed, self.codes = 0, 0, {}
        self.stopping = threading.Event()
        self.start()

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        began = time.monotonic()
        while not self.stopping.is_set():
            method, path, size = self.requests[self.sent % len(self.requests)]
            self.sent += 1
            try:
                connection.request(method, path, body=b"x" * size if size else None)
                answer = connection.getresponse()
                answer.read()
                self.codes[answer.status] = self.codes.get(answer.status, 0) + 1
            except (OSError, http.client.HTTPException):
                self.failed += 1
                connection.close()
            self.stopping.wait(max(0, began + self.sent / self.rate - time.monotonic()))
        connection.close()

    def stop(self) -> None:
        self.stopping.set()
        self.join(15)


class Prometheus:
    """The API of a running Prometheus."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, **parameters):
        status, body = get(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
        answer = json.loads(body) if body else {"status": "nothing"}
        if answer["status"] != "success":
            raise Failure(f"{path} {parameters}: {status} {answer.get('error')}")
        return answer["data"]

    def reload(self) -> None:
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/-/reload", method="POST"), timeout=10).close()

    def instant(self, expression: str) -> list[dict]:
        return self.ask("query", query=expression)["result"]

    def during(self, expression: str, seconds: int) -> list[dict]:
        now = time.time()
        return self.ask("query_range", query=expression, start=now - seconds, end=now, step=1)["result"]

    def value(self, expression: str) -> float:
        """The sum of what the expression gives; 0 when it gives nothing."""
        return sum(float(sample["value"][1]) for sample in self.instant(expression))

    def firing(self) -> set[tuple[str, str]]:
        """Alerts that fire, each with the mirror it is about."""
        alerts = self.ask("alerts")["alerts"]
        return {(alert["labels"]["alertname"], alert["labels"].get("mirror", "")) for alert in alerts if alert["state"] == "firing"}


class Webhook:
    """Takes what Alertmanager delivers, and remembers when."""

    def __init__(self, port: int) -> None:
        self.came: list[tuple[float, str, dict]] = []
        came = self.came

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                for alert in body["alerts"]:
                    came.append((time.monotonic(), alert["status"], alert))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def first(self, status: str, name: str, mirror: str = "", since: float = 0) -> float | None:
        """When it was first told after `since`."""
        for when, told, alert in list(self.came):
            labels = alert["labels"]
            if when >= since and told == status and labels["alertname"] == name and labels.get("mirror", "") == mirror:
                return when
        return None


def shortened(rules: str, factor: int = 60) -> str:
    """The same rules with every window, `for` and interval divided: a minute becomes a second. Thresholds stay."""
    unit = {"s": 1, "m": 60, "h": 3600, "d": 86400}

    def less(match: re.Match) -> str:
        seconds = int(match["n"]) * unit[match["u"]] / factor
        return f"{match['before']}{round(seconds)}s{match['after']}" if seconds >= 1 else f"{match['before']}{round(seconds * 1000)}ms{match['after']}"

    rules = re.sub(r"(?P<before>\[)(?P<n>\d+)(?P<u>[smhd])(?P<after>\])", less, rules)
    return re.sub(r"(?P<before>^ *(?:- )?(?:for|interval): )(?P<n>\d+)(?P<u>[smhd])(?P<after>)$", less, rules, flags=re.M)
