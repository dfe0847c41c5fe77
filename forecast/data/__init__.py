"""Readers of the public source files, the source registry and the embedded reference."""
