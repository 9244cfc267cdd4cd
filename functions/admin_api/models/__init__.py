"""What requests and answers look like, under the names of the contract."""
