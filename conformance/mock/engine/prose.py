"""Free text for prompts that leave the answer open: paragraphs that depend on a seed and mention the prompt's topic.

Only word lists and the grammar over them live here; instructions.py reads what a prompt asks for.
"""

import random
import re


def phrases(text: str) -> tuple[str, ...]:
    """Return the phrases of a list that is separated by slashes."""
    return tuple(text.split(" / "))


OPENINGS = phrases(
    "In the early morning / On a quiet evening / After the long winter / Near the old harbour / "
    "Beyond the last hill / Under a pale sky / At the edge of town / During the dry season / "
    "Before the storm came / Along the narrow road"
)
SUBJECTS = phrases(
    "a patient gardener / the young printer / an old sailor / the village baker / a careful surveyor / "
    "the night watchman / a travelling singer / the clockmaker / a curious student / the retired pilot / "
    "a stubborn painter / the river guide"
)
VERBS = phrases(
    "gathered / measured / carried / repaired / described / counted / painted / followed / studied / "
    "borrowed / planted / remembered"
)
OBJECTS = phrases(
    "seven copper lamps / a map of the coast / the broken bridge / three baskets of apples / "
    "an unfinished letter / the tall white fence / a box of small tools / the oldest songs / "
    "a row of young trees / the colour of the water / a heavy wooden door / the names of the stars"
)
REASONS = phrases(
    "because nobody else would / so that the children could learn / while the others slept / "
    "and told no one about it / until the light was gone / as if time had stopped / "
    "without asking for thanks / for reasons of its own kind / though the wind was rising / "
    "and smiled at the result"
)
LINKS = phrases("Meanwhile / Later / Soon / Strangely / Still / Finally / Often / Once")
COMMON = phrases(
    "about / after / again / could / every / first / their / there / these / thing / think / those / where / which / "
    "while / would / write / please / short / answer / paragraph / sentence / sentences / words / story / something / "
    "describe / explain / exactly / reply / tell"
)
# A paragraph ends with the first sentence that reaches a number of words drawn between these two.  A sentence has 11 to 20
# words, so that a paragraph has 42 to 82: long enough for the caps and stop sequences of the suite to act in it.
MIN_WORDS, MAX_WORDS = 42, 64


def topic(prompt: str) -> str:
    """Return the longest uncommon word of a prompt, which its answer mentions."""
    words = [word for word in re.findall(r"\b[a-z]{5,14}\b", prompt) if word not in COMMON]
    return max(words, key=len, default="morning")


def sentence(dice: random.Random) -> str:
    """Return one sentence."""
    start = dice.choice(OPENINGS) if dice.random() < 0.5 else dice.choice(LINKS)
    middle = f"{dice.choice(SUBJECTS)} {dice.choice(VERBS)} {dice.choice(OBJECTS)}"
    return f"{start}, {middle} {dice.choice(REASONS)}."


def paragraph(prompt: str, seed: bytes, words: int | None = None) -> str:
    """Return whole sentences: 40 to 80 words, or at least `words` and at most a sentence more."""
    dice = random.Random(seed)
    wanted = dice.randint(MIN_WORDS, MAX_WORDS) if words is None else words
    text = f"Here {dice.choice(SUBJECTS)} {dice.choice(VERBS)} {dice.choice(OBJECTS)}, thinking of {topic(prompt)}."
    count = len(text.split())
    sentences = [text]
    while count < wanted:
        sentences.append(sentence(dice))
        count += len(sentences[-1].split())
    return " ".join(sentences)


def word(seed: bytes) -> str:
    """Return one word, for prompts that ask for a single word."""
    return random.Random(seed).choice(VERBS).capitalize()


def number(seed: bytes) -> str:
    """Return one number of two digits, for prompts that ask for a number only."""
    return str(random.Random(seed).randint(10, 99))
