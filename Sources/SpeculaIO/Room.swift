// SpeculaIO
