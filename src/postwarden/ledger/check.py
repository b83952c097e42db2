r"""Check a case's bundle offline: `python -m postwarden.ledger.check BUNDLE [--key FINGERPRINT]`.

This one file needs Python 3.11 and `cryptography` alone; it can be copied anywhere. It opens nothing but
the bundle. Exit status: 0 all is as it was signed, 1 something is not, 2 it could not be read.

A bundle is a tar archive (POSIX ustar) of plain files, the names sorted, with mode 0644, owner 0 and time 0,
so that no byte of it can differ. JSON is UTF-8. It has:

- `manifest.json`: `format` (1), `origin` (the ledger's name), `case`, `key` (the ledger's Ed25519 public key,
  base64), `files` (the SHA-256 of every other file, hex), and `manifest.sig`, the key's signature over
  "postwarden bundle\n" and the bytes of manifest.json, base64.
- `head.txt`: a signed tree head (C2SP tlog-checkpoint in a signed note): lines of origin, size, root and time,
  an empty one, and one of a dash (U+2014), the origin, and in base64 4 bytes of key id and the signature of
  the lines above the empty one.
- `ledger.json`: entries with `index`, `at` (microseconds since 1970), `act`, `case` (or null), `parts`, and
  `path`, the sibling hashes from the leaf to the head's root (RFC 6962 section 2.1.1, hex). A part has `key`,
  `commitment` (hex), and `salt` (hex) and `facts`, both null where they were erased. A commitment is
  SHA-256(salt + facts as JSON with sorted keys, no spaces, not escaped). A leaf's data is, big-endian: version
  1 (1 byte), index (8), at (8, signed), lengths of act and case (2 each), act, case; then each part's key (8)
  and commitment.
- `approvals.json`: `approver`, `public` (OpenSSH), `words`, and `signature` (`ssh-keygen -Y sign -n postwarden`
  over the words); `plan` and `text`: the SHA-256 of a plan, which the words name, and the plan that has it.
- `relocation/repairs.json`, where there is one: what each plan of repairs looked at and did. `right`, `settled`
  (put right before) and `copies` name every copy once; SHA-256 over the sorted lines "ID right", "ID settled"
  and "ID planned" is `digest`, which an entry "repair.counted" of the ledger has, too. A copy that was not
  simply left stands in an entry "copy.ended" with the same outcome, reason and hashes.
- further files, of which the manifest has the hashes.

What it cannot say: whether the key is the provider's. Compare the fingerprint printed with one you were given
by another way, or give it by --key; compare the tree head with one kept outside.
"""

import hashlib
import io
import json
import struct
import sys
import tarfile
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = 1
SIGNED = b"postwarden bundle\n"
_FIRST = ("manifest.json", "manifest.sig")
_NEEDED = frozenset({"head.txt", "ledger.json", "approvals.json", "case.json"})


class Bad(Exception):
    """Something is not as it was signed; the text says what."""


