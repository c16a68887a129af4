"""Exit 0 if the server in this container is ready: what HEALTHCHECK runs, without Django."""

import http.client
import os
import sys

host = os.environ["POLICYGEN_ALLOWED_HOSTS"].split(",")[0].strip().removeprefix(".")
connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=8)
try:
    connection.request("GET", "/healthz", headers={"Host": host})
    status = connection.getresponse().status
except OSError as error:
    sys.exit(f"no answer: {error}")
sys.exit(None if status == 200 else f"/healthz answers {status}")
