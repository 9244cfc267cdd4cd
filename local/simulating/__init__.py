"""What the simulators share: answers, faults on request, tokens, state files, the server, control addresses."""
