"""What the three dashboards show: rows of panels, each a title, a unit, what it means and its queries.

Shapes and colours are in `generate`. Names of series are held against MetricCatalog by scripts/check-dashboards.
`ON` are the matchers that every query carries, `RATE` is the window of every rate.
"""

ON = 'job=~"$job",instance=~"$instance"'
PAIR = ON + ',service=~"$service",mirror=~"$mirror"'
RATE = "[$__rate_interval]"

# Decisions that leave a request out before anybody asks for a copy of it, and those that are forced by a limit.
FILTERED = "method|condition|upgrade|loop|disabled|missing_service"
LIMITED = "in_flight_limit|byte_limit|breaker_open|brownout|rate_limited"
LOST = "connect_error|tls_error|timeout|reset|protocol_error|slow_reader"
FAILED = "5xx|error|timeout"


def matching(label: str, only: str | None, but: str | None) -> str:
    """A matcher for values in `only`, or outside `but`: both are alternatives, `a|b`."""
    if only is not None:
        return f',{label}=~"{only}"'
    return f',{label}!~"{but}"' if but is not None else ""


def decisions(only: str | None = None, but: str | None = None, by: str = "service, mirror") -> str:
    return f"sum by ({by}) (rate(specula_mirror_decisions_total{{{PAIR}{matching('decision', only, but)}}}{RATE}))"


def outcomes(only: str | None = None, by: str = "service, mirror") -> str:
    return f"sum by ({by}) (rate(specula_mirror_outcomes_total{{{PAIR}{matching('outcome', only, None)}}}{RATE}))"


def requests(which: str, matcher: str = "") -> str:
    return f'sum by (service) (rate(traefik_service_requests_total{{{ON},service=~"{which}"{matcher}}}{RATE}))'


def errors(which: str) -> str:
    """The share of 5xx; zero, not nothing, while there are none."""
    failed = requests(which, ',code=~"5.."')
    return f"({failed} or 0 * {requests(which)}) / {requests(which)}"


def quantile(q: float, which: str, by: str = "le, service") -> str:
    return (f"histogram_quantile({q}, sum by ({by}) "
            f'(rate(traefik_service_request_duration_seconds_bucket{{{ON},service=~"{which}"}}{RATE})))')


def pairs(primary: str | None = None, replica: str | None = None) -> str:
    matchers = matching("primary", primary, None) + matching("replica", replica, None)
    return f"sum by (service, mirror) (rate(specula_mirror_status_pairs_total{{{PAIR}{matchers}}}{RATE}))"


def failing_more_on_the_mirror() -> str:
    replica, primary = (f"({failed} or 0 * {pairs()})" for failed in (pairs(replica=FAILED), pairs(primary=FAILED)))
    return f"({replica} - {primary}) / {pairs()}"


def overlaid(query) -> list[tuple[str, str]]:
    """The same query for the primary and for the mirrors, on one axis."""
    return [(query("$primary"), "primary {{service}}"), (query("$mirror"), "mirror {{service}}")]


