/// The dashboard page's script, last part: tiles and tables, the round that feeds everything, buttons and keys.
enum DashboardSteering {
    static let text = #"""
        const tiles = new Map();

        function tile(title, value, unit, level) {
          if (!tiles.has(title)) {
            const number = el("span"), small = el("small");
            const root = el("div", { class: "tile" }, el("dt", {}, title), el("dd", {}, number, " ", small));
            byId("tiles").append(root);
            tiles.set(title, { root, number, small });
          }
          const { root, number, small } = tiles.get(title);
          put(number, value);
          put(small, unit || "");
          root.className = "tile " + (level || "");
        }

        // All entry points together, over the window.
        function clientClasses(reading) {
          const from = origin(), total = {};
          for (const point of reading.entryPoints) {
            const before = from && from.entryPoints.find(p => p.name === point.name);
            const classes = minus(point.classes, before && before.classes);
            for (const key in classes) total[key] = (total[key] || 0) + classes[key];
          }
          return total;
        }

        // Of all mirroring services, also of those that are not shown; one that has gone takes its count along.
        const copiesSent = reading => Math.max(0, reading.copies.sent - (origin() ? origin().copies.sent : 0));

        function updateTiles(reading) {
          const classes = clientClasses(reading), all = sum(classes), share = all ? errors(classes) / all : NaN;
          const { heldBytes, heldBytesLimit, residentBytes } = reading.process;
          tile("Requests", rate(all / windowSeconds()), "/s");
          tile("5xx to clients", percent(share), "", severity(share));
          tile("Copies", rate(copiesSent(reading) / windowSeconds()), "/s");
          tile("Copies in flight", count(reading.copies.inFlight));
          tile("Held for copies", bytes(heldBytes), heldBytesLimit ? "of " + bytes(heldBytesLimit) : "",
            heldBytesLimit && heldBytes > 0.8 * heldBytesLimit ? "warn" : "");
          tile("Open connections", count(add(reading.entryPoints.map(e => e.openConnections))));
          tile("Memory", bytes(residentBytes));
          return share;
        }

        // The tab tells what is worst: more than a tenth of 5xx, to clients or from a leg.
        function updateTitle(reading, clientShare) {
          let worst = { share: clientShare || 0, name: "" };
          for (const name of new Set(reading.mirrorings.flatMap(s => [s.primary, ...s.mirrors.map(m => m.name)]))) {
            const t = traffic(name);
            if (t.count > 4 && t.share > worst.share) worst = { share: t.share, name };
          }
          const alarm = worst.share > 0.1 ? `${percent(worst.share)} 5xx ${worst.name}`.trim() : reading.name;
          document.title = alarm ? alarm + " – Specula" : "Specula";
        }

        function updateConfiguration(reading) {
          const c = reading.configuration, fact = (text, bold) => el("span", {}, text, el("b", {}, bold));
          byId("configuration").replaceChildren(
            fact("generation ", String(c.generation)),
            fact("loaded ", c.lastReload ? age(reading.time - c.lastReload) + " ago" : "never"),
            c.lastReloadSuccessful ? "" : el("span", { class: "bad" },
              el("b", {}, "last reload failed"), " – the configuration before it is in force"),
            c.failures ? el("span", {}, some(c.failures, "failed reload")) : "");
          const problem = p => el("li", {},
            el("b", {}, el("i", {}, p.kind + " "), p.name), el("span", {}, p.errors.join("; ") || p.status));
          byId("problems").hidden = !reading.problems.length;
          byId("problem-list").replaceChildren(...reading.problems.map(problem));
          put(byId("gateway-name"), reading.name);
          put(byId("about"), `Specula ${reading.version} · ${some(reading.workers, "worker")}`
            + ` · up ${age(reading.time - reading.startTime)}`);
        }

        // A row is a list of cells: text, and how it is shown. Rows stay while their names do.
        function cell([, kind]) {
          if (kind === "state") return el("td", {}, el("span", {}, dot(), el("span")));
          return el("td", kind === "n" ? { class: "n" } : {}, kind === "code" ? el("code") : null);
        }

