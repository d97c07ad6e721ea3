"""Folders that people download → radiographs. One file per collection, one registry."""
