"""Whose tasks there are: AI queue in, the tasks of each person and the analyses that they need out."""
