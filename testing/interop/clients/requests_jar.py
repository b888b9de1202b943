"""requests. `python requests_jar.py ORIGIN [setting]`"""

import requests
from flow import key, run, setting
from policy import Development

session = requests.Session()
if setting():
    session.cookies.set_policy(Development())


def post(url, body):
    answer = session.post(url, json=body, headers={"Idempotency-Key": key()})
    return answer.status_code, answer.text


run(requests.__version__, post)
