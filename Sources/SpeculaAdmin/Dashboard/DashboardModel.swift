/// The dashboard page's script, first part: readings kept, differences over a window, numbers as text.
enum DashboardModel {
    static let text = #"""
        "use strict";
        // Readings are counters since the start; every figure is the difference of two of them. 15 minutes are kept.
        const PERIOD = 2000, KEEP = 15 * 60 + 10;
        const WINDOWS = [["1 min", 60], ["5 min", 300], ["15 min", 900], ["Start", Infinity]];
        const state = { readings: [], window: 60, paused: false, failure: null, filter: "" };

        function keep(reading) {
          const last = state.readings[state.readings.length - 1];
          if (last && (last.startTime !== reading.startTime || reading.time < last.time)) state.readings = [];
          if (last && last.time === reading.time) return;
          state.readings.push(reading);
          while (reading.time - state.readings[0].time > KEEP) state.readings.shift();
        }
        const newest = () => state.readings[state.readings.length - 1];

        // The reading that the window starts at; null means the start of the process, when every counter was zero.
        function origin() {
          const now = newest();
          if (!now || state.window === Infinity) return null;
          let from = null;
          for (const r of state.readings) { if (now.time - r.time >= state.window - 0.5) from = r; else break; }
          if (from) return from;
          return state.readings.length > 1 ? state.readings[0] : null;
        }
        function span() { const now = newest(), from = origin(); return Math.max(0.001, now.time - (from ? from.time : now.startTime)); }

        // Readers: a leg's or mirror's part of a reading.
        const service = (r, name) => (r && r.services[name]) || null;
        function mirror(r, set, name) {
          const m = r && r.mirrorings.find(x => x.name === set);
          return (m && m.mirrors.find(x => x.name === name)) || null;
        }
        const sum = o => Object.values(o || {}).reduce((a, b) => a + b, 0);
        const errors = classes => (classes && classes["5xx"]) || 0;
        function minus(now, then) {
          const d = {};
          for (const k in now || {}) d[k] = Math.max(0, now[k] - ((then && then[k]) || 0));
          return d;
        }
        const listMinus = (now, then) => (now || []).map((v, i) => Math.max(0, v - ((then && then[i]) || 0)));

        // One service over the window: requests, rate, share of 5xx, buckets, mean.
        function traffic(name) {
          const now = service(newest(), name), then = service(origin(), name);
          const classes = minus(now && now.classes, then && then.classes), count = sum(classes);
          const buckets = listMinus(now && now.buckets, then && then.buckets), timed = buckets.reduce((a, b) => a + b, 0);
          const seconds = now ? Math.max(0, now.seconds - (then ? then.seconds : 0)) : 0;
          return { count, classes, rate: count / span(), share: count ? errors(classes) / count : 0, buckets, timed, mean: timed ? seconds / timed : NaN };
        }

        // A quantile from buckets: where the bounds are too coarse to say, a bound with its sign.
        function quantile(q, buckets, bounds) {
          const total = buckets.reduce((a, b) => a + b, 0);
          if (!total) return { text: "–", seconds: NaN };
          const rank = q * total; let seen = 0;
          for (let i = 0; i < buckets.length; i++) {
            if (seen + buckets[i] >= rank && buckets[i]) {
              if (i >= bounds.length) return { text: "> " + duration(bounds[bounds.length - 1]), seconds: Infinity };
              if (i === 0) return { text: "≤ " + duration(bounds[0]), seconds: bounds[0] };
              const low = bounds[i - 1], high = bounds[i], s = low + (high - low) * (rank - seen) / buckets[i];
              return high / low > 3.5 ? { text: "≤ " + duration(high), seconds: high } : { text: duration(s), seconds: s };
            }
            seen += buckets[i];
          }
          return { text: "–", seconds: NaN };
        }

        // A line of points over the window: value(reading, reading before) at each pair, thinned to what the eye can see.
        function series(value) {
          const now = newest(); if (!now) return [];
          // A page that was just opened stretches what it has over the whole width.
          const length = Math.min(state.window, 900, Math.max(10, now.time - state.readings[0].time)), from = now.time - length;
          const all = state.readings.filter(r => r.time >= from - 3), points = [], step = Math.max(1, Math.floor(all.length / 90));
          for (let i = step; i < all.length; i += step) {
            const a = all[i - step], b = all[i], v = value(b, a);
            if (v !== null && isFinite(v)) points.push([(b.time - from) / length, v]);
          }
          return points;
        }
        const rateSeries = name => series((b, a) => { const x = service(b, name), y = service(a, name); return x ? sum(minus(x.classes, y && y.classes)) / (b.time - a.time) : null; });
        const errorSeries = name => series((b, a) => { const x = service(b, name), y = service(a, name); if (!x) return null; const d = minus(x.classes, y && y.classes), n = sum(d); return n ? errors(d) / n : 0; });

        // Numbers as text.
        function rate(x) { return x >= 99500 ? (x / 1000).toFixed(0) + "k" : x >= 9950 ? (x / 1000).toFixed(1) + "k" : x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x === 0 ? "0" : x < 0.01 ? "<0.01" : x.toFixed(2); }
        function count(x) { return x >= 9.95e8 ? (x / 1e9).toFixed(1) + "G" : x >= 9.95e5 ? (x / 1e6).toFixed(1) + "M" : x >= 99500 ? (x / 1000).toFixed(0) + "k" : x >= 9950 ? (x / 1000).toFixed(1) + "k" : String(Math.round(x)); }
        function percent(x) { const p = 100 * x; return p === 0 ? "0 %" : p < 0.01 ? "<0.01 %" : p > 99.95 && p < 100 ? ">99.9 %" : (p < 1 ? p.toFixed(2) : p < 99.5 ? p.toFixed(1) : p.toFixed(0)).replace(/\.0+$/, "") + " %"; }
        function duration(s) { if (!isFinite(s)) return "–"; const ms = s * 1000; return s >= 9.95 ? s.toFixed(0) + " s" : s >= 0.9995 ? +s.toFixed(2) + " s" : ms >= 9.95 ? ms.toFixed(0) + " ms" : ms >= 0.9995 ? +ms.toFixed(1) + " ms" : Math.max(1, Math.round(ms * 1000)) + " µs"; }
        function bytes(n) { const u = ["B", "KiB", "MiB", "GiB", "TiB"]; let i = 0; while (n >= 1023.5 && i < 4) { n /= 1024; i++; } return (i && n < 9.95 ? n.toFixed(1) : Math.round(n)) + " " + u[i]; }
        function age(s) { s = Math.max(0, Math.round(s)); return s < 90 ? s + " s" : s < 5400 ? Math.round(s / 60) + " min" : s < 129600 ? Math.round(s / 3600) + " h" : Math.round(s / 86400) + " days"; }
        const words = id => id.replace(/_/g, " ");

        """#
}
