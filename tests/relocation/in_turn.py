"""A pool of threads that has none."""

from concurrent.futures import Future


class InTurn:
    """Does what it is given at once: courses go on by turns, and all calls come in one order, in one thread."""

    def __init__(self, *_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, does, *words):
        future = Future()
        try:
            future.set_result(does(*words))
        except OSError as error:
            future.set_exception(error)
        return future

    map = staticmethod(map)
