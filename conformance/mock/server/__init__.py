"""The gateway as a server: application, socket, options, rate limit, and answers and errors on the wire.

It must not know any API by name: fronts bring their routes, keys and error envelopes.
"""
