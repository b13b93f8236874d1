"""Put one question to the kernel about several things, any of which may never be answered.

A thread costs as much as a hundred such questions, so one thread asks them all.
"""

import contextvars
import queue
import threading

import cmdb_source as source


def ask(name, function, things, limit_seconds):
    """
    Yield (thing, answer, error) of ``function(thing)``, asked as ``source.ask`` does, in order.

    The first that takes longer than ``limit_seconds`` is the last one told, its error a TimeLimit:
    the thread is abandoned with it. Whoever wants the rest asks again.
    """
    answers, given_up = queue.SimpleQueue(), threading.Event()

    def work():
        for thing in things:
            if given_up.is_set():
                return
            try:
                answers.put((source.ask(name, function, thing), None))
            except Exception as error:
                answers.put((None, error))

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(work,), daemon=True, name=f"cmdb {name}").start()
    for thing in things:
        limit = min(limit_seconds, source.seconds_left())
        try:
            answer, error = answers.get(timeout=limit)
        except queue.Empty:
            given_up.set()
            said = f"{name} {thing} took longer than {round(limit, 2):g} s; abandoned"
            yield thing, None, source.TimeLimit(said)
            return
        yield thing, answer, error
