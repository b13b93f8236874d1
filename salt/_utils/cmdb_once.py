"""Answers that the collectors of one report share: each question is asked once.

A tool that one collector has asked, or is asking now, answers the others as well, in the time
limit of the first.
"""

import threading

import cmdb_errors as errors


class Answers:
    """What was asked so far, and what came of it."""

    def __init__(self):
        self.answers, self.lock = {}, threading.Lock()

    def get(self, question, ask, limit_seconds, pause):
        """
        Return or raise what ``ask()`` did when it was first called for this question.

        Who comes while the first still asks waits, in the block ``pause()``, at most
        ``limit_seconds``; then TimeLimit is raised.
        """
        with self.lock:
            answer = self.answers.get(question)
            first = answer is None
            if first:
                answer = self.answers[question] = _Answer()
        if first:
            return answer.take(ask)
        if not answer.known.is_set():
            with pause():
                answer.known.wait(limit_seconds)
        return answer.give(question)


class _Answer:
    """What a question was answered, or is about to be."""

    def __init__(self):
        self.value = self.error = None
        self.known = threading.Event()

    def take(self, ask):
        """Ask, and keep what is answered or raised for the others."""
        try:
            self.value = ask()
        except BaseException as error:
            self.error = error
            raise
        finally:
            self.known.set()
        return self.value

    def give(self, question):
        """Return or raise what the first one was answered."""
        if not self.known.is_set():
            said = " ".join(map(str, question))
            raise errors.TimeLimit(f"{said}, asked by another collector, gave no answer in time")
        if self.error is None:
            return self.value
        # One of its own: two threads that raise the same one mix their tracebacks.
        import copy

        raise copy.copy(self.error)
