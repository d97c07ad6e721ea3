"""Dataset → model file. The only room that imports torch."""
