"""The program of a decoding process, which reads requests from its standard input and answers on its standard output.

A request is one line of JSON, followed by the bytes of the images that are not in a file. An answer is one line of
JSON, followed by the pixels of the images that could be used. Nothing is pickled in either direction.
"""

import io
import json
import os
import resource
import sys
import warnings
from typing import IO, Any

from steadygan.data.decode import Header, Target, decode, open_regular_file, read_header, skip_reason

READY = b"ready\n"


def serve() -> None:
    """Answers requests until the input ends."""
    warnings.simplefilter("ignore")
    # decoders may print to standard output, which must carry answers only
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    requests = sys.stdin.buffer
    answers.write(READY)
    answers.flush()
    limited = 0
    for line in requests:
        request = json.loads(line)
        target = Target(**request["target"])
        if target.max_pixels != limited:
            limited = target.max_pixels
            _limit_memory(limited)
        results, pixels = _answer(request, target, requests)
        answers.write(json.dumps({"results": results, "bytes": sum(map(len, pixels))}).encode() + b"\n")
        answers.writelines(pixels)
        answers.flush()


def _answer(request: dict[str, Any], target: Target, requests: IO[bytes]) -> tuple[list[Any], list[bytes]]:
    results: list[Any] = []
    pixels: list[bytes] = []
    # all bytes are read first, because the caller would wait forever if both sides were writing
    streams = [io.BytesIO(requests.read(item)) if isinstance(item, int) else None for item in request["items"]]
    for item, held in zip(request["items"], streams, strict=True):
        name = item if isinstance(item, str) else ""
        try:
            with held or open_regular_file(item) as stream:
                if request["only_header"]:
                    header = read_header(stream, target.background, target.max_pixels, name)
                    results.append(_listed(header))
                else:
                    pixels.append(decode(stream, target, name).tobytes())
                    results.append(None)
        except Exception as error:
            # a hostile file may raise anything in a decoder, and the other files must still be decoded
            results.append(skip_reason(error, target.max_pixels))
    return results, pixels


def _listed(header: Header) -> list[int]:
    return [header.width, header.height, int(header.grey)]


def _limit_memory(max_pixels: int) -> None:
    # decoding holds a few copies of the pixels; beyond that, a MemoryError is better than swapping
    limit = (4 << 30) + 32 * max_pixels
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    try:
        if hard == resource.RLIM_INFINITY or limit < hard:
            resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    except (ValueError, OSError):
        # some systems do not have this limit
        return
