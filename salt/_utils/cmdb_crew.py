"""Run pieces of work one after another in one thread, and in more only while some wait.

A thread costs as much as a small collector does, so that there is one, and the caller, who stays
free to give up what takes too long. Another one starts when a piece of work waits: when it says
so (``pause``: for a command, for a call with a limit), or was announced as slow and shows it.
"""

import collections
import contextlib
import contextvars
import threading
import time

# A slow piece of work that has run for so long waits for something outside.
PATIENCE_SECONDS = 0.02


class Work:
    """One piece of work: ``function(work)``, bounded by ``limit_seconds`` from its beginning."""

    def __init__(self, name, function, limit_seconds, slow=False):
        self.name, self.function, self.limit_seconds = name, function, limit_seconds
        self.slow = slow
        self.crew = None
        self.started = None
        self.waits = False
        self.settled = False

    @contextlib.contextmanager
    def pause(self):
        """Let others go on while the block waits for something outside this process."""
        self.crew.step_aside(self)
        try:
            yield
        finally:
            self.crew.step_back(self)


class Crew:
    """Does all work once; ``given_up(work)`` answers for what took too long."""

    def __init__(self, works, given_up):
        # The slow ones first: they wait while the others are done.
        self.queue = collections.deque(sorted(works, key=lambda work: not work.slow))
        self.total = len(self.queue)
        self.given_up = given_up
        self.answers = {}
        self.running = set()
        # Threads that do something now; those that wait, or were given up, are not counted.
        self.active = 0
        self.changed = threading.Condition()
        # The caller's: it carries the door to the machine and Salt's loader into the threads.
        self.context = contextvars.copy_context()

    def run(self):
        """Return {name: answer} when each piece of work has one."""
        with self.changed:
            self._go_on()
            while len(self.answers) < self.total:
                self.changed.wait(self._next_look())
                self._look()
        return self.answers

    def step_aside(self, work):
        """Count a piece of work as waiting; where nobody else is at work, somebody new begins."""
        with self.changed:
            if work.waits or work.settled:
                return
            work.waits = True
            self.active -= 1
            self._go_on()

    def step_back(self, work):
        """Count a piece of work as going on."""
        with self.changed:
            if work.waits and not work.settled:
                work.waits = False
                self.active += 1

    def _go_on(self):
        if self.queue and not self.active:
            self.active += 1
            target = self.context.copy().run
            threading.Thread(target=target, args=(self._take,), daemon=True, name="cmdb").start()

    def _take(self):
        """Do work until there is none, or somebody else goes on with it."""
        while True:
            with self.changed:
                if not self.queue or self.active > 1:
                    self.active -= 1
                    return
                work = self.queue.popleft()
                work.crew, work.started = self, time.monotonic()
                self.running.add(work)
            # In a context of its own: what it sets there is not for the next one.
            answer = contextvars.copy_context().run(work.function, work)
            with self.changed:
                if work.settled:
                    return
                self.active += work.waits
                self._settle(work, answer)

    def _settle(self, work, answer):
        work.settled = True
        self.running.discard(work)
        self.answers[work.name] = answer
        if len(self.answers) == self.total:
            self.changed.notify()

    def _next_look(self):
        """Return the seconds until something may have taken too long."""
        now = time.monotonic()
        moments = [work.started + work.limit_seconds for work in self.running]
        # What has not begun can't end before its own limit.
        moments += [now + work.limit_seconds for work in self.queue]
        if self.queue and any(
            work.slow and not work.waits for work in (*self.running, *self.queue)
        ):
            moments.append(now + PATIENCE_SECONDS)
        return max(0.0, min(moments) - now) if moments else None

    def _look(self):
        now = time.monotonic()
        for work in list(self.running):
            if now >= work.started + work.limit_seconds:
                self.active -= not work.waits
                self._settle(work, self.given_up(work))
            elif work.slow and not work.waits and now >= work.started + PATIENCE_SECONDS:
                work.waits = True
                self.active -= 1
        self._go_on()
