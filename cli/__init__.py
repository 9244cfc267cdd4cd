"""The command `taskbridge`: speaks to the HTTP API and to the event bus, with the user's own credentials."""
