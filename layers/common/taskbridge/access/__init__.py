"""What is needed to be let in: tokens, secrets, and the leases that elect who fetches them."""
