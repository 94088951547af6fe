"""From files and phantoms to pixels: decoding, integrity, the cache."""
