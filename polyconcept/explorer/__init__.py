"""The explorer: a static page that shows every concept of a study (docs/EXPLORER.md)."""
