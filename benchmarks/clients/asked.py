"""What the clients ask for, in the form of each API: a text, and a call of a tool.

The programs in JavaScript get it from here as well, so that all clients of an API send the same.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
COUNT, WEATHER = "Count from 1 to 5", "What is the weather in Paris?"
ABOUT = "Returns the weather of a city."
CITY: Json = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
GEMINI_CITY: Json = {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]}
TOOL = "get_weather"

MODELS = {"messages": "mock-claude", "responses": "mock-openai", "gemini": "mock-gemini"}
COLUMNS = {"messages": "claude", "responses": "openai", "gemini": "gemini"}

BODIES: dict[str, dict[str, Json]] = {
    "messages": {
        "text": {"max_tokens": 200, "messages": [{"role": "user", "content": COUNT}]},
        "tool": {
            "max_tokens": 2000,
            "thinking": {"type": "enabled", "budget_tokens": 1024},
            "tools": [{"name": TOOL, "description": ABOUT, "input_schema": CITY}],
            "messages": [{"role": "user", "content": WEATHER}],
        },
    },
    "responses": {
        "text": {"input": COUNT},
        "tool": {
            "input": WEATHER,
            "tools": [{"type": "function", "name": TOOL, "description": ABOUT, "parameters": CITY, "strict": True}],
        },
    },
    "gemini": {
        "text": {"contents": [{"role": "user", "parts": [{"text": COUNT}]}]},
        "tool": {
            "contents": [{"role": "user", "parts": [{"text": WEATHER}]}],
            "tools": [
                {"functionDeclarations": [{"name": TOOL, "description": ABOUT, "parameters": GEMINI_CITY}]},
            ],
        },
    },
}
PATHS = {
    "messages": "/v1/messages",
    "responses": "/v1/responses",
    "gemini": "/v1beta/models/mock-gemini:streamGenerateContent?alt=sse",
}


def request(surface: str, base: str) -> Json:
    """Return the body of the request for a stream."""
    body = BODIES[surface][base]
    return body if surface == "gemini" else {"model": MODELS[surface], "stream": True, **body}


KEY = "sk-benchmark"
HEADERS = {"authorization": f"Bearer {KEY}", "x-goog-api-key": KEY, "anthropic-version": "2023-06-01"}
