"""Bytes on disk ↔ arrays: radiographs in every format they come in, and masks."""
