"""The fronts, a folder per API: they parse requests and write replies, streams and errors.

What an answer says must stay in the engine.
"""
