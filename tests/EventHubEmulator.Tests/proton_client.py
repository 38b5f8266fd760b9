"""A second AMQP stack, Qpid Proton, against the emulator: token, management, send, read from a selector, large and too large."""
import base64, hashlib, hmac, sys, time, urllib.parse
from proton import Message, symbol, Described, ulong
from proton.reactor import Filter
from proton.utils import BlockingConnection, SendException

port = sys.argv[1]
resource = f"sb://localhost:{port}/telemetry"


def token():
    sr = urllib.parse.quote(resource, safe="")
    expiry = int(time.time()) + 600
    signature = base64.b64encode(hmac.new(b"SAS_KEY_VALUE", f"{sr}\n{expiry}".encode(), hashlib.sha256).digest())
    return f"SharedAccessSignature sr={sr}&sig={urllib.parse.quote(signature, safe='')}&se={expiry}&skn=RootManageSharedAccessKey"


def ask(connection, node, properties, body):
    reply_to = f"reply-{node}"
    receiver = connection.create_receiver(node, credit=10, name=reply_to)
    sender = connection.create_sender(node)
    sender.send(Message(id=1, reply_to=reply_to, properties=properties, body=body))
    reply = receiver.receive(timeout=10)
    sender.close()
    receiver.close()
    assert reply.correlation_id == 1 and reply.properties["status-code"] in (200, 202), reply
    return reply


connection = BlockingConnection(f"127.0.0.1:{port}", timeout=10, allowed_mechs="ANONYMOUS")
ask(connection, "$cbs", {"operation": "put-token", "type": "servicebus.windows.net:sastoken", "name": resource}, token())
hub = ask(connection, "$management", {"operation": "READ", "type": "com.microsoft:eventhub", "name": "telemetry", "security_token": token()}, None).body
assert hub["partition_count"] == 4 and list(hub["partition_ids"]) == ["0", "1", "2", "3"], hub

sender = connection.create_sender("telemetry/Partitions/0")
for body in ("one", "two", "x" * 700_000):
    sender.send(Message(body=body, properties={"n": len(body)}))
try:
    sender.send(Message(body="x" * 1_100_000))
    raise SystemExit("1.1 MB was taken")
except SendException as refused:
    pass

selector = Filter({symbol("apache.org:selector-filter:string"): Described(ulong(0x0000468C00000004), "amqp.annotation.x-opt-sequence-number > '0'")})
receiver = connection.create_receiver("telemetry/ConsumerGroups/$Default/Partitions/0", credit=10, options=selector)
two, large = receiver.receive(timeout=10), receiver.receive(timeout=10)
assert two.body == "two" and two.annotations["x-opt-sequence-number"] == 1, two
assert len(large.body) == 700_000 and large.properties["n"] == 700_000
connection.close()
print("proton: ok")
