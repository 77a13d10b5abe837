"""What a notebook's kernel says: errors, progress, interrupts, what its file keeps."""
