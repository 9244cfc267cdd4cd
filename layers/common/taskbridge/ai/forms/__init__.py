"""Reading a form: its controls, the values in them, and what they mean."""
