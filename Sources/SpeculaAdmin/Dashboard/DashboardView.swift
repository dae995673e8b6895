/// The dashboard page's script, second part: parts of the page that take a reading, and the round that feeds them.
///
/// Everything that comes from outside (names, rules, errors) goes in as text, never as markup.
enum DashboardView {
    static let text = #"""
        const byId = id => document.getElementById(id);
        function el(tag, attributes, ...children) {
          const e = document.createElement(tag);
          for (const k in attributes || {}) if (attributes[k] !== null && attributes[k] !== undefined) e.setAttribute(k, attributes[k]);
          e.append(...children.filter(c => c !== null && c !== undefined));
          return e;
        }
        function svg(tag, attributes) { const e = document.createElementNS("http://www.w3.org/2000/svg", tag); for (const k in attributes) e.setAttribute(k, attributes[k]); return e; }
        function put(e, text) { text = String(text); if (e.textContent !== text) e.textContent = text; }
        function mark(e, name, on) { e.classList.toggle(name, !!on); }
        function setStyle(e, name, value) { if (e.style.getPropertyValue(name) !== value) e.style.setProperty(name, value); }
        const severity = share => share > 0.1 ? "bad" : share > 0.01 ? "warn" : "";
        const TONES = ["--c0", "--c1", "--c2", "--c3"];
        const REASONS = { sent: "--c0", complete: "--c0", "2xx": "--c0", "3xx": "--primary", "4xx": "--warn", "5xx": "--bad", "1xx": "--faint", not_sampled: "--faint", method: "--faint", condition: "--faint" };
        const SHADES = ["--bad", "--warn", "--c2", "--c3", "--primary", "--c1"];