MIRRORS = {
    "uid": "specula-mirrors",
    "title": "Specula: mirror overview",
    "description": "What each mirror was asked to take, what it got, why not more, and how the copies ended.",
    "variables": ["service", "mirror"],
    "rows": [
        ("Now", [
            dict(kind="stat", title="Mirrors", unit="short", width=4,
                 description="Mirrors that are configured, whatever their share.",
                 targets=[(f"count(max by (service, mirror) (specula_mirror_configured_ratio{{{PAIR}}}))", "")]),
            dict(kind="stat", title="Copies", unit="reqps", width=4,
                 description="Copies sent each second, to all mirrors chosen above.",
                 targets=[(f"sum({decisions('sent')})", "")]),
            dict(kind="stat", title="Dropped at a limit", unit="percentunit", width=4, steps=[(None, "green"), (0.01, "orange"), (0.05, "red")],
                 description="Share of the copies due that a limit kept from being sent. Production is protected by it; the mirror's picture is not whole.",
                 alerts=["SpeculaMirrorDrops"],
                 targets=[(f"sum({decisions(LIMITED)}) / sum({decisions('sent|' + LIMITED)})", "")]),
            dict(kind="stat", title="Lost on the way", unit="percentunit", width=4, steps=[(None, "green"), (0.01, "orange"), (0.05, "red")],
                 description="Share of the copies sent that did not reach their end: refused, reset, out of time.",
                 alerts=["SpeculaMirrorCopiesFailing"],
                 targets=[(f"sum({outcomes(LOST)}) / sum({outcomes()})", "")]),
            dict(kind="stat", title="Unaccounted copies", unit="short", width=4, steps=[(None, "green"), (10, "red")],
                 description="Sent, less ended, less in flight, over all instances: zero when idle. Reading the counters one after another makes it tremble under load.",
                 alerts=["SpeculaBooksOutOfBalance"],
                 targets=[(f'sum(specula_mirror_decisions_total{{{PAIR},decision="sent"}}) - sum(specula_mirror_outcomes_total{{{PAIR}}})'
                           f' - sum(specula_mirror_in_flight_requests{{{PAIR}}})', "")]),
            dict(kind="stat", title="Firing alerts", unit="short", width=4, steps=[(None, "green"), (1, "red")],
                 description="Alerts of the shipped rules that fire now.",
                 targets=[('count(ALERTS{alertstate="firing",alertname=~"Specula.+",job=~"$job"}) or vector(0)', "")]),
        ]),
        ("Share", [
            dict(title="Asked and actual share", unit="percentunit", width=12, minimum=0,
                 description="Dashed: the configured share. Solid: copies sent, of the requests that the mirror's own filters let through. What a rateLimit takes away is missing here, and does not alert.",
                 alerts=["SpeculaMirrorShareOff"], dashed="asked",
                 targets=[(f"max by (service, mirror) (specula_mirror_configured_ratio{{{PAIR}}})", "asked {{mirror}}"),
                          (f"{decisions('sent')} / {decisions(but=FILTERED)}", "actual {{mirror}}")]),
            dict(title="Requests and copies", unit="reqps", width=12, minimum=0,
                 description="Requests of each mirroring service, and the copies of them that were sent.",
                 alerts=["SpeculaMirrorReceivesNothing"],
                 targets=[(f"max by (service) ({decisions()})", "requests {{service}}"),
                          (decisions("sent"), "copies {{mirror}}")]),
        ]),
        ("Decisions: what became of every request", [
            dict(title="Decisions", unit="reqps", width=12, stacked=True, minimum=0,
                 description="One decision for each request and mirror; together they are the requests of the mirroring service. Only those that occur are drawn.",
                 targets=[(decisions(by="decision") + " > 0", "{{decision}}")]),
            dict(title="Not sent, by reason", unit="reqps", width=12, stacked=True, minimum=0,
                 description="Everything but sent and not sampled: filters, limits, clients that left.",
                 alerts=["SpeculaMirrorBodyTooLarge"],
                 targets=[(decisions(but="sent|not_sampled", by="mirror, decision"), "{{mirror}} {{decision}}")]),
            dict(kind="table", title="Decisions over the chosen time", unit="short", width=24, height=8,
                 description="How many requests of each mirroring service were decided how, for each mirror.",
                 alerts=["SpeculaMirrorMissingService"], matrix=("mirror", "decision"),
                 targets=[(f"sum by (mirror, decision) (increase(specula_mirror_decisions_total{{{PAIR}}}[$__range])) > 0", "")]),
        ]),
        ("Outcomes: how every copy ended", [
            dict(title="Outcomes", unit="reqps", width=12, stacked=True, minimum=0,
                 description="One outcome for each copy that was sent. Only those that occur are drawn.",
                 targets=[(outcomes(by="outcome") + " > 0", "{{outcome}}")]),
            dict(title="Share of copies lost, by outcome", unit="percentunit", width=12, minimum=0,
                 description="Copies that did not reach their end, of all copies of the mirror.",
                 alerts=["SpeculaMirrorCopiesFailing"],
                 targets=[(f"{outcomes(LOST, by='mirror, outcome')} / on (mirror) group_left () {outcomes(by='mirror')}", "{{mirror}} {{outcome}}")]),
        ]),
        ("Budgets", [
            dict(title="Copies in flight", unit="short", width=8, minimum=0,
                 description="Copies under way to each mirror, over all instances.",
                 alerts=["SpeculaMirrorInFlightNearLimit"],
                 targets=[(f"sum by (service, mirror) (specula_mirror_in_flight_requests{{{PAIR}}})", "{{mirror}}")]),
            dict(title="Bytes held for copies", unit="bytes", width=8, minimum=0,
                 description="Request bodies that wait for each mirror, over all instances.",
                 alerts=["SpeculaMirrorBuffersNearLimit"],
                 targets=[(f"sum by (service, mirror) (specula_mirror_buffered_bytes{{{PAIR}}})", "{{mirror}}")]),
            dict(kind="bargauge", title="Limits used", unit="percentunit", width=8, steps=[(None, "green"), (0.6, "orange"), (0.8, "red")],
                 description="The fullest instance counts: the limits hold in each process.",
                 alerts=["SpeculaCopyBudgetNearLimit"],
                 targets=[(f"max by (mirror) (specula_mirror_in_flight_requests{{{PAIR}}} / specula_mirror_in_flight_requests_limit{{{PAIR}}})", "in flight, {{mirror}}"),
                          (f"max by (mirror) (specula_mirror_buffered_bytes{{{PAIR}}} / specula_mirror_buffered_bytes_limit{{{PAIR}}})", "bytes, {{mirror}}"),
                          (f"max(specula_copy_budget_used_bytes{{{ON}}} / specula_copy_budget_bytes{{{ON}}})", "budget of the process")]),
        ]),
    ],
}

