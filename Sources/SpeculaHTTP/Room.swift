// SpeculaHTTP
