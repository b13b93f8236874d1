"""Work is done in one thread while nothing waits, and side by side while something does."""

import threading
import time

import cmdb_crew as crew
import cmdb_source as source


def done(*works, given_up=lambda work: "given up"):
    return crew.Crew(works, given_up).run()


def work(name, function, limit_seconds=5, slow=False):
    return crew.Work(name, function, limit_seconds, slow)


def test_no_work_is_done_at_once():
    assert done() == {}


def test_what_does_not_wait_shares_one_thread():
    threads = done(*(work(name, lambda _: threading.get_ident()) for name in "abc"))
    assert len(set(threads.values())) == 1
    assert threading.get_ident() not in threads.values()


def test_what_says_that_it_waits_lets_the_next_begin():
    both = threading.Barrier(2, timeout=5)

    def meet(own):
        with own.pause():
            both.wait()
        return "met"

    assert done(work("a", meet), work("b", meet)) == {"a": "met", "b": "met"}


def test_what_is_announced_as_slow_lets_the_next_begin_without_a_word():
    release = threading.Event()

    def wait(_):
        return release.wait(5)

    answers = done(work("a", wait, slow=True), work("b", lambda _: release.set()))
    assert answers["a"] is True


def test_the_slow_ones_begin_first():
    order = []
    works = [work(name, lambda own: order.append(own.name), slow=name in "bd") for name in "abcd"]
    done(*works)
    assert order == ["b", "d", "a", "c"]


def test_what_takes_too_long_is_answered_for_and_the_others_go_on():
    release = threading.Event()
    started = time.monotonic()
    hanging = work("a", lambda _: release.wait(10), limit_seconds=0.1)
    assert done(hanging, work("b", lambda _: "done")) == {"a": "given up", "b": "done"}
    assert time.monotonic() - started < 5
    release.set()


def test_several_that_hang_in_line_cost_their_limits_and_no_more():
    release = threading.Event()
    hanging = [work(name, lambda _: release.wait(20), limit_seconds=0.1) for name in "abc"]
    assert set(done(*hanging).values()) == {"given up"}
    release.set()


def test_an_answer_that_comes_after_all_changes_nothing():
    late, release = threading.Event(), threading.Event()

    def hang(own):
        release.wait(5)
        with own.pause():
            late.set()
        return "late"

    answers = done(work("a", hang, limit_seconds=0.05), work("b", lambda _: "done"))
    release.set()
    assert late.wait(5)
    time.sleep(0.05)
    assert answers == {"a": "given up", "b": "done"}


def test_many_that_wait_by_turns_all_get_their_answer():
    def rest(own):
        for _ in range(3):
            with own.pause():
                time.sleep(0.001)
        return own.name

    names = [f"{number}" for number in range(60)]
    works = [work(name, rest, slow=int(name) % 3 == 0) for name in names]
    assert done(*works) == {name: name for name in names}


def test_a_thread_that_one_makes_room_for_has_nothing_of_its_context():
    seen = {}

    def look(own):
        seen[own.name] = source.option("limit")
        source.begin(source.Task({"limit": own.name}))
        with own.pause():
            time.sleep(0.05)

    source.begin(source.Task({"limit": "caller's"}))
    done(work("a", look), work("b", look))
    assert seen == {"a": "caller's", "b": "caller's"}


def test_the_context_of_the_caller_is_there_and_what_one_sets_is_not_the_next_ones():
    seen = {}

    def look(own):
        seen[own.name] = source.option("limit")
        source.begin(source.Task({"limit": own.name}))

    source.begin(source.Task({"limit": "caller's"}))
    done(work("a", look), work("b", look))
    assert seen == {"a": "caller's", "b": "caller's"}
