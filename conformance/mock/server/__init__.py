"""The gateway as a server: its application, its socket, its options, its limits, and an answer or a refusal on the wire."""