def archive(files: Mapping[str, bytes]) -> bytes:
    """Give files as a tar archive; equal files give equal bytes."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size = len(files[name])
            tar.addfile(entry, io.BytesIO(files[name]))
    return target.getvalue()


def check(bundle: bytes) -> dict[str, Any]:
    """Check a bundle; give its manifest, with `size` and `time` of its tree head and `erased` parts.

    Raises:
        Bad: something is not as it was signed.
    """
    try:
        return _checked(bundle)
    except Bad:
        raise
    except InvalidSignature:
        raise Bad("a signature is wrong") from None
    except Exception as error:  # noqa: BLE001  # whatever a forged bundle makes us raise, it is no proof
        raise Bad(f"it is no bundle, or damaged ({type(error).__name__}: {error})") from None


def _checked(bundle: bytes) -> dict[str, Any]:
    with tarfile.open(fileobj=io.BytesIO(bundle), mode="r:") as tar:
        files = {one.name: _content(tar, one) for one in tar.getmembers()}
    _must(archive(files) == bundle, "the archive is not in its one form")
    manifest = json.loads(files["manifest.json"])
    _must(manifest["format"] == FORMAT, "it has another format than this program knows")
    key = Ed25519PublicKey.from_public_bytes(b64decode(manifest["key"], validate=True))
    signature = files["manifest.sig"]
    _must(b64encode(b64decode(signature)) + b"\n" == signature, "manifest.sig is no signature")
    key.verify(b64decode(signature), SIGNED + files["manifest.json"])
    hashes = {name: hashlib.sha256(files[name]).hexdigest() for name in {*files} - {*_FIRST}}
    _must(hashes == manifest["files"] and hashes.keys() >= _NEEDED, "files are missing or changed")
    case = json.loads(files["case.json"])
    _must(case["reference"] == manifest["case"], "it holds another case than it says")
    size, root, time = _head(files["head.txt"].decode(), manifest["origin"], key)
    entries = json.loads(files["ledger.json"])
    for entry in entries:
        _entry(entry, size, root)
    _must(bool(entries), "it has no entry of the ledger")
    for approval in json.loads(files["approvals.json"]):
        _approval(approval)
    erased = sum(part["facts"] is None for entry in entries for part in entry["parts"])
    repairs = json.loads(files.get("relocation/repairs.json", b"[]"))
    sums = [_repair(one, entries, bool(erased)) for one in repairs]
    told = {"size": size, "time": time, "entries": len(entries), "erased": erased, "repairs": sums}
    return {**manifest, **told}


def _must(fits: bool, otherwise: str) -> None:
    if not fits:
        raise Bad(otherwise)


def _content(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    content = tar.extractfile(entry)
    if content is None:
        raise Bad(f"{entry.name} is no plain file")
    return content.read()


def _head(note: str, origin: str, key: Ed25519PublicKey) -> tuple[int, bytes, str]:
    text, _, line = note.partition("\n\n")
    named, size, root, time = text.split("\n")
    signed = b64decode(line.rpartition(" ")[2].strip(), validate=True)
    known = hashlib.sha256(origin.encode() + b"\n\x01" + key.public_bytes_raw()).digest()[:4]
    _must(named == origin and signed[:4] == known, "the tree head is of another ledger")
    key.verify(signed[4:], f"{text}\n".encode())
    return int(size), b64decode(root, validate=True), time.removeprefix("time ")


def _entry(entry: Mapping[str, Any], size: int, root: bytes) -> None:
    index, act, case = entry["index"], entry["act"].encode(), (entry["case"] or "").encode()
    data = struct.pack(">BQqHH", 1, index, entry["at"], len(act), len(case)) + act + case
    for part in entry["parts"]:
        committed = bytes.fromhex(part["commitment"])
        if part["facts"] is not None:
            text = json.dumps(
                part["facts"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
            )
            plain = bytes.fromhex(part["salt"]) + text.encode()
            _must(
                hashlib.sha256(plain).digest() == committed, f"facts of entry {index} were changed"
            )
        data += part["key"].to_bytes(8, "big") + committed
    path = [bytes.fromhex(one) for one in entry["path"]]
    _must(_root(data, index, size, path) == root, f"entry {index} is not under the tree head")


def _root(data: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Give the root that a leaf and its path lead to (RFC 9162 section 2.1.3.2)."""
    node, last = hashlib.sha256(b"\x00" + data).digest(), size - 1
    _must(0 <= index <= last, "an entry lies outside the tree")
    for sibling in path:
        _must(last > 0, "a path is too long")
        if index & 1 or index == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        index, last = index >> 1, last >> 1
    _must(last == 0, "a path is too short")
    return node


def _approval(given: Mapping[str, Any]) -> None:
    """Check an OpenSSH signature (PROTOCOL.sshsig) by an ssh-ed25519 key, and the plan it is for."""
    plan = hashlib.sha256(given["text"].encode()).hexdigest()
    _must(given["plan"] == plan and plan in given["words"], "an approved plan was changed")
    blob = b64decode("".join(given["signature"].split("-----")[2].split()), validate=True)
    _must(blob[:10] == b"SSHSIG\x00\x00\x00\x01", "an approval is no signature")
    public, namespace, reserved, algorithm, signature = _strings(blob[10:])
    raw = _strings(public)[1]
    _must(b64decode(given["public"].split()[1]) == public, "an approval is of another key")
    _must(namespace == b"postwarden", "an approval is a signature for another purpose")
    digest = hashlib.new(algorithm.decode(), given["words"].encode()).digest()
    covered = [namespace, reserved, algorithm, digest]
    message = b"SSHSIG" + b"".join(struct.pack(">I", len(one)) + one for one in covered)
    Ed25519PublicKey.from_public_bytes(raw).verify(_strings(signature)[1], message)


