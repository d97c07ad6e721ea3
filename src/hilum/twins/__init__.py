"""Which images show one exposure, and how the pixels of one lie in the other."""
