#!/usr/bin/env python3
"""What the fuzz targets begin with, made of `events/`: python3 seeds.py FOLDER"""

import gzip
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
TEXTS = [
    "010-2468-2468", "+82 010-2468-2468", "+390612345678", "090-1234-5678", "a.lee+shop@example.com", "lucas",
    "5f0f2a4e-0b5d-4a57-9f0e-6c1d2e3f4a5b", "229d3c974121a1dc7f7f1a20113bd4010e4d8036392401907a9", "2026-11",
    "ko-KR,ko;q=0.9,en-US;q=0.8", "zh-Hant-TW", "VIP",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile/15E148 Safari/604.1",
]


def main():
    folder = pathlib.Path(sys.argv[1])

    def seed(target, name, data):
        (folder / target).mkdir(parents=True, exist_ok=True)
        (folder / target / name).write_bytes(data)

    files = [file for file in sorted((ROOT / "events").glob("*.json")) if '"routeKey"' in file.read_text()]
    for number, file in enumerate(files):
        event = json.loads(file.read_text())
        seed("event", f"{file.stem}-whole", json.dumps(event).encode())
        path = f'{event["requestContext"]["http"]["method"]} {event["rawPath"]}'.encode()
        seed("event", f"{file.stem}-path", bytes([number, 7]) + path)
        body = event.get("body")
        if body:
            body = body.encode()
            seed("event", f"{file.stem}-body", bytes([number, 0]) + body)
            seed("event", f"{file.stem}-gzip", bytes([number, 3]) + gzip.compress(body, mtime=0))
            seed("parsers", file.stem, bytes([2]) + body)
            seed("parsers", f"{file.stem}-gzip", bytes([1]) + gzip.compress(body, mtime=0))
        for query, value in (event.get("queryStringParameters") or {}).items():
            known = ["since", "limit", "sortOrder", "month", "days", "expiration"]
            seed("event", f"{file.stem}-{query}", bytes([number, 5 + 8 * known.index(query)]) + value.encode())
    for number, text in enumerate(TEXTS):
        seed("parsers", f"text-{number}", bytes([0]) + text.encode())
    for kind in range(8):
        seed("signatures", f"{kind}", bytes([kind, 3, 1]) + b"lucas")
        seed("signatures", f"{kind}-more", bytes([kind, 3, 255]) + b"0")
    for length in (64, 128, 256):
        seed("keys", str(length), bytes(range(length)))


if __name__ == "__main__":
    main()
