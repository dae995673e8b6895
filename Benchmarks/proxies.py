"""The proxies of the bench: how each is set up for the same job, started, measured and ended.

Only processes that were started here are ever ended, by their own handle.
"""
import json, os, re, shutil, socket, ssl, subprocess, sys, time, urllib.request

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOOLS = os.path.join(TOP, ".build", "bench")
HOST = "bench.test"


def progress(text):
    """Says on a terminal what is going on; nothing into a file."""
    if sys.stderr.isatty():
        print("\r" + text.ljust(70), end="\r", file=sys.stderr, flush=True)


def find(program):
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def build_tools():
    """Compiles the C programs and the Go proxy into .build/bench when they are older than their source."""
    os.makedirs(TOOLS, exist_ok=True)
    here = os.path.join(TOP, "Benchmarks")
    header = os.path.getmtime(os.path.join(here, "net.h"))
    for name in ("peer", "load", "relay"):
        source, out = os.path.join(here, name + ".c"), os.path.join(TOOLS, name)
        if not os.path.exists(out) or os.path.getmtime(out) < max(header, os.path.getmtime(source)):
            subprocess.run(["cc", "-O2", "-o", out + ".new", source], check=True)
            os.replace(out + ".new", out)
    go, source, out = find("go"), os.path.join(here, "go", "main.go"), os.path.join(TOOLS, "go-proxy")
    if go and (not os.path.exists(out) or os.path.getmtime(out) < os.path.getmtime(source)):
        env = dict(os.environ, GO111MODULE="off", GOFLAGS="", CGO_ENABLED="0", GOCACHE=os.path.join(TOOLS, "go-cache"))
        subprocess.run([go, "build", "-o", out, source], check=True, env=env, cwd=os.path.dirname(source))


class Process:
    """A child process, its descendants' CPU time and memory, and a sure end."""

    def __init__(self, command, log=None, **options):
        self.log = log and open(log, "wb")
        self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=self.log or subprocess.DEVNULL, **options)

    def family(self):
        pids, todo = [], [self.child.pid]
        while todo:
            pid = todo.pop()
            pids.append(pid)
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/children") as f:
                        todo += map(int, f.read().split())
            except OSError:
                pass
        return pids

    def cpu_seconds(self):
        """User and system time of the whole family, threads that have ended among it, by each process's own clock."""
        # clock_getcpuclockid(3), which Python does not have: the process's id, and the scheduler's nanoseconds.
        return sum(time.clock_gettime((~pid << 3) | 2) for pid in self.family())

    def threads(self, pid=None):
        """{thread: (its name, its CPU seconds)}; empty where the scheduler does not tell."""
        found, pid = {}, pid or self.child.pid
        for task in os.listdir(f"/proc/{pid}/task"):
            try:
                with open(f"/proc/{pid}/task/{task}/schedstat") as f, open(f"/proc/{pid}/task/{task}/comm") as name:
                    found[task] = (name.read().strip(), int(f.read().split()[0]) / 1e9)
            except OSError:
                pass  # It has just ended.
        return found

    def memory(self, key="VmRSS"):
        """Bytes, summed over the family; RssAnon is what is its own."""
        total = 0
        for pid in self.family():
            with open(f"/proc/{pid}/status") as f:
                total += int(re.search(key + r":\s+(\d+) kB", f.read()).group(1)) * 1024
        return total

    def descriptors(self):
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.family())

    def end(self):
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(12)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        if self.log:
            self.log.close()


class Peer(Process):
    """Benchmarks/peer.c: a server, healthy or broken in one way."""

    def __init__(self, kind="healthy", *options):
        super().__init__([os.path.join(TOOLS, "peer"), kind, *options], stdout=subprocess.PIPE, text=True)
        words = self.child.stdout.readline().split()
        if len(words) != 4:
            raise RuntimeError(f"peer {kind} did not start")
        self.kind, self.port, self.stats_port = kind, int(words[1]), int(words[3])

    def books(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.stats_port}/", timeout=5) as answer:
            return json.load(answer)


NGINX = """daemon off; pid {dir}/nginx.pid; error_log {dir}/nginx.log crit; worker_processes {workers}; worker_rlimit_nofile 65536;
events {{ worker_connections 32768; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 300s; client_max_body_size 0; client_body_buffer_size 2m; proxy_max_temp_file_size 0;
  client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  upstream primary {{ server 127.0.0.1:{primary}; keepalive 256; keepalive_requests 1000000000; }}
  upstream mirrored {{ server {mirror}; keepalive 256; keepalive_requests 1000000000; }}
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
  proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;
  server {{
    listen 127.0.0.1:{port} backlog=4096 {reuse} {secure};
    {certificate}
    location / {{ {mirror_line} proxy_pass http://primary; }}
    location = /_copy {{ internal; proxy_pass http://mirrored$request_uri; }}
  }}
}}
"""
HAPROXY = """global
  nbthread {workers}
  maxconn 12000
  no strict-limits
defaults
  mode http
  timeout connect 5s
  timeout client 300s
  timeout server 60s
  option forwardfor
  http-reuse always
frontend web
  bind 127.0.0.1:{port} backlog 4096
  default_backend primary
backend primary
  server one 127.0.0.1:{primary} pool-max-conn 256
"""
SPECULA_STATIC = """workers: {workers}
log: {{level: ERROR}}
entryPoints:
  web: {{address: "127.0.0.1:{port}"}}
  traefik: {{address: "127.0.0.1:{admin}"}}
providers: {{file: {{filename: "{dir}/dynamic.yml"}}}}
metrics: {{prometheus: {{addRoutersLabels: true}}}}
ping: {{}}
api: {{insecure: true}}
"""


