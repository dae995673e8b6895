/// The dashboard page's script, fourth part: a primary and its mirrors side by side, one card a mirroring service.
enum DashboardLegs {
    static let text = #"""
        // What primary and mirror have in common.
        function leg(role, name, bounds, tone, primary) {
          const status = el("em"), servers = el("div", { class: "chips" });
          const requests = figure("Requests per second"), failures = figure("5xx share", "err");
          const quantiles = ["p50", "p95", "p99", "mean"].map(title => ({ title, value: el("b") }));
          const bars = distribution(bounds, primary !== null), answers = tally("Answers");
          const latency = el("div", { class: "latency" },
            label(el("span", {}, "Latency"), primary !== null ? el("span", {}, "line: primary") : null),
            el("div", { class: "quantiles" }, ...quantiles.map(q => el("div", {}, el("span", {}, q.title), q.value))),
            bars.root);
          const head = el("div", {},
            el("div", { class: "role" }, el("span", {}, role), status), el("h3", {}, name));
          const root = el("article", { class: "leg", "aria-label": `${role} ${name}` },
            head, el("div", { class: "pair" }, requests.root, failures.root), latency, answers.root);
          root.style.setProperty("--tone", `var(${tone})`);

          function server({ url, isUp }) {
            const state = isUp ? "up" : "down";
            return el("span", { class: state, title: state }, dot(), url, el("span", { class: "unseen" }, state));
          }
          function update() {
            const t = traffic(name), info = service(newest(), name);
            put(status, !info ? "missing" : info.status === "enabled" ? "" : info.status);
            requests.value.replaceChildren(rate(t.rate), el("small", {}, " /s"));
            requests.chart.update(rateLine(name), 0, rate(t.rate) + " per second");
            put(failures.value, percent(t.share));
            failures.value.className = "value " + severity(t.share);
            failures.chart.update(errorLine(name), 0.05, percent(t.share));
            for (const { title, value } of quantiles) {
              put(value, title === "mean" ? duration(t.mean) : quantile(+title.slice(1) / 100, t.buckets, bounds));
            }
            bars.update(t.buckets, primary !== null ? traffic(primary).buckets : null);
            answers.update(t.classes, (info && info.classes) || {});
            root.classList.toggle("bad", t.share > 0.1);
            root.classList.toggle("idle", !t.count);
            servers.replaceChildren(...((info && info.servers) || []).map(server));
          }
          return { root, servers, update };
        }

        function primaryLeg(name, bounds) {
          const part = leg("primary", name, bounds, "--primary", null);
          part.root.append(part.servers);
          return part;
        }

        // A mirror: how much of the traffic it gets, why it does not get the rest, and what became of the copies.
        function mirrorLeg(set, { name, asked }, bounds, primary, tone) {
          const part = leg("mirror", name, bounds, tone, primary);
          const actual = el("b"), bar = el("u"), tick = el("s");
          const share = el("div", { title: "of the requests that the mirror's own filters let through" },
            label(el("span", {}, "Mirrored share, asked " + percent(asked)), actual),
            el("div", { class: "meter" }, bar, tick));
          const decisions = tally("Decisions"), outcomes = tally("Outcomes of copies"), pairs = pairMatrix();
          const compared = tally("Answers compared"), facts = el("div", { class: "chips detail" });
          part.root.append(share, decisions.root, outcomes.root, compared.root, pairs.root, facts, part.servers);

          function update() {
            part.update();
            const now = mirror(newest(), set, name), then = mirror(origin(), set, name);
            if (!now) return;
            const since = key => minus(now[key], then && then[key]);
            const decided = since("decisions"), all = eligible(decided), got = all ? decided.sent / all : NaN;
            put(actual, percent(got));
            setStyle(bar, "width", (100 * (got || 0)).toFixed(2) + "%");
            setStyle(tick, "left", `calc(${(100 * asked).toFixed(2)}% - 1px)`);
            decisions.update(decided, now.decisions);
            outcomes.update(since("outcomes"), now.outcomes);
            show(compared.root, now.compared);
            if (now.compared) compared.update(since("compared"), now.compared);
            pairs.update(since("pairs"));
            const ratio = medianRatio(listMinus(now.ratio.counts, then && then.ratio.counts), now.ratio.bounds);
            const told = [
              ratio && "time against primary " + ratio,
              `in flight ${now.inFlight} of ${count(now.inFlightLimit)}`, "held " + bytes(now.heldBytes),
            ];
            facts.replaceChildren(...told.filter(Boolean).map(text => el("span", {}, text)));
          }
          return { root: part.root, update };
        }

        // The cards are made anew only when what they show of the configuration has changed.
        const TONES = ["--c0", "--c1", "--c2", "--c3"];
        let laidOut = "", legs = [];

        function layOut(reading) {
          const fixed = m => [m.name, m.primary, m.routers, m.maxBodySize, m.mirrorBody,
            m.mirrors.map(x => [x.name, x.asked])];
          const isEmpty = !reading.mirroringServices.total;
          const wanted = JSON.stringify([reading.buckets, isEmpty, reading.mirrorings.map(fixed)]);
          if (wanted === laidOut) return;
          laidOut = wanted;
          legs = [];
          const nothing = reading.mirroringServices.total ? "No mirroring service matches."
            : "No mirroring service is configured. The first one that is appears here by itself.";
          const cards = reading.mirrorings.map((m, i) => card(m, "mirroring-" + i, reading.buckets));
          byId("mirrorings").replaceChildren(
            ...(cards.length ? cards : [el("section", { class: "card" }, el("p", { class: "empty" }, nothing))]));
        }

        function card(set, id, bounds) {
          const tone = i => TONES[i % TONES.length];
          const mirrors = set.mirrors.map((m, i) => mirrorLeg(set.name, m, bounds, set.primary, tone(i)));
          const parts = [primaryLeg(set.primary, bounds), ...mirrors];
          legs.push(...parts);
          const bodies = !set.mirrorBody ? "copies go without body"
            : set.maxBodySize < 0 ? "bodies of any size" : "bodies up to " + bytes(set.maxBodySize);
          const routers = set.routers.length ? "behind " + set.routers.join(", ") : "no router uses it";
          return el("section", { class: "card mirroring", "aria-labelledby": id, tabindex: "-1" },
            el("h2", { id }, set.name), el("p", { class: "under" }, `${routers} · ${bodies}`),
            el("div", { class: "legs" }, ...parts.map(p => p.root)));
        }

        """#
}
