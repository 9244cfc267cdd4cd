"""What lets a call go to a platform: tokens, secrets, breakers, and the leases by which workers agree."""
