"""Content generation in the mock gateway: its routes, what it accepts, and how answers and errors look there."""
