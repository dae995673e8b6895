// SpeculaProxy
