package clip

// PartsDamaged is the note on a clip of which some was passed over.
const PartsDamaged = "parts of it are damaged"
