"""aiohttp. `python aiohttp_jar.py ORIGIN [setting]`"""

import asyncio
import sys

import aiohttp
from flow import key, run, setting
from yarl import URL


async def main():
    jar = aiohttp.CookieJar(treat_as_secure_origin=URL(sys.argv[1])) if setting() else None
    async with aiohttp.ClientSession(cookie_jar=jar) as session:

        async def post(url, body):
            async with session.post(url, json=body, headers={"Idempotency-Key": key()}) as answer:
                return answer.status, await answer.text()

        loop = asyncio.get_running_loop()
        blocking = lambda url, body: asyncio.run_coroutine_threadsafe(post(url, body), loop).result()
        await asyncio.to_thread(run, aiohttp.__version__, blocking)


asyncio.run(main())
