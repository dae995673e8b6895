/// The dashboard page's script, third part: lines, bars, tallies and the matrix of pairs, which take figures.
///
/// Everything that comes from outside (names, rules, errors) goes in as text, never as markup.
enum DashboardParts {
    static let text = #"""
        const byId = id => document.getElementById(id);

        function el(tag, attributes, ...children) {
          const element = document.createElement(tag);
          for (const [name, value] of Object.entries(attributes || {})) {
            if (value !== null && value !== undefined) element.setAttribute(name, value);
          }
          element.append(...children.filter(c => c !== null && c !== undefined));
          return element;
        }

        function svg(tag, attributes) {
          const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
          for (const name in attributes) element.setAttribute(name, attributes[name]);
          return element;
        }

        // What is right already is not touched: selections stay, and nothing flickers.
        function put(element, text) { if (element.textContent !== String(text)) element.textContent = text; }
        function setStyle(element, name, value) {
          if (element.style.getPropertyValue(name) !== value) element.style.setProperty(name, value);
        }
        function show(element, on) { setStyle(element, "display", on ? "" : "none"); }

        const dot = () => el("i", { class: "dot", "aria-hidden": "true" });
        const label = (...children) => el("div", { class: "label" }, ...children);
        const severity = share => share > 0.1 ? "bad" : share > 0.01 ? "warn" : "";

        // A line over the window with the area below it.
        function spark(title, kind) {
          const root = svg("svg", {
            class: "spark " + (kind || ""), viewBox: "0 0 100 38", preserveAspectRatio: "none", role: "img",
          });
          const area = svg("path", { class: "area" }), line = svg("path", { class: "line" });
          root.append(svg("line", { class: "base", x1: 0, x2: 100, y1: 38, y2: 38 }), area, line);
          function update(points, least, now) {
            root.setAttribute("aria-label", `${title} over the window, now ${now}`);
            const top = Math.max(least, ...points.map(p => p[1])) || 1;
            const at = ([x, y]) => `${(100 * Math.max(0, x)).toFixed(2)} ${(37 - 35 * y / top).toFixed(2)}`;
            const path = points.map((p, i) => (i ? "L" : "M") + at(p)).join("");
            line.setAttribute("d", path);
            const start = points.length ? (100 * Math.max(0, points[0][0])).toFixed(2) : 0;
            area.setAttribute("d", points.length > 1 ? `${path}L100 38L${start} 38Z` : "");
          }
          return { root, update };
        }

        // A number with its line below it.
        function figure(title, kind) {
          const value = el("div", { class: "value" }), chart = spark(title, kind);
          return { root: el("div", { class: "figure" }, label(title), value, chart.root), value, chart };
        }

        // Bars of a latency distribution; with a mark at the height of the primary's where that is given.
        function distribution(bounds, isCompared) {
          const bars = el("div", { class: "bars", role: "img" });
          const axis = el("div", { class: "axis", "aria-hidden": "true" });
          const size = bounds.length + 1, every = Math.ceil(size / 6), bound = i => bounds[Math.min(i, size - 2)];
          const name = i => (i < bounds.length ? "≤ " : "> ") + duration(bound(i));
          const cells = Array.from({ length: size }, (_, i) => {
            const bar = el("u"), line = isCompared ? el("s") : null, cell = el("i", {}, bar, line);
            const isNamed = i < bounds.length && (size - 1 - i) % every === 0;
            bars.append(cell);
            axis.append(el("span", {}, i === size - 1 ? name(i) : isNamed ? duration(bounds[i]) : ""));
            return { bar, line, cell };
          });
          const shares = buckets => { const total = add(buckets); return buckets.map(v => total ? v / total : 0); };
          function update(own, primary) {
            const mine = shares(own), theirs = primary ? shares(primary) : [];
            const top = Math.max(0.01, ...mine, ...theirs), height = v => (100 * (v || 0) / top).toFixed(1) + "%";
            cells.forEach(({ bar, line, cell }, i) => {
              setStyle(bar, "height", height(mine[i]));
              if (line) { setStyle(line, "bottom", height(theirs[i])); show(line, theirs[i]); }
              const beside = primary ? ` (primary ${percent(theirs[i] || 0)})` : "";
              cell.title = `${name(i)}: ${percent(mine[i] || 0)}${beside}`;
            });
            const told = mine.map((v, i) => v ? `${name(i)} ${percent(v)}` : "").filter(Boolean).join(", ");
            bars.setAttribute("aria-label", "Latency distribution: " + told);
          }
          return { root: el("div", {}, bars, axis), update };
        }

