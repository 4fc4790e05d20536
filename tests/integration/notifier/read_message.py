"""A message, a JSON string in a file, as Python's parser has it with the strict policy: as JSON. Exits with an error if it has something to say about it."""
import email
import email.policy
import json
import pathlib
import sys

raw = json.loads(pathlib.Path(sys.argv[1]).read_text()).encode("latin-1")
assert b"\n" not in raw.replace(b"\r\n", b""), "a bare line feed"
assert b"\r" not in raw.replace(b"\r\n", b""), "a bare carriage return"
message = email.message_from_bytes(raw, policy=email.policy.strict.clone(utf8=False))
headers = {name: str(value) for name, value in message.items()}
assert len(headers) == len(message.items()), "a header is there twice"
defects = [str(defect) for part in message.walk() for defect in part.defects]
defects += [f"{name}: {defect}" for name, value in message.items() for defect in value.defects]
parts = [{"type": part.get_content_type(), "encoding": part["Content-Transfer-Encoding"], "text": part.get_content()} for part in message.iter_parts()]
print(json.dumps({"headers": headers, "parts": parts, "defects": defects, "longest": max(map(len, raw.split(b"\r\n")))}))
