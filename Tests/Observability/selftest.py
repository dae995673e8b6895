"""The checkers are checked first: what they overlook, nobody sees.

    /usr/bin/python3 Tests/Observability/selftest.py
"""
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import lab  # noqa: E402
import series  # noqa: E402


class SeriesNames(unittest.TestCase):
    def test_finds_every_series_of_an_expression(self) -> None:
        for expression, names in {
            'sum by (service, le) (rate(a_bucket{job=~"$job",code=~"5.."}[$__rate_interval])) > 0.1': {"a_bucket"},
            "a:b:rate5m / on (job) group_left (mirror) max without (pod) (c_total) or vector(0)": {"a:b:rate5m", "c_total"},
            'label_replace(up == 0, "to", "$1", "from", "(.+)") unless absent(b{x="y_total"})': {"up", "b"},
            "histogram_quantile(0.5, sum by (le) (increase(d_bucket[5m]))) - 1e3 * x offset 5m": {"d_bucket", "x"},
            "topk(5, count by (service) (e)) and bool_total": {"e", "bool_total"},
        }.items():
            self.assertEqual(series.named(expression), names, expression)

    def test_knows_the_families_of_the_catalogue_with_the_parts_of_histograms(self) -> None:
        known = series.catalogue()
        self.assertLessEqual({"traefik_service_requests_total", "specula_mirror_latency_ratio_bucket", "process_open_fds"}, known)
        self.assertNotIn("specula_mirror_latency_ratio", known)

    def test_reports_an_expression_that_does_not_parse_under_its_name(self) -> None:
        self.assertEqual(series.syntax_errors({"good": "sum(up)\n  > 0"}), "")
        self.assertIn("the bad one", series.syntax_errors({"good": "up", "the bad one": "sum(rate(up)"}))


class ShortenedRules(unittest.TestCase):
    def test_divides_windows_and_leaves_thresholds(self) -> None:
        rules = '- expr: rate(a_total{x="[5m]"}[5m]) > 0.1 and b[1d] > 300\n  for: 5m\n  interval: 30s\n  description: within 5m\n'
        short = '- expr: rate(a_total{x="[5s]"}[5s]) > 0.1 and b[1440s] > 300\n  for: 5s\n  interval: 500ms\n  description: within 5m\n'
        self.assertEqual(lab.shortened(rules), short)


if __name__ == "__main__":
    unittest.main()