        // Counts by reason: one bar in as many colours, and a list of those that are not zero.
        const COLOURS = {
          sent: "--c0", complete: "--c0", not_sampled: "--faint", method: "--faint", condition: "--faint",
          disabled: "--faint", client_gone: "--faint", body_too_large: "--c1", upgrade: "--c2", loop: "--c3",
          missing_service: "--bad", connect_error: "--bad", timeout: "--c3", reset: "--c2",
          match: "--c0", skipped: "--faint", unpaired: "--faint",
          "1xx": "--faint", "2xx": "--c0", "3xx": "--primary", "4xx": "--warn", "5xx": "--bad",
        };
        const OTHER_COLOURS = ["--bad", "--warn", "--c2", "--c3", "--primary", "--c1"];
        const ALWAYS_SHOWN = ["sent", "complete", "match", "2xx"];

        function tally(title) {
          const total = el("b"), bar = el("div", { class: "stack", "aria-hidden": "true" });
          const list = el("ul", { class: "reasons" }), rows = new Map();
          function row(key) {
            if (rows.has(key)) return rows.get(key);
            const colour = COLOURS[key] || OTHER_COLOURS[rows.size % OTHER_COLOURS.length];
            const part = el("u"), square = el("i"), number = el("b");
            const item = el("li", {}, square, el("span", {}, words(key)), number);
            square.style.background = part.style.background = `var(${colour})`;
            bar.append(part);
            list.append(item);
            rows.set(key, { part, item, number });
            return rows.get(key);
          }
          function update(counts, sinceStart) {
            const all = sum(counts);
            put(total, count(all));
            for (const [key, n] of Object.entries(counts)) {
              const { part, item, number } = row(key);
              show(part, n);
              setStyle(part, "flex", `${n} 1 0px`);
              show(item, n || ALWAYS_SHOWN.includes(key));
              put(number, count(n));
              item.title = `${words(key)}: ${n} (${percent(all ? n / all : 0)}), since the start ${sinceStart[key]}`;
            }
          }
          const root = el("div", { class: "detail" }, label(el("span", {}, title), total), bar, list);
          return { root, update };
        }

        // How the primary's and the mirror's statuses fall together.
        function pairMatrix() {
          const table = el("table", { class: "matrix" });
          const head = label(el("span", {}, "Status pairs"), el("span", {}, "primary ↓  mirror →"));
          const root = el("div", { class: "detail" }, head, el("div", { class: "scroll" }, table));
          let shape = "";
          function lay(rows, columns) {
            if (shape === `${rows}|${columns}`) return;
            shape = `${rows}|${columns}`;
            const names = columns.map(c => el("th", { scope: "col" }, c));
            const body = rows.map(r => el("tr", {}, el("th", { scope: "row" }, r), ...columns.map(() => el("td"))));
            table.replaceChildren(el("thead", {}, el("tr", {}, el("td"), ...names)), el("tbody", {}, ...body));
          }
          function update(pairs) {
            const seen = Object.keys(pairs).filter(k => pairs[k] > 0), total = sum(pairs);
            show(root, seen.length);
            if (!seen.length) return;
            const side = i => [...new Set(seen.map(k => k.split(" ")[i]))].sort();
            const rows = side(0), columns = side(1);
            lay(rows, columns);
            rows.forEach((primary, y) => columns.forEach((replica, x) => {
              const n = pairs[`${primary} ${replica}`] || 0, cell = table.tBodies[0].rows[y].cells[x + 1];
              put(cell, n ? count(n) : "·");
              cell.className = !n ? "none" : primary === replica ? "same" : "other";
              setStyle(cell, "--w", n ? String(10 + Math.round(30 * n / total)) : "0");
              cell.title = `primary ${primary}, mirror ${replica}: ${n}`;
            }));
          }
          return { root, update };
        }

        """#
}