def compared(which: str = ".+") -> str:
    return f'rate(specula_mirror_compared_total{{{PAIR},result=~"{which}"}}{RATE})'


COMPARISON = {
    "uid": "specula-comparison",
    "title": "Specula: primary and mirror",
    "description": "Both sides of the same traffic on the same axes, and the difference between them.",
    "variables": ["service", "mirror", "primary"],
    "rows": [
        ("Side by side", [
            dict(title="Requests", unit="reqps", width=12, minimum=0,
                 description="What the servers of either side were asked. A mirror of 10 % has a tenth of its primary's rate.",
                 alerts=["SpeculaMirrorReceivesNothing"], targets=overlaid(requests)),
            dict(title="Share of 5xx", unit="percentunit", width=12, minimum=0, steps=[(None, "green"), (0.1, "red")],
                 description="Failed answers of either side. The line is where a mirror alerts; a primary alerts by its error budget.",
                 alerts=["SpeculaMirrorErrors", "SpeculaPrimaryErrorBudgetBurn"], targets=overlaid(errors)),
        ]),
        ("Latency", [
            dict(title=f"p{round(q * 100)}", unit="s", width=8, minimum=0, exemplars=True, alerts=[alert],
                 description=f"{text} on either side takes at most this long. Between two bucket bounds the line is a guess: finer buckets make it sharper.",
                 targets=overlaid(lambda which, q=q: quantile(q, which)))
            for q, text, alert in ((0.5, "Half of the requests", "SpeculaMirrorSlower"), (0.95, "Nineteen of twenty requests", "SpeculaMirrorSlower"),
                                   (0.99, "Ninety-nine of a hundred requests", "SpeculaPrimaryLatency"))
        ]),
        ("Difference: mirror less primary", [
            dict(title="More failures on the mirror", unit="percentunit", width=8, steps=[(None, "green"), (0.02, "red")],
                 description="Of the requests that both sides got: failed on the mirror less failed on the primary. Below zero the mirror is the better one.",
                 alerts=["SpeculaMirrorErrorsAbovePrimary"],
                 targets=[(failing_more_on_the_mirror(), "{{mirror}}")]),
            dict(title="p95, mirror less primary", unit="s", width=8,
                 description="Above zero the mirror is slower.",
                 alerts=["SpeculaMirrorSlower"],
                 targets=[(f'{quantile(0.95, "$mirror")} - on () group_left () {quantile(0.95, "$primary", by="le")}', "{{service}}")]),
            dict(title="Time of the mirror over time of the primary", unit="short", width=8, minimum=0, steps=[(None, "green"), (2, "red")],
                 description="Request by request, so a change of traffic does not show. 1 is as fast as the primary. The line is where the median alerts.",
                 alerts=["SpeculaMirrorSlower"],
                 targets=[(f"histogram_quantile({q}, sum by (le, mirror) (rate(specula_mirror_latency_ratio_bucket{{{PAIR}}}{RATE})))", f"p{round(q * 100)} {{{{mirror}}}}")
                          for q in (0.5, 0.95)]),
        ]),
        ("The same requests on both sides", [
            dict(kind="heatmap", title="Latency ratio", unit="short", width=12, height=9,
                 description="Each column is a moment, each cell how many requests took so many times as long on the mirror. A band that leaves 1 is a change of behaviour.",
                 alerts=["SpeculaMirrorSlower"],
                 targets=[(f"sum by (le) (increase(specula_mirror_latency_ratio_bucket{{{PAIR}}}{RATE}))", "{{le}}")]),
            dict(kind="table", title="Status pairs", unit="short", width=12, height=9,
                 description="Rows: the primary's status class. Columns: the mirror's. Off the diagonal the two disagree.",
                 alerts=["SpeculaMirrorErrorsAbovePrimary"], matrix=("primary", "replica"),
                 targets=[(f"sum by (primary, replica) (increase(specula_mirror_status_pairs_total{{{PAIR}}}[$__range]))", "")]),
        ]),
        ("Distribution", [
            dict(kind="heatmap", title=f"Latency of the {side}", unit="s", width=12, height=9,
                 description=f"Requests of the {side} by duration; the bounds are those of metrics.prometheus.buckets.",
                 targets=[(f'sum by (le) (increase(traefik_service_request_duration_seconds_bucket{{{ON},service=~"${side}"}}{RATE}))', "{{le}}")])
            for side in ("primary", "mirror")
        ]),
        ("Answers compared, of mirrors with compare", [
            dict(title="Answers that differ", unit="percentunit", width=12, minimum=0, steps=[(None, "green"), (0.01, "red")],
                 description="Of the pairs that could be compared, those that differ in status, fields or body. The line is where it alerts.",
                 alerts=["SpeculaMirrorAnswersDiffer"],
                 targets=[(f"sum by (mirror) ({compared('.+_mismatch')}) / sum by (mirror) ({compared('match|.+_mismatch')})", "{{mirror}}")]),
            dict(title="Pairs, by what came of them", unit="reqps", width=12, stacked=True, minimum=0,
                 description="One result for each pair of answers; of several differences the worst. Skipped: a body that cannot be compared. Unpaired: one of the two answers did not come, or not whole.",
                 alerts=["SpeculaMirrorAnswersDiffer"],
                 targets=[(f"sum by (mirror, result) ({compared()}) > 0", "{{mirror}} {{result}}")]),
        ]),
    ],
}

