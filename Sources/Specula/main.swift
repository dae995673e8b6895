// Specula
