"""Ask a payload codec once and wait for it: for those who look at single messages, away from the live road."""

import asyncio

from gateway.asked import NOT_RUN_HERE
from gateway.codecs.codecs import Codecs
from pipelines.codec import CodecAnswer, CodecCall


async def ask_codec(codecs: Codecs | None, call: CodecCall) -> CodecAnswer:
    """What the codec said; ``unavailable`` where there are no workers."""
    if codecs is None:
        return CodecAnswer(call.codec.source_hash, "unavailable", said=NOT_RUN_HERE)
    answered: asyncio.Future[CodecAnswer] = asyncio.get_running_loop().create_future()

    def take(answer: CodecAnswer) -> None:
        if not answered.done():  # who asked may have gone
            answered.set_result(answer)

    codecs.submit(call, take)
    return await answered
