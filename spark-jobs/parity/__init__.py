"""Both writers on one topic: the same cells, the same write timestamps, the same dead letters."""
