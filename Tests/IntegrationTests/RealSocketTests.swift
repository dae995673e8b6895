import Testing

/// Everything that runs the built gateway between real clients and real servers, one after another.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct RealSocketTests {}