        function fill(body, rows) {
          const names = JSON.stringify(rows.map(row => row[0][0]));
          if (body.dataset.names !== names) {
            body.dataset.names = names;
            const nothing = el("tr", {}, el("td", { colspan: "9", class: "empty" }, "nothing matches"));
            body.replaceChildren(...(rows.length ? rows.map(row => el("tr", {}, ...row.map(cell))) : [nothing]));
          }
          rows.forEach((row, y) => row.forEach(([text, kind], x) => {
            const td = body.rows[y].cells[x], inner = td.firstElementChild;
            if (kind === "state") inner.className = "state " + text;
            put(kind === "state" ? inner.lastChild : inner || td, text);
          }));
        }

        // What is behind the first two hundred is found by the gateway; until it answers, among what is here.
        function tellListed(id, kind, reading, shown) {
          const { total, found } = reading.listed[id], first = `the first ${shown} by name are shown`;
          const which = state.filter ? `${count(found)} of ${some(total, kind)} found` : some(total, kind);
          byId("listed-" + id).hidden = !state.filter && shown === total;
          put(byId("listed-" + id), reading.filter !== state.filter ? "looking for it" : shown < found ? `${which}, ${first}` : which);
        }

        function updateTables(reading) {
          const matches = (...texts) => texts.some(t => (t || "").toLowerCase().includes(state.filter));
          const services = Object.entries(reading.services).filter(([name, s]) => matches(name, s.type));
          fill(byId("services").tBodies[0], services.map(([name, s]) => {
            const t = traffic(name), figure = text => [t.timed ? text : "–", "n"];
            const quantiles = [0.5, 0.95, 0.99].map(q => figure(quantile(q, t.buckets, reading.buckets)));
            const up = s.servers.filter(x => x.isUp).length;
            return [
              [name], [s.type || "internal"], [s.status, "state"], figure(rate(t.rate) + " /s"),
              figure(percent(t.share)), ...quantiles,
              [s.servers.length ? `${up} of ${s.servers.length} up` : "–"],
            ];
          }));
          const routers = reading.routers.filter(r => matches(r.name, r.rule, r.service));
          tellListed("services", "service", reading, services.length);
          tellListed("routers", "router", reading, routers.length);
          fill(byId("routers").tBodies[0], routers.map(r => [
            [r.name], [r.rule, "code"], [r.service], [r.entryPoints.join(", ")], [r.status, "state"],
          ]));
        }

        function updateChoice(reading) {
          const { total, found } = reading.mirroringServices, shown = reading.mirrorings.length;
          byId("choice").hidden = shown === total && !state.search;
          const which = state.search ? `${count(found)} of ${some(total, "mirroring service")} found` : some(total, "mirroring service");
          put(byId("choice-text"), shown < found ? `${which}, the first ${shown} by name are shown` : which);
        }

        function render() {
          const reading = newest();
          if (!reading) return;
          updateChoice(reading);
          layOut(reading);
          for (const part of legs) part.update();
          updateTitle(reading, updateTiles(reading));
          updateConfiguration(reading);
          updateTables(reading);
        }

        function tellState() {
          const isOff = !state.paused && state.failure, isOn = !state.paused && newest();
          byId("live").className = "live " + (isOff ? "off" : isOn ? "on" : "late");
          put(byId("live-text"), state.paused ? "paused" : state.failure || (newest() ? "live" : "connecting"));
          document.body.classList.toggle("paused", Boolean(state.paused || state.failure));
        }

        async function ask() {
          const { search, filter } = state, query = new URLSearchParams();
          if (search) query.set("search", search);
          if (filter) query.set("filter", filter);
          const answer = await fetch("../api/specula/overview?" + query,
            { cache: "no-store", signal: AbortSignal.timeout(8000) });
          if (!answer.ok) return "the gateway answers " + answer.status;
          const reading = await answer.json();
          reading.filter = filter;
          if (search === state.search) keep(reading);
          return null;
        }

