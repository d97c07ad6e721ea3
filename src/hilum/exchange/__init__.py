"""Datasets in other people's formats. Only writes."""
