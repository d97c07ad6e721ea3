"""Collections from where they are published → files that hilum reads, with a record of them."""