GATEWAY = {
    "uid": "specula-gateway",
    "title": "Specula: gateway health",
    "description": "The gateway itself: what it costs, what it is short of, whether its books and its configuration are in order.",
    "variables": [],
    "rows": [
        ("Now", [
            dict(kind="stat", title="Instances up", unit="short", width=4, steps=[(None, "red"), (1, "green")],
                 description="Targets of the job that answer scrapes.", alerts=["SpeculaDown"],
                 targets=[(f"sum(up{{{ON}}})", "")]),
            dict(kind="stat", title="Versions", unit="short", width=4, text="name",
                 description="What runs; more than one during a roll-out.", alerts=["SpeculaAbsent"],
                 targets=[(f"count by (version) (specula_build_info{{{ON}}})", "{{version}}")]),
            dict(kind="stat", title="Since the last reload", unit="s", width=4,
                 description="Time since a configuration was last put in force.",
                 targets=[(f"time() - max(traefik_config_last_reload_success{{{ON}}})", "")]),
            dict(kind="stat", title="Last reload", unit="short", width=4, steps=[(None, "red"), (1, "green")], mappings={"0": "refused", "1": "in force"},
                 description="Whether the newest configuration is in force on every instance.", alerts=["SpeculaReloadFailing"],
                 targets=[(f"min(specula_config_last_reload_successful{{{ON}}})", "")]),
            dict(kind="stat", title="Servers down", unit="short", width=4, steps=[(None, "green"), (1, "red")],
                 description="Servers with a health check that no instance finds up.", alerts=["SpeculaServerDown"],
                 targets=[(f"count(max by (service, url) (traefik_service_server_up{{{ON}}}) == 0) or vector(0)", "")]),
            dict(kind="stat", title="Firing alerts", unit="short", width=4, steps=[(None, "green"), (1, "red")],
                 description="Alerts of the shipped rules that fire now.",
                 targets=[('count(ALERTS{alertstate="firing",alertname=~"Specula.+"}) or vector(0)', "")]),
        ]),
        ("Clients", [
            dict(title="Requests by entry point", unit="reqps", width=8, minimum=0, description="What clients asked; copies are not among it.",
                 targets=[(f"sum by (entrypoint) (rate(traefik_entrypoint_requests_total{{{ON}}}{RATE}))", "{{entrypoint}}")]),
            dict(title="Status of responses", unit="reqps", width=8, stacked=True, minimum=0, description="Responses to clients by status.",
                 alerts=["SpeculaPrimaryErrorBudgetBurn"],
                 targets=[(f"sum by (code) (rate(traefik_entrypoint_requests_total{{{ON}}}{RATE}))", "{{code}}")]),
            dict(title="Refused before routing", unit="reqps", width=8, minimum=0,
                 description="Requests that are no valid HTTP, or too large in their head: no Traefik series counts them.",
                 targets=[(f"sum by (code) (rate(specula_requests_refused_total{{{ON}}}{RATE}))", "{{code}}")]),
        ]),
        ("What the gateway adds", [
            dict(kind="heatmap", title="Overhead", unit="s", width=12, height=9,
                 description="From the head of a request to its going to its primary: routing, copies, tries that failed, connecting and handshake.", alerts=["SpeculaOverhead"],
                 targets=[(f"sum by (le) (increase(specula_proxy_overhead_seconds_bucket{{{ON}}}{RATE}))", "{{le}}")]),
            dict(title="Overhead by service", unit="s", width=12, height=9, minimum=0, exemplars=True,
                 description="Half of the requests, and ninety-nine of a hundred, spend at most this long in the gateway.", alerts=["SpeculaOverhead"],
                 targets=[(f"histogram_quantile({q}, sum by (le, service) (rate(specula_proxy_overhead_seconds_bucket{{{ON}}}{RATE})))", f"p{round(q * 100)} {{{{service}}}}")
                          for q in (0.5, 0.99)]),
            dict(kind="heatmap", title="Event loop lag", unit="s", width=12, height=9,
                 description="How late the event loops come to what is due.", alerts=["SpeculaEventLoopLag"],
                 targets=[(f"sum by (le) (increase(specula_event_loop_lag_seconds_bucket{{{ON}}}{RATE}))", "{{le}}")]),
            dict(title="Event loop lag, p99", unit="s", width=12, height=9, minimum=0,
                 description="One turn in a hundred is at least this late.", alerts=["SpeculaEventLoopLag"],
                 targets=[(f"histogram_quantile(0.99, sum by (le, instance) (rate(specula_event_loop_lag_seconds_bucket{{{ON}}}{RATE})))", "{{instance}}")]),
        ]),
        ("Resources", [
            dict(title="CPU per worker", unit="percentunit", width=6, minimum=0, description="1 is one core for each worker: the most it can use.",
                 alerts=["SpeculaEventLoopLag"],
                 targets=[(f"rate(process_cpu_seconds_total{{{ON}}}{RATE}) / on (job, instance) specula_workers{{{ON}}}", "{{instance}}")]),
            dict(title="Memory", unit="bytes", width=6, minimum=0, description="Resident memory of the process.",
                 targets=[(f"process_resident_memory_bytes{{{ON}}}", "{{instance}}")]),
            dict(title="Memory leased for copies", unit="bytes", width=6, minimum=0,
                 description="Dashed: what may be held for copies in a whole process. Solid: what its workers have leased.",
                 alerts=["SpeculaCopyBudgetNearLimit"], dashed="limit",
                 targets=[(f"max(specula_copy_budget_bytes{{{ON}}})", "limit"), (f"specula_copy_budget_used_bytes{{{ON}}}", "{{instance}}")]),
            dict(title="Descriptors used", unit="percentunit", width=6, minimum=0, steps=[(None, "green"), (0.8, "red")],
                 description="Open, of those that may be open.", alerts=["SpeculaDescriptorsNearLimit"],
                 targets=[(f"process_open_fds{{{ON}}} / process_max_fds{{{ON}}}", "{{instance}}")]),
        ]),
        ("Connections", [
            dict(title="Open connections", unit="short", width=8, minimum=0, description="Connections of clients at each entry point.",
                 targets=[(f"sum by (entrypoint) (traefik_open_connections{{{ON}}})", "{{entrypoint}}")]),
            dict(title="Accepted connections", unit="cps", width=8, minimum=0, description="New connections of clients.",
                 targets=[(f"sum by (entrypoint) (rate(specula_connections_accepted_total{{{ON}}}{RATE}))", "{{entrypoint}}")]),
            dict(title="Connections to servers", unit="cps", width=8, minimum=0, description="Opened, taken from the pool, or failed. Mostly reused is as it should be.",
                 targets=[(f"sum by (result) (rate(specula_upstream_connections_total{{{ON}}}{RATE}))", "{{result}}")]),
            dict(title="Accept pauses and shed connections", unit="short", width=12, minimum=0,
                 description="Descriptors or memory ran out: times that listening paused, idle connections closed to get descriptors back.",
                 alerts=["SpeculaAcceptPauses"],
                 targets=[(f"sum by (instance) (increase(specula_accept_pauses_total{{{ON}}}{RATE}))", "pauses {{instance}}"),
                          (f"sum by (instance) (increase(specula_connections_shed_total{{{ON}}}{RATE}))", "shed {{instance}}")]),
            dict(kind="table", title="Servers with a health check", unit="short", width=12, matrix=("url", "service"),
                 description="1 is up, 0 is down, as the best-informed instance sees it.", alerts=["SpeculaServiceDown"],
                 targets=[(f"max by (service, url) (traefik_service_server_up{{{ON}}})", "")]),
        ]),
        ("Books and configuration", [
            dict(title="Unaccounted copies", unit="short", width=6,
                 description="Sent, less ended, less in flight, of each instance. It trembles under load and must come back to zero.",
                 alerts=["SpeculaBooksOutOfBalance"],
                 targets=[(f'sum by (instance) (specula_mirror_decisions_total{{{ON},decision="sent"}}) - sum by (instance) (specula_mirror_outcomes_total{{{ON}}})'
                           f" - sum by (instance) (specula_mirror_in_flight_requests{{{ON}}})", "{{instance}}")]),
            dict(title="Reloads", unit="short", width=6, minimum=0, description="Configurations put in force, and refused.", alerts=["SpeculaReloadFailing"],
                 targets=[(f"sum(increase(traefik_config_reloads_total{{{ON}}}{RATE}))", "in force"),
                          (f"sum(increase(specula_config_reload_failures_total{{{ON}}}{RATE}))", "refused")]),
            dict(title="Log lines dropped", unit="cps", width=6, minimum=0, description="Lines that the log's writer could not keep up with.", alerts=["SpeculaLogLinesDropped"],
                 targets=[(f"sum by (log) (rate(specula_log_lines_dropped_total{{{ON}}}{RATE}))", "{{log}}")]),
            dict(title="Samples of a scrape", unit="short", width=6, minimum=0, description="How much a scrape of each instance has to carry.", alerts=["SpeculaScrapeLarge"],
                 targets=[(f"scrape_samples_scraped{{{ON}}}", "{{instance}}")]),
            dict(title="Duration of a scrape", unit="s", width=6, minimum=0, description="How long Prometheus waits for the metrics of each instance.", alerts=["SpeculaScrapeSlow"],
                 targets=[(f"scrape_duration_seconds{{{ON}}}", "{{instance}}")]),
            dict(title="Uptime", unit="s", width=6, minimum=0, description="Time since each process started.", alerts=["SpeculaRestarting"],
                 targets=[(f"time() - process_start_time_seconds{{{ON}}}", "{{instance}}")]),
            dict(title="Kubernetes objects out of date", unit="s", width=6, minimum=0,
                 description="Time since kinds of objects were last followed; nothing is shown outside of a cluster.", alerts=["SpeculaKubernetesStale"],
                 targets=[(f"max by (instance, resource) (specula_kubernetes_stale_seconds{{{ON}}})", "{{resource}} {{instance}}")]),
            dict(title="Spans", unit="cps", width=12, minimum=0, alerts=["SpeculaTraceSpansDropped"],
                 description="Spans that the collector has taken, and those that were dropped, by reason; nothing is shown where tracing is off.",
                 targets=[(f"sum(rate(specula_trace_spans_exported_total{{{ON}}}{RATE}))", "exported"),
                          (f"sum by (reason) (rate(specula_trace_spans_dropped_total{{{ON}}}{RATE}))", "dropped: {{reason}}")]),
        ]),
    ],
}

BOARDS = [MIRRORS, COMPARISON, GATEWAY]
