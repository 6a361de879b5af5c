"""What every reply of the toy holds."""

from conformance.base.observation import Observation, honoured, mishandled
from conformance.suite import claim
from conformance.surfaces.reply import Reply
from conformance.surfaces.surface import PromptCase
from conformance.trial.ask import Ask


@claim("toy.reply.words")
async def test_words(case: PromptCase, ask: Ask[Reply]) -> Observation:
    """The count of words is that of what was said."""
    reply = await ask.control(case.plain())
    count = len(reply.text.split())
    return (
        honoured(f"{count} words")
        if reply.answer_tokens == count
        else mishandled(f"{reply.answer_tokens}, not {count}")
    )
