"""What became of events: logs, replays, queues, how it stands."""
