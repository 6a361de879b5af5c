"""A watch: a few claims each night, in turn, and a word to somebody when one of them turns."""
