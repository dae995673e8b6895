// SpeculaLogging
