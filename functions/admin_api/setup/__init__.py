"""What admins set up: platforms, trigger rules, AI approval."""
