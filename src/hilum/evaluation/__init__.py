"""Predictions against truth → figures with their uncertainty."""
