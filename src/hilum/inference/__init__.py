"""Model file + radiograph → masks, finding, severity. Light: no torch, no pyarrow."""
