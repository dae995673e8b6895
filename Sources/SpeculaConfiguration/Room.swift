// SpeculaConfiguration
