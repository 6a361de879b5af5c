"""Anthropic's Messages API in the mock: messages, streams, and counts of tokens."""