        function spark(label) {
          const root = svg("svg", { class: "spark", viewBox: "0 0 100 38", preserveAspectRatio: "none", role: "img" });
          const area = svg("path", { class: "area" }), line = svg("path", { class: "line" });
          root.append(svg("line", { class: "base", x1: 0, x2: 100, y1: 38, y2: 38 }), area, line);
          return { root, update(points, top, now) {
            root.setAttribute("aria-label", label + " over the window, now " + now);
            const max = Math.max(top, ...points.map(p => p[1])) || 1;
            const d = points.map((p, i) => (i ? "L" : "M") + (100 * Math.max(0, p[0])).toFixed(2) + " " + (37 - 35 * p[1] / max).toFixed(2)).join("");
            line.setAttribute("d", d);
            area.setAttribute("d", points.length > 1 ? d + "L100 38L" + (100 * Math.max(0, points[0][0])).toFixed(2) + " 38Z" : "");
          } };
        }
        function figure(label, kind) {
          const value = el("div", { class: "value" }), chart = spark(label);
          if (kind) chart.root.classList.add(kind);
          return { root: el("div", { class: "figure" }, el("div", { class: "label" }, label), value, chart.root), value, chart };
        }
        function distribution(bounds, marked) {
          const bars = el("div", { class: "bars", role: "img" }), axis = el("div", { class: "axis", "aria-hidden": "true" }), cells = [];
          const n = bounds.length + 1, every = Math.ceil(n / 6), last = "> " + duration(bounds[n - 2] || 0);
          for (let i = 0; i < n; i++) {
            const u = el("u"), s = marked ? el("s") : null, cell = el("i", {}, u, s);
            bars.append(cell); cells.push([u, s, cell]);
            axis.append(el("span", {}, i < bounds.length ? ((n - 1 - i) % every === 0 ? duration(bounds[i]) : "") : last));
          }
          return { root: el("div", {}, bars, axis), update(own, other) {
            const total = own.reduce((a, b) => a + b, 0), otherTotal = other ? other.reduce((a, b) => a + b, 0) : 0;
            const shares = own.map(v => total ? v / total : 0), others = other ? other.map(v => otherTotal ? v / otherTotal : 0) : [];
            const max = Math.max(0.01, ...shares, ...others);
            cells.forEach(([u, s, cell], i) => {
              setStyle(u, "height", (100 * (shares[i] || 0) / max).toFixed(1) + "%");
              if (s) { setStyle(s, "bottom", (100 * (others[i] || 0) / max).toFixed(1) + "%"); s.hidden = !others[i]; s.style.display = others[i] ? "" : "none"; }
              cell.title = (i < bounds.length ? "≤ " + duration(bounds[i]) : "> " + duration(bounds[bounds.length - 1])) + ": " + percent(shares[i] || 0) + (other ? " (primary " + percent(others[i] || 0) + ")" : "");
            });
            bars.setAttribute("aria-label", "Latency distribution: " + shares.map((v, i) => v ? (i < bounds.length ? "up to " + duration(bounds[i]) : "more") + " " + percent(v) : "").filter(Boolean).join(", "));
          } };
        }
        function tally(title) {
          const total = el("b"), stack = el("div", { class: "stack", "aria-hidden": "true" }), list = el("ul", { class: "reasons" });
          const rows = new Map();
          return { root: el("div", {}, el("div", { class: "label" }, el("span", {}, title), total), stack, list), update(counts, since) {
            const all = sum(counts); put(total, count(all)); let shade = 0;
            for (const [key, n] of Object.entries(counts)) {
              const colour = REASONS[key] || SHADES[shade++ % SHADES.length];
              if (!rows.has(key)) {
                const bar = el("u"), number = el("b"), row = el("li", {}, el("i"), el("span", { title: words(key) }, words(key)), number);
                row.firstChild.style.background = bar.style.background = "var(" + colour + ")";
                stack.append(bar); list.append(row); rows.set(key, [bar, row, number]);
              }
              const [bar, row, number] = rows.get(key), shown = n > 0 || ["sent", "complete", "2xx"].includes(key);
              bar.style.display = n ? "" : "none"; setStyle(bar, "flex", n + " 1 0px"); row.hidden = !shown; row.style.display = shown ? "" : "none";
              put(number, count(n)); row.title = words(key) + ": " + n + " (" + percent(all ? n / all : 0) + "), since the start " + since[key];
            }
          } };
        }
        function matrix() {
          const table = el("table", { class: "matrix" }), root = el("div", {}, el("div", { class: "label" }, el("span", {}, "Status pairs"), el("span", {}, "primary ↓  mirror →")), el("div", { class: "scroll" }, table));
          let shape = "";
          return { root, update(pairs) {
            const some = Object.keys(pairs).filter(k => pairs[k] > 0), total = sum(pairs);
            root.hidden = !some.length; if (!some.length) return;
            const rows = [...new Set(some.map(k => k.split(" ")[0]))].sort(), columns = [...new Set(some.map(k => k.split(" ")[1]))].sort();
            if (shape !== rows + "|" + columns) {
              shape = rows + "|" + columns; table.replaceChildren(el("thead", {}, el("tr", {}, el("td", { class: "none" }), ...columns.map(c => el("th", { scope: "col" }, c)))), el("tbody", {}, ...rows.map(r => el("tr", {}, el("th", { scope: "row" }, r), ...columns.map(() => el("td"))))));
            }
            rows.forEach((r, y) => columns.forEach((c, x) => {
              const n = pairs[r + " " + c] || 0, cell = table.tBodies[0].rows[y].cells[x + 1];
              put(cell, n ? count(n) : "·"); cell.className = n ? (r === c ? "same" : "other") : "none"; setStyle(cell, "--w", n ? String(10 + Math.round(30 * n / total)) : "0"); cell.title = "primary " + r + ", mirror " + c + ": " + n;
            }));
          } };
        }

