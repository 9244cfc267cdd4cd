"""Serves the web console: packed files, and what a page has to know before anybody is signed in."""
