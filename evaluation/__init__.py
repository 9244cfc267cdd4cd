"""How well a platform reads: the golden forms, asked about, and what came of it compared with what a person found."""
