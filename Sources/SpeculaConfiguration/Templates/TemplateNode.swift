/// What a template is made of.
indirect enum TemplateNode: Sendable {
    case text(Range<Int>)
    case action(TemplatePipeline)
    case condition(TemplatePipeline, then: [TemplateNode], otherwise: [TemplateNode])
    case with(TemplatePipeline, then: [TemplateNode], otherwise: [TemplateNode])
    case range(TemplatePipeline, body: [TemplateNode], otherwise: [TemplateNode])
    case template(name: String, argument: TemplatePipeline?, offset: Int)
    case breakLoop
    case continueLoop
}

/// Commands, each of which gets the value of the one before it as its last argument.
struct TemplatePipeline: Sendable {
    /// `$x :=`, `$i, $x := range`.
    var variables: [String] = []
    /// `=` instead of `:=`.
    var assigns = false
    var commands: [TemplateCommand] = []
    /// Bytes from the start of the text.
    var offset: Int
}

/// A function with arguments, or a single operand.
struct TemplateCommand: Sendable {
    var operands: [TemplateOperand] = []
    var offset: Int
}

/// A thing that has a value.
indirect enum TemplateOperand: Sendable {
    case literal(TemplateValue)
    case dot
    /// `.A.B`.
    case field([String])
    /// `$x.A.B`; `$` alone is the empty name.
    case variable(String, [String])
    case function(String)
    case pipeline(TemplatePipeline)
    /// `(…).A.B`.
    case chain(TemplateOperand, [String])
}
