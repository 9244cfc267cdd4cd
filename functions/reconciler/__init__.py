"""The clock: drain what is due, probe what is down, settle what is stuck."""
