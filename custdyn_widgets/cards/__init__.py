"""Cards: what there is to know of one thing, bucket by bucket."""
