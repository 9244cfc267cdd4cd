"""The web console: its types, its own unit tests, its size, and its pages in a browser."""
