/// The dashboard page's script, second part: numbers as a person reads them.
enum DashboardNumbers {
    static let text = #"""
        function rate(x) {
          if (x === 0) return "0";
          if (x < 0.01) return "<0.01";
          if (x < 9.995) return x.toFixed(2);
          if (x < 99.95) return x.toFixed(1);
          if (x < 9950) return x.toFixed(0);
          return (x / 1000).toFixed(x < 99500 ? 1 : 0) + "k";
        }

        function count(x) {
          if (x < 9950) return String(Math.round(x));
          if (x < 995000) return (x / 1000).toFixed(x < 99500 ? 1 : 0) + "k";
          return x < 9.95e8 ? (x / 1e6).toFixed(1) + "M" : (x / 1e9).toFixed(1) + "G";
        }

        function percent(share) {
          const p = 100 * share;
          if (isNaN(p)) return "–";
          if (p === 0) return "0 %";
          if (p < 0.01) return "<0.01 %";
          if (p > 99.95 && p < 100) return ">99.9 %";
          return (p < 1 ? p.toFixed(2) : p < 99.5 ? p.toFixed(1) : p.toFixed(0)).replace(/\.0+$/, "") + " %";
        }

        function duration(seconds) {
          const ms = seconds * 1000;
          if (!isFinite(seconds)) return "–";
          if (seconds >= 9.95) return seconds.toFixed(0) + " s";
          if (seconds >= 0.9995) return +seconds.toFixed(2) + " s";
          if (ms >= 9.95) return ms.toFixed(0) + " ms";
          return ms >= 0.9995 ? +ms.toFixed(1) + " ms" : Math.max(1, Math.round(ms * 1000)) + " µs";
        }

        function bytes(n) {
          const units = ["B", "KiB", "MiB", "GiB", "TiB"];
          let unit = 0;
          while (n >= 1023.5 && unit < units.length - 1) { n /= 1024; unit++; }
          return (unit && n < 9.95 ? n.toFixed(1) : Math.round(n)) + " " + units[unit];
        }

        function age(seconds) {
          const s = Math.max(0, Math.round(seconds));
          if (s < 90) return s + " s";
          if (s < 5400) return Math.round(s / 60) + " min";
          return s < 129600 ? Math.round(s / 3600) + " h" : Math.round(s / 86400) + " days";
        }

        const words = id => id.replace(/_/g, " ");
        const some = (n, word) => n + " " + word + (n === 1 ? "" : "s");

        // Where `rank` observations end among the buckets: the bucket, and how far into it.
        function place(buckets, rank) {
          let seen = 0;
          for (let i = 0; i < buckets.length; i++) {
            if (buckets[i] && seen + buckets[i] >= rank) return { bucket: i, part: (rank - seen) / buckets[i] };
            seen += buckets[i];
          }
          return null;
        }

        // A quantile as text. Where the bounds are too far apart to say, the bound with its sign.
        function quantile(q, buckets, bounds) {
          const total = add(buckets), found = total ? place(buckets, q * total) : null;
          if (!found) return "–";
          const { bucket, part } = found;
          if (bucket >= bounds.length) return "> " + duration(bounds[bounds.length - 1]);
          if (bucket === 0) return "≤ " + duration(bounds[0]);
          const low = bounds[bucket - 1], high = bounds[bucket];
          return high / low > 3.5 ? "≤ " + duration(high) : duration(low + (high - low) * part);
        }

        // The middle of a histogram of ratios.
        function medianRatio(buckets, bounds) {
          const total = add(buckets), found = total ? place(buckets, total / 2) : null;
          if (!found) return "";
          const { bucket, part } = found;
          if (bucket >= bounds.length) return "> × " + bounds[bounds.length - 1];
          const low = bucket ? bounds[bucket - 1] : 0;
          return "× " + (low + (bounds[bucket] - low) * part).toFixed(2);
        }

        """#
}
