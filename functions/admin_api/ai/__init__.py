"""What approvers do with AI approval. Every function that reads or changes a person's things takes the person's uid."""
