import sys,json
for l in sys.stdin: print(json.dumps({"done":1}),flush=True)
