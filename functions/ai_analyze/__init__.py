"""Read a form against its rules: analysis queue in, a verdict with checked evidence out."""