        function leg(role, name, bounds, tone, reference) {
          const state_ = el("em"), servers = el("div", { class: "chips" }), rateFigure = figure("Requests per second"), errorFigure = figure("5xx share", "err");
          const quantiles = ["p50", "p95", "p99", "mean"].map(q => { const b = el("b"); return { q, b, root: el("div", {}, el("span", {}, q), b) }; });
          const bars = distribution(bounds, !!reference), answers = tally("Answers");
          const root = el("article", { class: "leg", "aria-label": role + " " + name }, el("div", {}, el("div", { class: "role" }, el("span", {}, role), state_), el("h3", {}, name)),
            el("div", { class: "pair" }, rateFigure.root, errorFigure.root), el("div", {}, el("div", { class: "label" }, el("span", {}, "Latency"), reference ? el("span", {}, "line: primary") : null), el("div", { class: "quantiles" }, ...quantiles.map(q => q.root)), bars.root), answers.root);
          root.style.setProperty("--tone", "var(" + tone + ")");
          return { root, foot: servers, update() {
            const t = traffic(name), other = reference ? traffic(reference) : null, info = service(newest(), name);
            const now = rate(t.rate) + " per second"; put(rateFigure.value, rate(t.rate)); rateFigure.value.append(el("small", {}, " /s")); rateFigure.chart.update(rateSeries(name), 0, now);
            put(errorFigure.value, percent(t.share)); errorFigure.value.className = "value " + severity(t.share); errorFigure.chart.update(errorSeries(name), 0.05, percent(t.share));
            for (const q of quantiles) put(q.b, q.q === "mean" ? duration(t.mean) : quantile(+q.q.slice(1) / 100, t.buckets, bounds).text);
            bars.update(t.buckets, other && other.buckets); answers.update(t.classes, (info && info.classes) || {}); mark(root, "bad", t.share > 0.1);
            put(state_, !info ? "missing" : info.status === "enabled" ? "" : info.status);
            servers.replaceChildren(...((info && info.servers) || []).map(s => el("span", { class: s.isUp ? "up" : "down", title: s.isUp ? "up" : "down" }, el("i", { class: "dot", "aria-hidden": "true" }), s.url, el("span", { class: "unseen" }, s.isUp ? "up" : "down"))));
            return t;
          } };
        }
        function mirrorPart(set, m, bounds, primary, tone) {
          const base = leg("mirror", m.name, bounds, tone, primary), actual = el("b"), bar = el("u"), tick = el("s");
          const share = el("div", {}, el("div", { class: "label" }, el("span", {}, "Mirrored share, asked " + percent(m.asked)), actual), el("div", { class: "meter" }, bar, tick));
          const decisions = tally("Decisions"), outcomes = tally("Outcomes of copies"), pairs = matrix(), flight = el("div", { class: "chips" });
          base.root.append(share, decisions.root, outcomes.root, pairs.root, flight, base.foot);
          return { root: base.root, update() {
            const t = base.update(), now = mirror(newest(), set, m.name), then = mirror(origin(), set, m.name); if (!now) return t;
            const d = minus(now.decisions, then && then.decisions), all = sum(d), got = all ? (d.sent || 0) / all : 0;
            put(actual, percent(got)); setStyle(bar, "width", (100 * got).toFixed(2) + "%"); setStyle(tick, "left", "calc(" + (100 * m.asked).toFixed(2) + "% - 1px)");
            decisions.update(d, now.decisions); outcomes.update(minus(now.outcomes, then && then.outcomes), now.outcomes); pairs.update(minus(now.pairs, then && then.pairs));
            const ratios = listMinus(now.ratio && now.ratio.counts, then && then.ratio && then.ratio.counts), half = ratioText(ratios, (now.ratio && now.ratio.bounds) || []);
            flight.replaceChildren(...[half ? "time against primary " + half : null, "in flight " + now.inFlight + (now.inFlightLimit ? " of " + count(now.inFlightLimit) : ""), "held " + bytes(now.heldBytes)].filter(Boolean).map(x => el("span", {}, x)));
            return t;
          } };
        }
        function ratioText(counts, bounds) {
          const total = counts.reduce((a, b) => a + b, 0); if (!total) return "";
          let seen = 0;
          for (let i = 0; i < counts.length; i++) { if (counts[i] && seen + counts[i] >= total / 2) { if (i >= bounds.length) return "> × " + bounds[bounds.length - 1]; const low = i ? bounds[i - 1] : 0; return "× " + (low + (bounds[i] - low) * (total / 2 - seen) / counts[i]).toFixed(2); } seen += counts[i]; }
          return "";
        }

        let shape = "", parts = [];
        function layout(r) {
          const wanted = JSON.stringify([r.buckets, r.mirrorings.map(m => [m.name, m.primary, m.routers, m.maxBodySize, m.mirrorBody, m.mirrors.map(x => [x.name, x.asked])])]);
          if (wanted === shape) return;
          shape = wanted; parts = [];
          byId("mirrorings").replaceChildren(...(r.mirrorings.length ? r.mirrorings.map((m, i) => {
            const id = "mirroring-" + i, primary = leg("primary", m.primary, r.buckets, "--primary", null); primary.root.append(primary.foot); parts.push(primary);
            const mirrors = m.mirrors.map((x, k) => { const p = mirrorPart(m.name, x, r.buckets, m.primary, TONES[k % TONES.length]); parts.push(p); return p.root; });
            const under = [m.routers.length ? "behind " + m.routers.join(", ") : "no router uses it", m.mirrorBody ? (m.maxBodySize < 0 ? "bodies of any size" : "bodies up to " + bytes(m.maxBodySize)) : "copies go without body"].join(" · ");
            return el("section", { class: "card mirroring", "aria-labelledby": id, tabindex: "-1" }, el("h2", { id }, m.name), el("p", { class: "under" }, under), el("div", { class: "legs" }, primary.root, ...mirrors));
          }) : [el("section", { class: "card" }, el("p", { class: "empty" }, "No mirroring service is configured. The first one in the configuration appears here by itself."))]));
        }

