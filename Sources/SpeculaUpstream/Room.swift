// SpeculaUpstream
