/// A response as it came back.
struct Answer {
    var status: Int
    var fields: [SeenRequest.Field]
    var body: [UInt8] = []
    var trailers: [SeenRequest.Field] = []
    var isIncomplete = false, lastsUntilClose = false

    var isFinal: Bool { status >= 200 || status == 101 }
    /// Whether more bytes could still belong to it.
    var isOpen: Bool { isIncomplete || lastsUntilClose || status == 101 }
    func values(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
}

/// Splits what a connection brought into responses, leniently: what is to be judged comes from the gateway.
enum AnswerParser {
    /// Responses and what is left over; `methods` are those of the requests, in order: a HEAD's answer has no body.
    static func parse(_ data: [UInt8], methods: [String]) -> (answers: [Answer], rest: [UInt8]) {
        var answers: [Answer] = [], at = 0, finals = 0
        while at < data.count, let end = find([13, 10, 13, 10], in: data, from: at),
            data[at...].starts(with: Array("HTTP/".utf8))
        {
            let lines = SeenRequest.lines(RequestText.text(data[at..<end]))
            let words = (lines.first ?? "").split(separator: " ")
            var answer = Answer(
                status: words.count > 1 ? Int(words[1]) ?? 0 : 0,
                fields: lines.dropFirst().compactMap(SeenRequest.Field.init))
            at = end + 4
            if answer.status < 200, answer.status != 101 {
                answers.append(answer)
                continue
            }
            let method = finals < methods.count ? methods[finals] : "GET"
            finals += 1
            if method != "HEAD", answer.status != 204, answer.status != 304 { at = readBody(&answer, data, at) }
            answers.append(answer)
            if answer.status == 101 { return (answers, []) }
        }
        return (answers, Array(data[at...]))
    }

    private static func readBody(_ answer: inout Answer, _ data: [UInt8], _ start: Int) -> Int {
        if answer.status != 101, answer.values("transfer-encoding").joined().lowercased().contains("chunked") {
            return readChunks(&answer, data, start)
        }
        if answer.status != 101, let count = answer.values("content-length").first.flatMap({ Int($0) }) {
            let end = min(data.count, start + count)
            answer.body = Array(data[start..<end])
            answer.isIncomplete = end - start < count
            return end
        }
        answer.body = Array(data[start...])
        answer.lastsUntilClose = answer.status != 101
        return data.count
    }

    private static func readChunks(_ answer: inout Answer, _ data: [UInt8], _ start: Int) -> Int {
        var at = start
        while let end = find([13, 10], in: data, from: at),
            let count = Int(RequestText.text(data[at..<end]).prefix { $0 != ";" }, radix: 16)
        {
            if count == 0 {
                if data[(end + 2)...].starts(with: [13, 10]) { return end + 4 }
                guard let last = find([13, 10, 13, 10], in: data, from: end) else { break }
                answer.trailers = SeenRequest.lines(RequestText.text(data[(end + 2)..<last])).compactMap(
                    SeenRequest.Field.init)
                return last + 4
            }
            guard data.count >= end + 2 + count + 2 else {
                answer.body += data[(end + 2)...]
                break
            }
            answer.body += data[(end + 2)..<(end + 2 + count)]
            at = end + 4 + count
        }
        answer.isIncomplete = true
        return data.count
    }

    private static func find(_ needle: [UInt8], in data: [UInt8], from start: Int) -> Int? {
        var at = start
        while at + needle.count <= data.count {
            if data[at] == needle[0], data[at..<at + needle.count].elementsEqual(needle) { return at }
            at += 1
        }
        return nil
    }
}
