// SpeculaMirroring
