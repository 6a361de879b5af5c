"""The engine: decides the content of an answer.  It must not know the words of any API, JSON replies or sockets."""
