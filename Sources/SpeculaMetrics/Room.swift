// SpeculaMetrics
