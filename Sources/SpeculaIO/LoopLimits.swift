/// How much a loop does for one before it looks at the others.
package struct LoopLimits: Sendable {
    /// The buffer that all connections receive into.
    ///
    /// Default 64 KiB.
    package var receiveBytes = 65_536
    /// The same while a connection fills that buffer at each receive: a large body costs a quarter less in fewer, larger calls.
    ///
    /// Default 256 KiB.
    package var bulkReceiveBytes = 262_144
    /// Receive calls for one connection in a turn.
    ///
    /// Default 4.
    package var receivesPerTurn = 4
    /// Bytes received from one connection in a turn, after which the others come first.
    ///
    /// Default 64 KiB.
    package var receivedBytesPerTurn = 65_536
    /// Bytes sent to one connection in a turn, after which the others come first.
    ///
    /// Default 256 KiB.
    package var sentBytesPerTurn = 262_144
    /// Connections accepted from one listener in a turn.
    ///
    /// Default 16.
    package var acceptsPerTurn = 16
    /// Steps of TLS handshakes in a turn, each up to a millisecond or two; the others wait for the next.
    ///
    /// Default 8.
    package var handshakeStepsPerTurn = 8
    /// Timers fired in a turn.
    ///
    /// A thousand copies that were sent together run out of time together, and each closes a connection, which takes 10 µs or so.
    ///
    /// Default 64.
    package var timersPerTurn = 64
    /// Connections of mirrors served in a turn, after which production is asked for first; one that has used up its turn's bytes
    /// and has more counts for eight.
    ///
    /// Default 32.
    package var mirrorsPerTurn = 32
    /// Rounds in which ends of connections are told within a turn, when telling ends more of them.
    ///
    /// Default 16.
    package var endRoundsPerTurn = 16
    /// Bytes that a lingering connection reads and drops before it is cut.
    ///
    /// Default 16 MiB.
    package var lingeringBytes = 16 << 20

    /// A mirror is connected to only with a descriptor below this one, so that production never lacks the others.
    ///
    /// Default: any; the gateway sets half of what the process may have.
    package var mirrorDescriptors = Int32.max

    /// Descriptors that nobody gets but listeners which use the reserve, where there is one.
    ///
    /// Default none; the gateway sets two to eight.
    package var reservedDescriptors = 0

    /// How long a connection that is to close after its last byte waits for a peer that takes none.
    ///
    /// Default 60 s.
    package var closingStall = Duration.seconds(60)

    package init() {}
}

/// What a loop counted since it began.
package struct LoopStatistics: Equatable, Sendable {
    package var turns = 0
    package var events = 0
    package var timersFired = 0
    /// The longest that a timer was late, in nanoseconds.
    package var largestTimerLag: UInt64 = 0
    package var jobs = 0
    package var accepted = 0
    /// Times that a listener had to pause because descriptors or memory had run out.
    package var acceptPauses = 0
    /// Connections accepted with the spare descriptor and closed at once.
    package var shed = 0
    /// Connections open now, both kinds.
    package var openConnections = 0
    package var openListeners = 0
    package var timersArmed = 0
    package var chunksOut = 0
    package var chunkBytesOut = 0
}
