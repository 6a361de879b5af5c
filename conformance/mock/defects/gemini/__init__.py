"""Defects of content generation, by the topic whose claims they break."""
