"""The nouns of the pipeline: frozen values with their units in the names."""
