"""The fronts: how each API spells requests, replies, streams and errors, a folder each."""
