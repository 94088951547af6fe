"""From files to batches: cohorts and splits, decoding, the image cache, loading."""
