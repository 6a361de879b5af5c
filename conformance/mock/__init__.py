"""The mock gateway: reference behaviour over real HTTP, plus named defects.

A request passes server (routes, key) -> the front of its surface (surfaces/<name>/: request, checks) -> engine (what is
said) -> the front again (reply, stream, error) -> server (the wire).  Defects act at seams between these steps.

It imports nothing else of the project; with the suite it shares the contract's data files and no code.
`server.serving` holds `serve(options)` and `running(options)`, `server.options` the options.
"""
