/// The dashboard page's script, first part: readings that are kept, and their differences over a window.
enum DashboardModel {
    static let text = #"""
        "use strict";
        // A reading counts since the start of the process; every figure is the difference of two readings.
        const PERIOD = 2000, KEPT_SECONDS = 15 * 60 + 10, LINE_POINTS = 90;
        const WINDOWS = [["1 min", 60], ["5 min", 300], ["15 min", 900], ["Start", Infinity]];
        const state = { readings: [], window: 60, paused: false, failure: null, filter: "", search: "" };

        const newest = () => state.readings[state.readings.length - 1];

        function keep(reading) {
          const last = newest();
          if (last && last.time === reading.time) {
            if (last.filter === reading.filter) return;
            state.readings.pop();
          }
          const isAnotherProcess = last && (last.startTime !== reading.startTime || reading.time < last.time);
          if (isAnotherProcess) state.readings = [];
          else if (last) lighten(last);
          state.readings.push(reading);
          while (reading.time - state.readings[0].time > KEPT_SECONDS) state.readings.shift();
        }

        // Of a reading that is no longer the newest only the counters are asked: a page may stay open for weeks.
        function lighten(reading) {
          reading.routers = reading.problems = null;
          for (const name in reading.services) reading.services[name].servers = null;
        }

        // The requests that a mirror could have had, as in the alert about its share: not left out by its own filters.
        const FILTERS = ["method", "condition", "upgrade", "loop", "disabled", "missing_service"];
        const eligible = decisions => sum(decisions) - add(FILTERS.map(word => decisions[word] || 0));

        // The reading that the window starts at; null is the start of the process, when every counter was zero.
        function origin() {
          const now = newest();
          if (!now || state.window === Infinity) return null;
          const old = state.readings.filter(r => now.time - r.time >= state.window - 0.5);
          if (old.length) return old[old.length - 1];
          return state.readings.length > 1 ? state.readings[0] : null;
        }

        // A service that is looked for only now is counted from the first reading that has it.
        function originOf(name) {
          const from = origin();
          if (!from || from.services[name]) return from;
          return state.readings.slice(state.readings.indexOf(from)).find(r => r.services[name]) || newest();
        }

        function windowSeconds(from = origin()) {
          return Math.max(0.001, newest().time - (from ? from.time : newest().startTime));
        }

        const service = (reading, name) => (reading && reading.services[name]) || null;

        function mirror(reading, set, name) {
          const found = reading && reading.mirrorings.find(m => m.name === set);
          return (found && found.mirrors.find(m => m.name === name)) || null;
        }

        const add = numbers => numbers.reduce((a, b) => a + b, 0);
        const sum = counts => add(Object.values(counts || {}));
        const errors = classes => (classes && classes["5xx"]) || 0;

        function minus(now, then) {
          const difference = {};
          for (const key in now || {}) difference[key] = Math.max(0, now[key] - ((then && then[key]) || 0));
          return difference;
        }

        const listMinus = (now, then) => (now || []).map((v, i) => Math.max(0, v - ((then && then[i]) || 0)));

        // What a service did over the window.
        function traffic(name) {
          const from = originOf(name), now = service(newest(), name), then = service(from, name);
          const classes = minus(now && now.classes, then && then.classes), count = sum(classes);
          const buckets = listMinus(now && now.buckets, then && then.buckets), timed = add(buckets);
          const seconds = now ? Math.max(0, now.seconds - (then ? then.seconds : 0)) : 0;
          return {
            classes, buckets, count, timed,
            rate: count / windowSeconds(from),
            // Of nothing there is no share.
            share: count ? errors(classes) / count : NaN,
            mean: timed ? seconds / timed : NaN,
          };
        }

        // Points of a line over the window: what `value` makes of each reading and the one before it.
        function series(value) {
          const now = newest();
          if (!now) return [];
          // A page that was just opened stretches what it has over the whole width.
          const length = Math.min(state.window, 900, Math.max(10, now.time - state.readings[0].time));
          const from = now.time - length, shown = state.readings.filter(r => r.time >= from - 3);
          const step = Math.max(1, Math.floor(shown.length / LINE_POINTS)), points = [];
          for (let i = step; i < shown.length; i += step) {
            const height = value(shown[i], shown[i - step]);
            if (height !== null && isFinite(height)) points.push([(shown[i].time - from) / length, height]);
          }
          return points;
        }

        function classesBetween(name, now, then) {
          const current = service(now, name), before = service(then, name);
          return current && minus(current.classes, before && before.classes);
        }

        const rateLine = name => series((now, then) => {
          const classes = classesBetween(name, now, then);
          return classes && sum(classes) / (now.time - then.time);
        });

        const errorLine = name => series((now, then) => {
          const classes = classesBetween(name, now, then), count = sum(classes);
          return classes && (count ? errors(classes) / count : 0);
        });

        """#
}
