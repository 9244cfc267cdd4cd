"""The HTTP API: what admins, operators and approvers see and change."""