        const tiles = new Map();
        function tile(key, label, value, unit, level) {
          if (!tiles.has(key)) { const dd = el("dd"), root = el("div", { class: "tile" }, el("dt", {}, label), dd); byId("tiles").append(root); tiles.set(key, [root, dd]); }
          const [root, dd] = tiles.get(key); put(dd, value); if (unit) dd.append(el("small", {}, " " + unit)); root.className = "tile " + (level || "");
        }
        function total(points) { const now = {}, then = {}; const o = origin(); for (const e of points) { const b = o && o.entryPoints.find(x => x.name === e.name); for (const k in e.classes) { now[k] = (now[k] || 0) + e.classes[k]; then[k] = (then[k] || 0) + ((b && b.classes[k]) || 0); } } return minus(now, then); }
        function render() {
          const r = newest(); if (!r) return;
          layout(r);
          const classes = total(r.entryPoints), n = sum(classes), share = n ? errors(classes) / n : 0, c = r.configuration;
          const mirrors = r.mirrorings.flatMap(m => m.mirrors), flight = mirrors.reduce((a, m) => a + m.inFlight, 0);
          tile("rate", "Requests", rate(n / span()), "/s"); tile("5xx", "5xx to clients", percent(share), "", severity(share));
          let sent = 0, decided = 0; for (const m of r.mirrorings) for (const x of m.mirrors) { const before = mirror(origin(), m.name, x.name), d = minus(x.decisions, before && before.decisions); sent += d.sent || 0; decided += sum(d); }
          tile("copies", "Copies", rate(sent / span()), "/s"); tile("flight", "Copies in flight", count(flight));
          tile("held", "Held for copies", bytes(r.process.heldBytes), r.process.heldBytesLimit ? "of " + bytes(r.process.heldBytesLimit) : "", r.process.heldBytesLimit && r.process.heldBytes > 0.8 * r.process.heldBytesLimit ? "warn" : "");
          tile("open", "Open connections", count(r.entryPoints.reduce((a, e) => a + e.openConnections, 0)));
          tile("memory", "Memory", bytes(r.process.residentBytes)); let worst = { share, name: "" };
          for (const p of parts) p.update();
          for (const name of new Set(r.mirrorings.flatMap(m => [m.primary, ...m.mirrors.map(x => x.name)]))) { const t = traffic(name); if (t.share > worst.share && t.count > 4) worst = { share: t.share, name }; }
          document.title = worst.share > 0.1 ? percent(worst.share) + " 5xx" + (worst.name ? " " + worst.name : "") + " – Specula" : r.name ? r.name + " – Specula" : "Specula";
          byId("configuration").replaceChildren(el("span", {}, "generation ", el("b", {}, String(c.generation))), el("span", {}, "loaded ", el("b", {}, c.lastReload ? age(r.time - c.lastReload) + " ago" : "never")), c.lastReloadSuccessful ? "" : el("span", { class: "bad" }, el("b", {}, "last reload failed"), " – the configuration before it is in force"), c.failures ? el("span", {}, c.failures + " failed reload" + (c.failures > 1 ? "s" : "")) : "");
          byId("problems").hidden = !r.problems.length;
          byId("problem-list").replaceChildren(...r.problems.map(p => el("li", {}, el("b", {}, el("i", {}, p.kind + " "), p.name), el("span", {}, p.errors.join("; ") || p.status))));
          put(byId("gateway-name"), r.name); tables(r); put(byId("about"), "Specula " + r.version + " · " + r.workers + " worker" + (r.workers > 1 ? "s" : "") + " · up " + age(r.time - r.startTime));
        }
        // A row is a list of cells: text, class, and how it is shown. Rows stay while their keys do, so that text can be selected.
        function cell([text, kind]) { return el("td", kind === "n" ? { class: "n" } : {}, kind === "state" ? el("span", {}, el("i", { class: "dot", "aria-hidden": "true" }), el("span")) : kind === "code" ? el("code") : null); }
        function fill(body, rows) {
          const keys = JSON.stringify(rows.map(r => r[0][0]));
          if (body.dataset.keys !== keys) { body.dataset.keys = keys; body.replaceChildren(...(rows.length ? rows.map(r => el("tr", {}, ...r.map(cell))) : [el("tr", {}, el("td", { colspan: "9", class: "empty" }, "nothing matches"))])); }
          rows.forEach((row, y) => row.forEach(([text, kind], x) => {
            const td = body.rows[y].cells[x];
            if (kind === "state") { td.firstChild.className = "state " + text; put(td.firstChild.lastChild, text); } else put(kind === "code" ? td.firstChild : td, text);
          }));
        }
        function tables(r) {
          const has = (...texts) => texts.some(x => (x || "").toLowerCase().includes(state.filter));
          fill(byId("services").tBodies[0], Object.entries(r.services).filter(([name, s]) => has(name, s.type)).map(([name, s]) => {
            const t = traffic(name), up = s.servers.filter(x => x.isUp).length, figure = f => [t.timed ? f() : "–", "n"];
            return [[name], [s.type || "internal"], [s.status, "state"], figure(() => rate(t.rate) + " /s"), figure(() => percent(t.share)), ...[0.5, 0.95, 0.99].map(q => figure(() => quantile(q, t.buckets, r.buckets).text)), [s.servers.length ? up + " of " + s.servers.length + " up" : "–"]];
          }));
          fill(byId("routers").tBodies[0], r.routers.filter(x => has(x.name, x.rule, x.service)).map(x => [[x.name], [x.rule, "code"], [x.service], [x.entryPoints.join(", ")], [x.status, "state"]]));
        }

