"""Many records → one dataset on disk, and back."""
