"""Searching PubMed through NCBI E-utilities."""