        function live() {
          const root = byId("live"), now = newest(), kind = state.paused ? "" : state.failure ? "off" : now ? "on" : "late";
          root.className = "live " + kind; put(byId("live-text"), state.paused ? "paused" : state.failure ? state.failure : now ? "live" : "connecting"); mark(document.body, "paused", state.paused || state.failure);
        }
        async function round() {
          if (!state.paused) {
            try {
              const answer = await fetch("../api/specula/overview", { cache: "no-store", signal: AbortSignal.timeout(8000) });
              if (!answer.ok) throw new Error("the gateway answers " + answer.status);
              keep(await answer.json()); state.failure = null;
            } catch (e) { state.failure = e.message.startsWith("the gateway") ? e.message : "no answer from the gateway"; }
            if (!state.failure) render();
            live();
          }
          setTimeout(round, PERIOD);
        }

        function choose(seconds) { state.window = seconds; [...byId("windows").children].forEach((b, i) => b.setAttribute("aria-pressed", String(WINDOWS[i][1] === seconds))); render(); }
        function pause() { state.paused = !state.paused; byId("pause").setAttribute("aria-pressed", String(state.paused)); put(byId("pause"), state.paused ? "Go on" : "Pause"); live(); }
        const THEMES = ["auto", "light", "dark"];
        function theme(name) { if (name === "auto") delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = name; put(byId("theme"), "Theme: " + name); try { localStorage.setItem("specula-theme", name); } catch (e) { /* Storage may be forbidden. */ } }
        const themeNow = () => document.documentElement.dataset.theme || "auto";
        function step(by) { const all = [...document.querySelectorAll(".mirroring")]; if (!all.length) return; const i = all.indexOf(document.activeElement), next = all[Math.min(all.length - 1, Math.max(0, i < 0 ? 0 : i + by))]; next.focus(); next.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" }); }
        for (const [label, seconds] of WINDOWS) { const b = el("button", { type: "button", "aria-pressed": "false" }, label); b.addEventListener("click", () => choose(seconds)); byId("windows").append(b); }
        byId("pause").addEventListener("click", pause);
        byId("theme").addEventListener("click", () => theme(THEMES[(THEMES.indexOf(themeNow()) + 1) % 3]));
        byId("help").addEventListener("click", () => byId("keys").showModal());
        byId("filter").addEventListener("input", e => { state.filter = e.target.value.trim().toLowerCase(); if (newest()) tables(newest()); });
        document.addEventListener("keydown", e => {
          if (e.ctrlKey || e.metaKey || e.altKey || byId("keys").open) return;
          if (e.target.id === "filter") { if (e.key === "Escape") { e.target.value = ""; state.filter = ""; e.target.blur(); if (newest()) tables(newest()); } return; }
          const act = { "1": () => choose(60), "2": () => choose(300), "3": () => choose(900), "4": () => choose(Infinity), p: pause, t: () => byId("theme").click(), j: () => step(1), k: () => step(-1), "/": () => byId("filter").focus(), "?": () => byId("keys").showModal() }[e.key];
          if (act) { e.preventDefault(); act(); }
        });
        let chosen = "auto"; try { chosen = localStorage.getItem("specula-theme") || "auto"; } catch (e) { /* Storage may be forbidden. */ }
        theme(THEMES.includes(chosen) ? chosen : "auto"); choose(60); round();

        """#
}
