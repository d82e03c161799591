"""The Sphinx side: execute chapters, generate pages, build the site."""
