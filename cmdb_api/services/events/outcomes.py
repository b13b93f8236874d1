"""What an answer of a receiver means, and how long it is left alone then. Pure.

The words are those of the log of deliveries.
"""

import random
from datetime import timedelta

TAKEN = "delivered"
# The receiver wants no more.
GONE = "gone"
# The receiver has trouble: all that is for it waits.
REST = "failed"
# It does not take this one event: what is told of its asset waits.
HOLD = "refused"
OUTCOMES = (TAKEN, REST, HOLD, GONE)

FIRST_SECONDS, LONGEST_SECONDS = 5, 900
# So many events in a row that are not taken are no fault of the events.
MOST_HELD = 5
_OF_THE_RECEIVER = (408, 425, 429)


def judge(answer, failures):
    """Return what an answer means, after so many failures in a row."""
    status = answer.status
    if answer.is_taken:
        return TAKEN
    if status == 410:
        return GONE
    if status is None or not 400 <= status < 500 or status in _OF_THE_RECEIVER:
        return REST
    return REST if failures + 1 >= MOST_HELD else HOLD


def pause(failures, retry_after=0):
    """Return how long to wait after so many failures in a row, at least as long as was asked."""
    seconds = min(FIRST_SECONDS * 2 ** min(failures - 1, 20), LONGEST_SECONDS)
    # Where many wait for one receiver they must not come back at the same moment.
    return timedelta(seconds=max(seconds * random.uniform(0.75, 1.25), retry_after))
