"""What to do once Pinfold serves: commands that work as they are printed, from any directory."""

import json
import shlex
from pathlib import Path

import demo
from checkout import say

HERE = Path(__file__).resolve().parent


def show():
    values = demo.variables()
    base = values["BASE_URL"]
    sent = shlex.quote(str(demo.SENT))
    ask = f"python3 {shlex.quote(str(HERE / 'demo.py'))}"
    headers = f"-H {shlex.quote('Authorization: App ' + values['API_KEY'])} -H 'Content-Type: application/json'"
    request = {"applicationId": values["APPLICATION_ID"], "messageId": values["MESSAGE_ID"], "to": demo.NUMBER}
    body = shlex.quote(json.dumps(request, separators=(",", ":")))
    say(f"""
Pinfold serves at {base}   (Ctrl-C stops it and keeps its data)

1. Send a PIN to a simulated phone:

curl -sS {base}/2fa/2/pin {headers} -d {body} | tee {sent}

2. See it arrive: {values["SIMULATOR_URL"]}

3. Verify it:

curl -sS {base}/2fa/2/pin/$({ask} pin-id)/verify {headers} -d '{{"pin":"'$({ask} pin)'"}}'

Console:       {values["CONSOLE_URL"]}   {values["CONSOLE_EMAIL"]}   {values["CONSOLE_PASSWORD"]}
API reference: {base}/docs
For scripts:   {demo.VARIABLES}
""")
