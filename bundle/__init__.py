"""Packs the functions and the layer for Lambda and for one machine."""
