"""The reply: what a request of its own has to ask for; what holds for every answer is in test_every_answer."""

from conformance.base.observation import Observation, honoured, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.surfaces.chat.request import ChatCase

SENTENCE = "Repeat this sentence and nothing else: The café in Zürich serves crème brûlée, doesn't it?"
# What letters beyond ASCII turn into if they are decoded wrongly, left as bytes of a tokenizer, or escaped twice.
MANGLED = ("\ufffd", "Ã", "Ġ", "\\u00", "&#", "caf?", "Z?rich")


@claim("chat.reply.unicode")
async def test_unicode(case: ChatCase, ask: Ask) -> Observation:
    """Letters beyond ASCII arrive unchanged, in a sentence that the model is asked to repeat."""
    reply = await ask(case.request(SENTENCE, budget=64))
    if not reply.ok:
        return reply.refusal()
    mangled = next((text for text in MANGLED if text in reply.text), None)
    if mangled:
        return mishandled(f"letters are mangled to {mangled!r} in {reply.quoted_text()}")
    whole = "café in Zürich" in reply.text and "crème brûlée" in reply.text
    if whole:
        return honoured(f"repeated unchanged: {reply.quoted_text()}")
    return unanswered(f"the sentence was not repeated: {reply.quoted_text()}")
