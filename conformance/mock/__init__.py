"""The mock gateway: a server over real HTTP that behaves as the contract documents, plus named defects.

A request passes through the server (routes, key), the front of its surface (surfaces/<name>/: parse and check), the engine
(the content of the answer), the front again (reply, stream or error) and the server (bytes on the wire).  Defects act at
seams between these steps.

The mock must not import any other part of the project: it shares the contract's data files with the suite, but no code.
To start one, call `server.serving.serve(options)` or `server.serving.running(options)` with `server.options.Options`.
"""
