// SpeculaTracing
