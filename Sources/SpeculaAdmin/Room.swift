// SpeculaAdmin
