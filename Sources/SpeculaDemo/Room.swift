// SpeculaDemo