def _repair(
    told: Mapping[str, Any], entries: Sequence[Mapping[str, Any]], erased: bool
) -> dict[str, int]:
    """Account for every copy that a plan of repairs looked at, once; give how many came to which end."""
    plan, copies = told["plan"], told["copies"]
    kinds = {"right": told["right"], "settled": told["settled"]}
    kinds["planned"] = [one["copy"] for one in copies]
    lines = sorted(f"{name} {kind}\n" for kind, names in kinds.items() for name in names)
    _must(len({line.split()[0] for line in lines}) == len(lines), "a copy is counted twice")
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    counted = [one["detail"]["digest"] for one in _facts(entries, "repair.counted", plan)]
    _must(digest == told["digest"], "what a repair looked at was changed")
    _must(counted == [digest] or (not counted and erased), "a repair was counted otherwise")
    ended = {
        one[0]: one[1:6] for facts in _facts(entries, "copy.ended", plan) for one in _of(facts)
    }
    sums = {"right": len(told["right"]), "settled": len(told["settled"])}
    for copy in copies:
        outcome = copy["outcome"] or "unfinished"
        sums[outcome] = sums.get(outcome, 0) + 1
        here = [copy[name] or "" for name in ("outcome", "why", "content", "quarantine", "sealed")]
        known = ended.get(copy["copy"])
        quiet = known is None and (erased or outcome in ("left", "unfinished"))
        _must(quiet or known == here, f"copy {copy['copy']} is not as the ledger says")
    return sums


def _facts(entries: Sequence[Mapping[str, Any]], act: str, plan: str) -> Iterator[dict[str, Any]]:
    """Give the facts of entries about a plan, the parts of each as one."""
    for entry in entries:
        if entry["act"] == act:
            facts = {key: v for part in entry["parts"] for key, v in (part["facts"] or {}).items()}
            if facts.get("plan") == plan:
                yield facts


def _of(facts: Mapping[str, Any]) -> list[list[str]]:
    return list(facts.get("detail", {}).get("copies", ()))


def _strings(data: bytes) -> list[bytes]:
    """Read strings (RFC 4251 section 5)."""
    found = []
    while data:
        size = int.from_bytes(data[:4], "big")
        _must(len(data) >= 4 + size, "a signature is cut short")
        found.append(data[4 : 4 + size])
        data = data[4 + size :]
    return found


def main(words: Sequence[str]) -> int:
    """Check the bundle that the words name; print what was found; give the exit status."""
    if len(words) not in (1, 3) or (len(words) == 3 and words[1] != "--key"):
        print("usage: python -m postwarden.ledger.check BUNDLE [--key FINGERPRINT]")  # noqa: T201
        return 2
    try:
        with open(words[0], "rb") as file:
            found = check(file.read())
        mark = hashlib.sha256(b64decode(found["key"])).hexdigest()
        _must(len(words) == 1 or words[2].lower() == mark, f"it is signed by another key, {mark}")
    except OSError as error:
        print(f"{words[0]}: {error.strerror}")  # noqa: T201
        return 2
    except Bad as error:
        print(f"BAD: {error}")  # noqa: T201
        return 1
    print(  # noqa: T201
        f"Case {found['case']}: all is as it was signed.\n"
        f"{found['entries']} entries under the tree head of {found['time']} with {found['size']}"
        f" leaves; {found['erased']} parts were erased.\n"
        f"Ledger {found['origin']}, key {mark}"
    )
    for sums in found["repairs"]:
        told = " + ".join(f"{count} {outcome}" for outcome, count in sums.items() if count)
        print(f"Repair: {told} = {sum(sums.values())} copies, each counted once.")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
