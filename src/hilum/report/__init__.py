"""Figures → pages and pictures."""
