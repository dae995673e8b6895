// RE2 behind a C face.
