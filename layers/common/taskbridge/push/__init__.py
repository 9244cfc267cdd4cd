"""What the push of todos to a task center is made of: documents, messages, logs, rules, jobs."""
