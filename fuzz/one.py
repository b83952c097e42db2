"""Fuzzes one target until its time is over: `python -m fuzz.one TARGET SECONDS SEEDS RESULT`."""

import json
import sys
import time

import atheris

with atheris.instrument_imports(include=["postwarden.sources"]):
    from fuzz.targets import TARGETS


class Measured:
    """Counts executions and keeps the slowest one's time."""

    def __init__(self, name: str, result: str) -> None:
        self._target = TARGETS[name]
        self._result = result
        self.count = 0
        self.worst = 0.0

    def __call__(self, data: bytes) -> None:
        """Run one input."""
        began = time.process_time()
        self._target(data)
        self.worst = max(self.worst, time.process_time() - began)
        self.count += 1
        if self.count & (self.count - 1) == 0 or not self.count % 1_000:
            self.save()

    def save(self) -> None:
        """Write what was measured so far: the fuzzer ends the process itself."""
        with open(self._result, "w", encoding="utf-8") as stream:
            json.dump({"count": self.count, "worst": self.worst}, stream)


def main() -> None:
    """Run the fuzzer; a crash leaves its input beside the seeds and a non-zero exit status."""
    name, seconds, seeds, result = sys.argv[1:]
    arguments = [
        sys.argv[0],
        f"-max_total_time={seconds}",
        "-max_len=8192",
        "-timeout=10",
        f"-artifact_prefix={seeds}/",
        seeds,
    ]
    atheris.Setup(arguments, Measured(name, result))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
