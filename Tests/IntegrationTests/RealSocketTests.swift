import Testing

/// Everything that runs the built gateway between real clients and real servers, one after another.
///
/// Asserts nothing itself: the other files of this folder add their suites to it, so that no two of them run at once.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct RealSocketTests {}