        async function look() {
          state.failure = await ask().catch(() => "no answer from the gateway");
          if (!state.failure) render();
          tellState();
        }

        async function round() {
          if (!state.paused) await look();
          setTimeout(round, PERIOD);
        }

        // What was read of other services tells nothing of these: their windows begin anew.
        function setSearch(text) {
          if (text.trim() === state.search) return;
          state.search = text.trim();
          state.readings = [];
          look();
        }

        function choose(seconds) {
          state.window = seconds;
          [...byId("windows").children].forEach((button, i) =>
            button.setAttribute("aria-pressed", String(WINDOWS[i][1] === seconds)));
          render();
        }

        function pause() {
          state.paused = !state.paused;
          byId("pause").setAttribute("aria-pressed", String(state.paused));
          put(byId("pause"), state.paused ? "Go on" : "Pause");
          tellState();
        }

        // In the address, so that a screen on a wall can be started so.
        function setWall(on) {
          history.replaceState(null, "", on ? "#wall" : location.pathname + location.search);
          document.body.classList.toggle("wall", on);
          byId("wall").setAttribute("aria-pressed", String(on));
        }

        const turnWall = () => setWall(!document.body.classList.contains("wall"));

        const THEMES = ["auto", "light", "dark"], root = document.documentElement;

        function setTheme(name) {
          if (name === "auto") delete root.dataset.theme; else root.dataset.theme = name;
          put(byId("theme"), "Theme: " + name);
          try { localStorage.setItem("specula-theme", name); } catch (e) { /* Storage may be forbidden. */ }
        }

        function savedTheme() {
          try { return localStorage.getItem("specula-theme"); } catch (e) { return null; }
        }

        const nextTheme = () => setTheme(THEMES[(THEMES.indexOf(root.dataset.theme || "auto") + 1) % THEMES.length]);

        let typing;

        function setFilter(text) {
          const filter = text.trim().toLowerCase();
          if (filter === state.filter) return;
          state.filter = filter;
          if (newest()) updateTables(newest());
          // Not for each letter of a word.
          clearTimeout(typing);
          typing = setTimeout(look, 200);
        }

        function step(by) {
          const cards = [...document.querySelectorAll(".mirroring")], at = cards.indexOf(document.activeElement);
          const next = cards[Math.min(cards.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
          if (!next) return;
          next.focus();
          const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
          next.scrollIntoView({ block: "start", behavior: isCalm ? "auto" : "smooth" });
        }

        const KEYS = {
          1: () => choose(60), 2: () => choose(300), 3: () => choose(900), 4: () => choose(Infinity),
          p: pause, t: nextTheme, w: turnWall, j: () => step(1), k: () => step(-1),
          "/": () => { setWall(false); byId("filter").focus(); },
          s: () => { setWall(false); byId("search").focus(); }, "?": () => byId("keys").showModal(),
        };

        document.addEventListener("keydown", event => {
          if (event.ctrlKey || event.metaKey || event.altKey || byId("keys").open) return;
          if (event.target.type === "search") {
            if (event.key !== "Escape") return;
            event.target.value = "";
            event.target.blur();
            if (event.target.id === "filter") setFilter(""); else setSearch("");
          } else if (KEYS[event.key]) {
            event.preventDefault();
            KEYS[event.key]();
          }
        });

        for (const [title, seconds] of WINDOWS) {
          const button = el("button", { type: "button", "aria-pressed": "false" }, title);
          button.addEventListener("click", () => choose(seconds));
          byId("windows").append(button);
        }
        byId("pause").addEventListener("click", pause);
        byId("theme").addEventListener("click", nextTheme);
        byId("wall").addEventListener("click", turnWall);
        byId("help").addEventListener("click", KEYS["?"]);
        byId("filter").addEventListener("input", event => setFilter(event.target.value));
        byId("search").addEventListener("change", event => setSearch(event.target.value));
        setTheme(THEMES.includes(savedTheme()) ? savedTheme() : "auto");
        if (location.hash === "#wall") setWall(true);
        choose(60);
        round();

        """#
}
