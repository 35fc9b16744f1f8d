"""3-of-5 key generation and signing, all signers in one process: ours against PyPI's ``frost-rs``.

Both are Rust behind Python, timed from Python in one run, a round of each in turn, in CPU time; the median counts.
What differs is said in the result: the peer signs plain FROST signatures (not taproot's), passes base64 text, and
seals the messages of its second round, which ours leaves to the transport.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from frost_rs import utility_secp256k1 as peer

from holdfast import keys

SIGNERS = 5
THRESHOLD = 3
MESSAGE = bytes(range(32))


def our_key() -> dict[int, keys.KeyShare]:
    """Every signer's part of one key generation."""
    names = range(1, SIGNERS + 1)
    begun = {own: keys.dkg_begin(own, SIGNERS, THRESHOLD) for own in names}
    hellos = {own: {other: begun[other][1] for other in names if other != own} for own in names}
    exchanged = {own: keys.dkg_exchange(begun[own][0], hellos[own]) for own in names}
    letters = {own: {other: exchanged[other][1][own] for other in names if other != own} for own in names}
    return {own: keys.dkg_finish(exchanged[own][0], hellos[own], letters[own])[0] for own in names}


def our_signature(shares: dict[int, keys.KeyShare], path: tuple[int, ...]) -> bytes:
    """Every signer's part of one signature, and the aggregation."""
    signers = range(1, THRESHOLD + 1)
    committed = {own: keys.commit(shares[own]) for own in signers}
    commitments = {own: sent for own, (_, sent) in committed.items()}
    parts = {own: keys.sign(shares[own], committed[own][0], MESSAGE, commitments, path) for own in signers}
    return keys.aggregate(shares[1].group_key, MESSAGE, commitments, parts, path)


def peer_key() -> tuple[dict[str, str], str]:
    """The same by the peer: key packages, and the public key package."""
    names: list[str] = [peer.get_id() for _ in range(SIGNERS)]
    begun = {own: peer.round1(own, THRESHOLD, SIGNERS) for own in names}
    hellos = {own: {other: begun[other][1] for other in names if other != own} for own in names}
    exchanged = {own: peer.round2(begun[own][0], hellos[own]) for own in names}
    letters = {own: {other: exchanged[other][1][own] for other in names if other != own} for own in names}
    finished = {own: peer.round3(exchanged[own][0], hellos[own], letters[own]) for own in names}
    return {own: finished[own][0] for own in names}, finished[names[0]][1]


def peer_signature(shares: dict[str, str], public: str) -> str:
    """The same by the peer."""
    signers = list(shares)[:THRESHOLD]
    committed = {own: peer.preprocess(shares[own]) for own in signers}
    commitments = {own: sent for own, (_, sent) in committed.items()}
    parts = {own: peer.sign(MESSAGE, commitments, committed[own][0], shares[own]) for own in signers}
    signature: str = peer.aggregate(MESSAGE, commitments, parts, public)
    return signature


def cpu_ms(work: Callable[[], object]) -> float:
    """CPU time of one call, in milliseconds."""
    started_ns = time.process_time_ns()
    work()
    return (time.process_time_ns() - started_ns) / 1e6


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Median CPU milliseconds of each piece of work, after checking that both sides' signatures verify."""
    ours, (theirs, public) = our_key(), peer_key()
    group_key = ours[1].group_key
    keys.verify(group_key.output_key([]), MESSAGE, our_signature(ours, ()))
    keys.verify(group_key.output_key([0, 7]), MESSAGE, our_signature(ours, (0, 7)))
    if not peer.verify(MESSAGE, public, peer_signature(theirs, public)):
        raise AssertionError("the peer's own signature does not verify")
    work: dict[str, tuple[int, Callable[[], object]]] = {
        "sign.ours": (rounds, lambda: our_signature(ours, ())),
        "sign.peer": (rounds, lambda: peer_signature(theirs, public)),
        "sign_at_derived_address.ours": (rounds, lambda: our_signature(ours, (0, 7))),
        "key_generation.ours": (rounds // 4, our_key),
        "key_generation.peer": (rounds // 4, peer_key),
    }
    samples: dict[str, list[float]] = {name: [] for name in work}
    for nth in range(rounds):
        for name, (wanted, each) in work.items():
            if nth < wanted:
                samples[name].append(cpu_ms(each))
    medians: dict[str, dict[str, float]] = {}
    for name, taken in samples.items():
        subject, side = name.split(".")
        medians.setdefault(subject, {})[f"{side}_ms"] = round(statistics.median(taken), 3)
    for sides in medians.values():
        if "peer_ms" in sides:
            sides["times_faster"] = round(sides["peer_ms"] / sides["ours_ms"], 2)
    return medians


def machine() -> str:
    """The processor, and how many of it."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{named[0] if named else platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument("--rounds", type=int, default=200, help="signatures of each side (default: 200)")
    arguments = parser.parse_args()
    result: dict[str, Any] = {
        "bench": "threshold",
        "committee": f"{THRESHOLD} of {SIGNERS}, all signers in one process",
        "unit": "median CPU milliseconds",
        "rounds": arguments.rounds,
        **measure(arguments.rounds),
        "differences": "the peer: plain FROST, base64 text, second round sealed; ours: taproot, bytes, sealed outside",
        "machine": machine(),
        "versions": {
            "holdfast": importlib.metadata.version("holdfast"),
            "frost-rs": importlib.metadata.version("frost-rs"),
            "python": platform.python_version(),
        },
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }
    if arguments.json:
        print(json.dumps(result))
        return
    for name in ("sign", "key_generation"):
        each = result[name]
        print(
            f"{name:15} ours {each['ours_ms']} ms  frost-rs {each['peer_ms']} ms  {each['times_faster']} times as fast"
        )
    print(f"sign at a derived address: {result['sign_at_derived_address']['ours_ms']} ms")
    print(f"{result['committee']}; {result['unit']}; {result['machine']}; {result['versions']}")


if __name__ == "__main__":
    main()
