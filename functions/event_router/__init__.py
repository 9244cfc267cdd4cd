"""What happened, and who must know: ingest queue in, one message for each target out."""
