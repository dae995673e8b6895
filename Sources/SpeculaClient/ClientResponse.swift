/// What a server answered, up to the body.
package struct ClientResponseHead: Sendable {
    package let status: Int
    /// In the order they came.
    package let fields: [(name: String, value: String)]

    package init(status: Int, fields: [(name: String, value: String)]) {
        self.status = status
        self.fields = fields
    }

    /// The value of the first field called `name`, in any case.
    package func firstValue(of name: String) -> String? {
        let wanted = name.lowercased()
        return fields.first { $0.name.lowercased() == wanted }?.value
    }

    /// 200 to 299.
    package var isSuccess: Bool { (200..<300).contains(status) }
}

/// A whole response.
package struct ClientResponse: Sendable {
    package let head: ClientResponseHead
    package let body: [UInt8]

    package init(head: ClientResponseHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }

    package var status: Int { head.status }
}
