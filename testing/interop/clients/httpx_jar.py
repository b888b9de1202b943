"""httpx. `python httpx_jar.py ORIGIN [setting]`"""

from http.cookiejar import CookieJar

import httpx
from flow import key, run, setting
from policy import Development

cookies = CookieJar(Development()) if setting() else None
client = httpx.Client(cookies=cookies)


def post(url, body):
    answer = client.post(url, json=body, headers={"Idempotency-Key": key()})
    return answer.status_code, answer.text


run(httpx.__version__, post)
