/// Every family that a scrape can show: the only place with names and HELP texts.
///
/// The README's table is made from it.
///
/// Names, types and labels of `traefik_*` are Traefik's, those of `process_*` are client_golang's; the words are ours.
package enum MetricCatalog {
    // MARK: Requests, as Traefik counts them

    static let requests: [MetricFamily] = [entryPointRequests, routerRequests, serviceRequests]
    static let durations: [MetricFamily] = [entryPointDurations, routerDurations, serviceDurations]
    static let requestBytes: [MetricFamily] = [entryPointRequestBytes, routerRequestBytes, serviceRequestBytes]
    static let responseBytes: [MetricFamily] = [entryPointResponseBytes, routerResponseBytes, serviceResponseBytes]
    static let tlsRequests: [MetricFamily] = [entryPointTLSRequests, routerTLSRequests, serviceTLSRequests]

    static let entryPointRequests = MetricFamily(
        "traefik_entrypoint_requests_total", .counter, labels: ["code", "entrypoint", "method", "protocol"],
        "Requests that an entry point has answered.")
    static let entryPointTLSRequests = MetricFamily(
        "traefik_entrypoint_requests_tls_total", .counter, labels: ["entrypoint", "tls_cipher", "tls_version"],
        "Requests that reached an entry point over TLS.")
    static let entryPointDurations = MetricFamily(
        "traefik_entrypoint_request_duration_seconds", .histogram,
        labels: ["code", "entrypoint", "method", "protocol"], unit: "seconds",
        "Time from a request's head to the last byte of its response, at an entry point.")
    static let entryPointRequestBytes = MetricFamily(
        "traefik_entrypoint_requests_bytes_total", .counter, labels: ["code", "entrypoint", "method", "protocol"],
        unit: "bytes", "Body bytes of the requests at an entry point.")
    static let entryPointResponseBytes = MetricFamily(
        "traefik_entrypoint_responses_bytes_total", .counter, labels: ["code", "entrypoint", "method", "protocol"],
        unit: "bytes", "Body bytes of the responses at an entry point.")

    static let routerRequests = MetricFamily(
        "traefik_router_requests_total", .counter, labels: ["code", "method", "protocol", "router", "service"],
        "Requests that a router has taken.")
    static let routerTLSRequests = MetricFamily(
        "traefik_router_requests_tls_total", .counter, labels: ["router", "service", "tls_cipher", "tls_version"],
        "Requests over TLS that a router has taken.")
    static let routerDurations = MetricFamily(
        "traefik_router_request_duration_seconds", .histogram,
        labels: ["code", "method", "protocol", "router", "service"], unit: "seconds",
        "Time from a request's head to the last byte of its response, at a router.")
    static let routerRequestBytes = MetricFamily(
        "traefik_router_requests_bytes_total", .counter, labels: ["code", "method", "protocol", "router", "service"],
        unit: "bytes", "Body bytes of the requests that a router has taken.")
    static let routerResponseBytes = MetricFamily(
        "traefik_router_responses_bytes_total", .counter, labels: ["code", "method", "protocol", "router", "service"],
        unit: "bytes", "Body bytes of the responses to the requests that a router has taken.")

    static let serviceRequests = MetricFamily(
        "traefik_service_requests_total", .counter, labels: ["code", "method", "protocol", "service"],
        "Requests sent to the servers of a service, copies included.")
    static let serviceTLSRequests = MetricFamily(
        "traefik_service_requests_tls_total", .counter, labels: ["service", "tls_cipher", "tls_version"],
        "Requests of a service whose client came over TLS.")
    static let serviceDurations = MetricFamily(
        "traefik_service_request_duration_seconds", .histogram, labels: ["code", "method", "protocol", "service"],
        unit: "seconds", "Time that a server of a service took, to the last byte of its response.")
    static let serviceRequestBytes = MetricFamily(
        "traefik_service_requests_bytes_total", .counter, labels: ["code", "method", "protocol", "service"],
        unit: "bytes", "Body bytes sent to the servers of a service.")
    static let serviceResponseBytes = MetricFamily(
        "traefik_service_responses_bytes_total", .counter, labels: ["code", "method", "protocol", "service"],
        unit: "bytes", "Body bytes that the servers of a service have answered.")
    static let serviceRetries = MetricFamily(
        "traefik_service_retries_total", .counter, labels: ["service"],
        "Requests that were sent to a service once more.")
    static let serverUp = MetricFamily(
        "traefik_service_server_up", .gauge, labels: ["service", "url"],
        "Whether a server with a health check is up (1) or down (0).")

    // MARK: The process, as Traefik shows it

    static let configReloads = MetricFamily(
        "traefik_config_reloads_total", .counter, presence: .always,
        "Configurations that were put in force.")
    static let configLastReload = MetricFamily(
        "traefik_config_last_reload_success", .gauge, presence: .always,
        "When a configuration was last put in force, in seconds since the epoch.")
    static let openConnections = MetricFamily(
        "traefik_open_connections", .gauge, labels: ["entrypoint", "protocol"], presence: .always,
        "Connections that are open at an entry point.")
    static let certificates = MetricFamily(
        "traefik_tls_certs_not_after", .gauge, labels: ["cn", "sans", "serial"],
        "When a certificate expires, in seconds since the epoch.")

    // MARK: The books

    static let decisions = MetricFamily(
        "specula_mirror_decisions_total", .counter, labels: ["decision", "mirror", "service"], presence: .always,
        "What was decided about requests and a mirror; the sum is the requests of the mirroring service.")
    static let outcomes = MetricFamily(
        "specula_mirror_outcomes_total", .counter, labels: ["mirror", "outcome", "service"], presence: .always,
        "How copies to a mirror ended; with those in flight the sum is what was sent.")
    static let compared = MetricFamily(
        "specula_mirror_compared_total", .counter, labels: ["mirror", "result", "service"],
        "Answers of a mirror that were held against the primary's, by what came of it; one result a pair.")
    static let statusPairs = MetricFamily(
        "specula_mirror_status_pairs_total", .counter, labels: ["mirror", "primary", "replica", "service"],
        "Finished copies by the status classes of primary and mirror.")
    static let latencyRatio = MetricFamily(
        "specula_mirror_latency_ratio", .histogram, labels: ["mirror", "service"], unit: "ratio",
        "Time of a mirror over the time of the primary for the same request.")
    /// Copies in flight; to be added as a gauge by whoever counts them.
    package static let inFlight = MetricFamily(
        "specula_mirror_in_flight_requests", .gauge, labels: ["mirror", "service"], presence: .always,
        "Copies that are under way to a mirror.")
    package static let inFlightLimit = MetricFamily(
        "specula_mirror_in_flight_requests_limit", .gauge, labels: ["mirror", "service"], presence: .always,
        "Copies that may be under way to a mirror.")
    package static let bufferedBytes = MetricFamily(
        "specula_mirror_buffered_bytes", .gauge, labels: ["mirror", "service"], unit: "bytes", presence: .always,
        "Body bytes held for copies to a mirror.")
    package static let bufferedBytesLimit = MetricFamily(
        "specula_mirror_buffered_bytes_limit", .gauge, labels: ["mirror", "service"], presence: .always,
        "Body bytes that may be held for copies to a mirror.")
    package static let configuredRatio = MetricFamily(
        "specula_mirror_configured_ratio", .gauge, labels: ["mirror", "service"], unit: "ratio", presence: .always,
        "Share of the requests that a mirror is to get, from 0 to 1.")
    package static let mirrorInfo = MetricFamily(
        "specula_mirror_info", .gauge, labels: ["mirror", "primary", "service"], presence: .always,
        "Which service is the primary of a mirror; always 1.")
    package static let copyBudget = MetricFamily(
        "specula_copy_budget_used_bytes", .gauge, unit: "bytes", presence: .always,
        "Bytes that the workers have leased from the budget for held copies.")
    package static let copyBudgetLimit = MetricFamily(
        "specula_copy_budget_bytes", .gauge, unit: "bytes", presence: .always,
        "Bytes that may be held for copies in the whole process.")

    // MARK: The gateway itself

    static let proxyOverhead = MetricFamily(
        "specula_proxy_overhead_seconds", .histogram, labels: ["service"], unit: "seconds",
        "From a request's head to its going to its primary: routing, copies, failed tries, connecting and handshake.")
    static let loopLag = MetricFamily(
        "specula_event_loop_lag_seconds", .histogram, unit: "seconds", presence: .always,
        "How late a worker's event loop came to what was due.")
    static let configLastReloadSuccessful = MetricFamily(
        "specula_config_last_reload_successful", .gauge, presence: .always,
        "Whether the last configuration that was read is in force (1) or was refused (0).")
    static let configReloadFailures = MetricFamily(
        "specula_config_reload_failures_total", .counter, presence: .always,
        "Configurations that were refused; the one before stayed in force.")
    package static let clusterStale = MetricFamily(
        "specula_kubernetes_stale_seconds", .gauge, labels: ["provider", "resource"], unit: "seconds",
        "Time since a kind of Kubernetes objects was last known to be up to date; 0 while it is followed.")
    package static let clusterObjects = MetricFamily(
        "specula_kubernetes_objects", .gauge, labels: ["provider", "resource"],
        "Kubernetes objects of a kind that are known.")
    package static let clusterFailures = MetricFamily(
        "specula_kubernetes_failures_total", .counter, labels: ["provider", "reason"],
        "Lists and watches of Kubernetes objects, and writes of their status, that failed.")
    static let buildInfo = MetricFamily(
        "specula_build_info", .gauge, labels: ["revision", "swift_version", "version"], presence: .always,
        "What is running; always 1.")
    package static let workers = MetricFamily(
        "specula_workers", .gauge, presence: .always, "Workers, each with one thread and one event loop.")
    package static let accepted = MetricFamily(
        "specula_connections_accepted_total", .counter, labels: ["entrypoint"], presence: .always,
        "Connections that clients have opened.")
    package static let acceptPauses = MetricFamily(
        "specula_accept_pauses_total", .counter, presence: .always,
        "Times that listening paused because descriptors or memory ran out.")
    package static let shedConnections = MetricFamily(
        "specula_connections_shed_total", .counter, presence: .always,
        "Clients closed for lack of descriptors: idle ones to get theirs back, newcomers that nobody could take.")
    package static let refusedRequests = MetricFamily(
        "specula_requests_refused_total", .counter, labels: ["code"],
        "Requests refused before routing, which no request family of Traefik counts.")
    package static let upstreamConnections = MetricFamily(
        "specula_upstream_connections_total", .counter, labels: ["result"], presence: .always,
        "Connections to servers that were opened, reused or could not be made.")
    package static let logLinesDropped = MetricFamily(
        "specula_log_lines_dropped_total", .counter, labels: ["log"], presence: .always,
        "Log lines dropped because their writer could not keep up.")
    package static let spansRecorded = MetricFamily(
        "specula_trace_spans_recorded_total", .counter,
        "Spans that were finished and kept for the collector; shown where tracing is on.")
    package static let spansExported = MetricFamily(
        "specula_trace_spans_exported_total", .counter, "Spans that the collector has taken.")
    package static let spansDropped = MetricFamily(
        "specula_trace_spans_dropped_total", .counter, labels: ["reason"],
        "Spans that never reached the collector: no room, no collector, not wanted, or the gateway stopped.")
    package static let spanExportFailures = MetricFamily(
        "specula_trace_export_failures_total", .counter, "Requests to the collector that failed, each try counted.")
    static let headerLabelsFolded = MetricFamily(
        "specula_header_label_sets_folded_total", .counter,
        "Requests whose header labels were counted under other, because too many values were seen.")

    // MARK: The operating system's view

    static let processCPU = MetricFamily(
        "process_cpu_seconds_total", .counter, unit: "seconds", presence: .always,
        "Total user and system CPU time spent in seconds.")
    static let processOpenDescriptors = MetricFamily(
        "process_open_fds", .gauge, presence: .always, "Number of open file descriptors.")
    static let processMaxDescriptors = MetricFamily(
        "process_max_fds", .gauge, presence: .always, "Maximum number of open file descriptors.")
    static let processVirtualMemory = MetricFamily(
        "process_virtual_memory_bytes", .gauge, unit: "bytes", presence: .always, "Virtual memory size in bytes.")
    static let processMaxVirtualMemory = MetricFamily(
        "process_virtual_memory_max_bytes", .gauge, unit: "bytes", presence: .always,
        "Maximum amount of virtual memory available in bytes.")
    static let processResidentMemory = MetricFamily(
        "process_resident_memory_bytes", .gauge, unit: "bytes", presence: .always, "Resident memory size in bytes.")
    static let processStartTime = MetricFamily(
        "process_start_time_seconds", .gauge, unit: "seconds", presence: .always,
        "Start time of the process since unix epoch in seconds.")
    static let processReceivedBytes = MetricFamily(
        "process_network_receive_bytes_total", .counter, unit: "bytes", presence: .always,
        "Number of bytes received by the process over the network.")
    static let processSentBytes = MetricFamily(
        "process_network_transmit_bytes_total", .counter, unit: "bytes", presence: .always,
        "Number of bytes sent by the process over the network.")

    /// All families, sorted by name, as a scrape shows them.
    package static let all: [MetricFamily] = {
        let families =
            requests + durations + requestBytes + responseBytes + tlsRequests + [
                serviceRetries, serverUp, configReloads, configLastReload, openConnections, certificates, decisions,
                outcomes, compared, statusPairs, latencyRatio, inFlight, inFlightLimit, bufferedBytes,
                bufferedBytesLimit,
                configuredRatio, mirrorInfo, copyBudget, copyBudgetLimit, proxyOverhead, loopLag,
                configLastReloadSuccessful,
                configReloadFailures, clusterStale, clusterObjects, clusterFailures, buildInfo, workers, accepted,
                acceptPauses, shedConnections, refusedRequests,
                upstreamConnections, logLinesDropped, spansRecorded, spansExported, spansDropped,
                spanExportFailures, headerLabelsFolded, processCPU, processOpenDescriptors,
                processMaxDescriptors, processVirtualMemory, processMaxVirtualMemory, processResidentMemory,
                processStartTime, processReceivedBytes, processSentBytes,
            ]
        return families.sorted { $0.name.description < $1.name.description }
    }()

    /// The rows of the README's table: name, type, labels, meaning; Markdown without the heading rows.
    package static var tableRows: [String] {
        all.map { family in
            let labels = family.labels.map { "`\($0)`" }.joined(separator: ", ")
            return "| `\(family.name)` | \(family.kind.text) | \(labels.isEmpty ? "–" : labels) | \(family.help) |"
        }
    }
}