def specula_dynamic(primary, mirror, routers, secure=None):
    """Routers by Host, all to one service; `mirror` is host:port or None."""
    lines = ["http:", "  routers:"]
    hosts = [HOST] + [f"host-{i}.test" for i in range(1, routers)]
    for i, host in enumerate(hosts):
        lines.append(f"    router-{i}: {{rule: 'Host(`{host}`)', service: {'mirrored' if mirror else 'primary'}{', tls: {}' if secure else ''}}}")
    lines += ["  services:", f"    primary: {{loadBalancer: {{servers: [{{url: 'http://127.0.0.1:{primary}'}}]}}}}"]
    if mirror:
        lines += [f"    replica: {{loadBalancer: {{servers: [{{url: 'http://{mirror}'}}]}}}}",
                  "    mirrored: {mirroring: {service: primary, maxBodySize: 10485760, mirrors: [{name: replica, percent: 100}]}}"]
    if secure:
        lines += ["tls:", "  certificates: [{{certFile: {}, keyFile: {}}}]".format(*secure)]
    return "\n".join(lines) + "\n"


class Proxy(Process):
    """One proxy between a client and `primary`, copying to `mirror` ("host:port") when one is given."""

    NAMES = {"relay": "relay (the limit)", "specula": "Specula", "nginx": "nginx", "haproxy": "HAProxy", "go": "Go"}

    def __init__(self, kind, folder, primary, mirror=None, workers=1, routers=10, prefix=(), secure=None, binary=None, patience=20):
        self.secure = secure is not None
        self.kind, self.mirrored, self.workers, self.port, self.admin = kind, mirror is not None, workers, free_port(), free_port()
        self.folder = os.path.join(folder, f"{kind}-{self.port}")
        os.makedirs(self.folder)
        values = dict(dir=self.folder, port=self.port, admin=self.admin, primary=primary, workers=workers, mirror=mirror or f"127.0.0.1:{primary}",
                      mirror_line="mirror /_copy; mirror_request_body on;" if mirror else "", reuse="reuseport" if workers > 1 else "", secure="ssl" if secure else "",
                      certificate="ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate {}; ssl_certificate_key {};".format(*secure) if secure else "")
        if kind == "nginx":
            command = [find("nginx"), "-p", self.folder, "-e", self.folder + "/error.log", "-c", self.write("nginx.conf", NGINX.format(**values))]
        elif kind == "haproxy":
            command = [find("haproxy"), "-db", "-f", self.write("haproxy.cfg", HAPROXY.format(**values))]
        elif kind == "go":
            command = [os.path.join(TOOLS, "go-proxy"), "-listen", f"127.0.0.1:{self.port}", "-primary", f"http://127.0.0.1:{primary}", "-workers", str(workers)]
            command += ["-mirror", "http://" + mirror] if mirror else []
        elif kind == "relay":
            command = [os.path.join(TOOLS, "relay"), str(self.port), str(primary), mirror.rsplit(":", 1)[1] if mirror else "0", str(workers)]
        else:
            self.write("dynamic.yml", specula_dynamic(primary, mirror, routers, secure))
            command = [binary or specula(), "--configFile=" + self.write("traefik.yml", SPECULA_STATIC.format(**values))]
        began = time.monotonic()
        super().__init__([*prefix, *command], log=os.path.join(self.folder, "log"), stdout=subprocess.DEVNULL)
        self.wait_ready(began, patience)
        self.ready_after = time.monotonic() - began

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.port), 1)
        if not self.secure:
            return plain
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(plain, server_hostname=HOST)

    def wait_ready(self, began, patience):
        """Ready is: the first request is answered with 200 by the primary."""
        request = f"GET /b/10 HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
        while time.monotonic() - began < patience:
            if self.child.poll() is not None:
                break
            try:
                with self.connect() as s:
                    s.sendall(request)
                    if b" 200 " in s.recv(4096)[:16]:
                        return
            except OSError:
                pass
            time.sleep(0.002)
        with open(os.path.join(self.folder, "log"), errors="replace") as f:
            told = f.read()[-2000:]
        self.end()
        raise RuntimeError(f"{self.kind} did not get ready on port {self.port}: {told}")


def specula():
    return os.environ.get("SPECULA_BINARY") or os.path.join(TOP, ".build", "release", "specula")


def present(kind):
    """Whether a proxy can run here; the reason when it cannot."""
    if kind == "specula":
        return None if os.path.exists(specula()) else "not built"
    if kind == "go":
        return None if os.path.exists(os.path.join(TOOLS, "go-proxy")) else "Go is not installed"
    if kind == "relay":
        return None
    return None if find(kind) else f"{kind} is not installed"
