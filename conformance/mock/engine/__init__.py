"""The engine: what an answer says.  It knows no API's words and no socket; every surface is a front on it."""
